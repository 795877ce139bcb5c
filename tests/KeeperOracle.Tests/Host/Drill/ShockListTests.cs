using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Drill;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Tests.Keeper;

namespace KeeperOracle.Tests.Host.Drill;

public sealed class ShockListTests
{
    private static readonly AssetSnapshot Weth = Snapshots.Asset("WETH", Snapshots.Weth, 18, 3000);
    private static readonly AssetSnapshot Wbtc = Snapshots.Asset("WBTC", Snapshots.Wbtc, 8, 60_000);

    [Fact]
    public void Of_GeneralAndNamed_TheNameGoesBefore()
    {
        var shocks = Read("-30%", "weth=-10%");
        Assert.Equal(new Shock(-1000), shocks.Of(Weth));
        Assert.Equal(new Shock(-3000), shocks.Of(Wbtc));
        Assert.Null(shocks.Problem([[Weth, Wbtc]]));
    }

    [Fact]
    public void Of_OnlyOthersAreNamed_IsLeftAsItIs() => Assert.Null(Read("WETH=-30%").Of(Wbtc));

    [Fact]
    public void Of_ByAddress_IsFound() => Assert.Equal(new Shock(500), Read($"{Eip55.Format(Wbtc.Token)}=+5%").Of(Wbtc));

    [Theory]
    [InlineData("'-20%' is a second shock for all assets: name the assets, such as WETH=-20%", "-30%", "-20%")]
    [InlineData("'WETH' is shocked twice", "WETH=-30%", "WETH=-20%")]
    [InlineData("'weth' is shocked twice", "WETH=-30%", "weth=-30%")]
    [InlineData("'=-30%' names no asset before its =", "=-30%")]
    [InlineData("'-100%' leaves no price: it must be over -100%", "WETH=-100%")]
    [InlineData("'-30' is no percentage: write it with its sign and a percent mark, such as -30%", "WETH=-30")]
    [InlineData("is needed, such as --shock -30%")]
    public void Parse_WrongShocks_SaysWhatIsWrong(string words, params string[] texts)
    {
        var (shocks, problem) = ShockList.Parse(texts);
        Assert.Null(shocks);
        Assert.Equal(words, problem);
    }

    [Fact]
    public void Problem_UnknownName_NamesTheNearest()
    {
        Assert.Equal("No asset is called 'WBCT'. Did you mean 'WBTC'? Listed: WETH, WBTC.", Read("WBCT=-30%").Problem([[Weth, Wbtc]]));
        Assert.Null(Read("WBTC=-30%").Problem([[Weth], [Weth, Wbtc]]));
    }

    [Fact]
    public void Problem_TwoAssetsOfOneSymbol_AsksForTheAddress()
    {
        var twin = Wbtc with { Symbol = "WETH" };
        Assert.Equal("Two assets have the symbol 'WETH': name the one that is meant by its address.", Read("WETH=-30%").Problem([[Weth, twin]]));
        Assert.Null(Read($"{Eip55.Format(twin.Token)}=-30%").Problem([[Weth, twin]]));
    }

    private static ShockList Read(params string[] texts)
    {
        var (shocks, problem) = ShockList.Parse(texts);
        Assert.Null(problem);
        return shocks!;
    }
}
