using KeeperOracle.Keeper;
using KeeperOracle.Risk.Snapshots;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>
/// Compound, 26 November 2020: on one venue (Coinbase Pro) DAI stood at 1.30 for minutes, the anchor that was to catch it (one Uniswap pool, within
/// 20 %) let it through, and borrowers of DAI were liquidated for about USD 90m although their DAI was worth a dollar (Compound's report "DAI liquidations",
/// comp.xyz; between its two figures, 1.00 and 1.30, the path here is made straight).
/// A stablecoin that is borrowed: our unit of account is the coin itself, so a venue where it is dear quotes every collateral that much lower.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class CompoundDaiTests(ProtocolWorld world, ITestOutputHelper output) : IncidentReplay(world, output)
{
    private const double AnchorBand = 1.20;

    private static readonly double[] Dai = [1.05, 1.15, 1.30, 1.15, 1.00];

    [Fact]
    public async Task CompoundDai_OneVenueAt130_NobodyIsLiquidated()
    {
        await PrepareAsync();
        await using var keeper = await AttendedKeeper.StartAsync(World);
        foreach (var dai in Dai)
        {
            await QuoteAsync(dai, 0);
            await keeper.QuietAsync();
            Assert.Empty(await PreyAsync());
        }

        // The anchor follows as far as its band lets it: now no two of three agree, and that is no price. Nobody is liquidated, and nobody borrows.
        await QuoteAsync(1.30, 0);
        await QuoteAsync(1.30 / AnchorBand, 1);
        await keeper.QuietAsync();
        Assert.All((await World.SnapshotAsync()).Assets, asset => Assert.Equal(PriceStatus.Divided, asset.PriceStatus));
        Assert.Empty(await PreyAsync());
        Assert.StartsWith(
            "InitialRequirementViolated(",
            await RefusedAsync(World.Owner(0), Vault, Borrow(Id(World.Owner(0), 0), World.Owner(0), Stable(100))),
            StringComparison.Ordinal);
        await QuoteAsync(1.00, 0, 1);
        await keeper.QuietAsync();
        await keeper.StopAsync();

        var judged = await JudgeAsync();
        judged.AssertHolds();
        Assert.Equal(0, judged.Liquidations);
        Assert.Empty(keeper.Liquidations);
        Assert.Contains(keeper.Decisions, decision => decision.Verdict is Refuse { Refusal.Code: RefusalCode.PriceUnavailable });
    }

    [Fact]
    public async Task CompoundDai_ThatVenueStandsBehindAllThreeSources_ControlLiquidatesTheHealthy()
    {
        await PrepareAsync();
        await using var keeper = await AttendedKeeper.StartAsync(World);
        await QuoteAsync(1.30, 0, 1, 2);
        await keeper.QuietAsync();
        await keeper.StopAsync();

        var judged = await JudgeAsync();
        Assert.True(judged.Wrongful.Count >= 2, judged.ToString());
    }

    private async Task PrepareAsync()
    {
        await World.ResetAsync();
        await BeginAsync();
        await TrueFromNowAsync(Weth, 3000);
        await TrueFromNowAsync(Wbtc, 60_000);
    }

    /// <summary>What these sources say of every collateral, where the coin is at this price.</summary>
    private async Task QuoteAsync(double dai, params int[] sources)
    {
        foreach (var source in sources)
        {
            await World.PushFeedAsync(Weth.Feeds[source], Weth.Answer(3000 / dai));
            await World.PushFeedAsync(Wbtc.Feeds[source], Wbtc.Answer(60_000 / dai));
        }
    }
}
