using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Observations;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>A market that lists expiries, and a node without implied volatility: it attests nothing there, and says so before it starts.</summary>
[Collection(EndToEndCollections.World)]
public sealed class ListedExpiryTests(ProtocolWorld world)
{
    private const string Words = "WETH: 1 expiries are listed, this node has no implied volatility";

    [Fact]
    public async Task Make_MarketWithExpiries_IsRefusedByName()
    {
        await world.ResetAsync();
        await ListAsync();
        var model = new RiskModel(3600, 0.94, 1.2, 0.25, 2_000_000, 400_000_000, 500);
        var maker = new ObservationMaker(
            world.Reader, world.Deployment.Addresses, world.Chain.Id, new Dictionary<string, RiskModel> { ["WETH"] = model, ["WBTC"] = model }, 600);

        var (made, refused) = await maker.MakeAsync((await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref, CancellationToken.None);

        Assert.Null(made);
        Assert.Equal(Words, refused!.Reason);
    }

    [Fact]
    public async Task Checks_MarketWithExpiries_StopAnOracleNodeAndNoKeeper()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Observe);
        var loaded = ConfigurationLoader.Load([folder.FileOf("common.json")], new Dictionary<string, string>(), ConfigurationUse.ReadOnly);
        var options = loaded.Options ?? throw new InvalidOperationException(string.Join('\n', loaded.Problems));
        using var chain = new ChainAccess(options.Chains[0], TimeProvider.System);
        var signer = world.Signers[0].Address;
        Assert.Null(await StartChecks.RefuseAsync([chain], options.Quorum, keeper: null, reporter: null, signer, hasSurface: false, CancellationToken.None));

        await ListAsync();

        Assert.Equal(3, await StartChecks.RefuseAsync([chain], options.Quorum, keeper: null, reporter: null, signer, hasSurface: false, CancellationToken.None));
        var failed = Assert.Single(
            await new ChainChecks(chain, options.Quorum, hasSurface: false).RunAsync(keeper: null, reporter: null, signer, CancellationToken.None), check => check.Status == CheckStatus.Failed);
        Assert.Equal(("expiries of WETH", Words), (failed.Name, failed.Found));
        Assert.NotEqual("", failed.Fix);
        Assert.Null(await StartChecks.RefuseAsync([chain], options.Quorum, world.Keeper, reporter: null, oracle: null, hasSurface: false, CancellationToken.None));
    }

    /// <summary>The deployer of a local chain is its risk admin.</summary>
    private async Task ListAsync() => await world.Chain.SendAsync(
        world.Chain.Accounts[0],
        world.Deployment.Addresses.RiskOracle,
        new RiskOracle.ListExpiryFunction(
            world.Deployment.Assets[0].Token, await world.NowAsync() + (30 * 86_400), 700_000_000_000_000_000, 1_000_000_000_000_000_000),
        CancellationToken.None);
}
