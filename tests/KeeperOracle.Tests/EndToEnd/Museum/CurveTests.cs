using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Demo;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>
/// Aave, 22 November 2022: one account owed 92m CRV against USD 63.6m of USDC. CRV rose, 385 liquidations within some fifty minutes bought what the market
/// gave, and 2.64m CRV stayed owed for nothing; a loan of CRV against USDC was liquidated at 88 % there (Blockworks, "Feature or Flaw? Aave Left With $1.7M in Bad Debt").
/// Prices: CRV/USD by the hour (CoinGecko), 10:00 to 18:00 UTC, with steps put into the hours that moved more than 10 %. A hundredth of the size. Our
/// unit of account is the token that is owed, so the collateral, dollars, falls as CRV rises. How much CRV could be had in an hour is not published:
/// liquidators find a fifth of the debt at every step.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class CurveTests(ProtocolWorld world, ITestOutputHelper output) : IncidentReplay(world, output)
{
    private const double Dollars = 636_000;
    private const double Owed = 920_000;
    private const double AtHand = 0.2;

    private static readonly double[] Path = [0.4178, 0.4527, 0.4950, 0.5372, 0.5654, 0.5899, 0.6137, 0.6136, 0.6650, 0.7206];

    private DemoAsset _dollars = null!;

    [Fact]
    public async Task AaveCrv_OneAccountOwesWhatTheMarketHasNot_IsLiquidatedPieceByPieceWithoutBadDebt()
    {
        // CRV's own volatility, and slippage of the size of the depth: so much may not even be borrowed.
        await PrepareAsync(volatility: 1.3, slippage: 0.12);
        var account = Id(Attacker, 0);
        await AddAsync(Attacker, account, _dollars, Dollars);
        Assert.StartsWith("InitialRequirementViolated(", await RefusedAsync(Attacker, Vault, Borrow(account, Attacker, Stable(Owed))), StringComparison.Ordinal);
        await BorrowAsync(account, Attacker, await RoomAsync(account) - 1);
        await BeginAsync();
        await PlayAsync();

        var judged = await JudgeAsync();
        judged.AssertHolds();
        Assert.True(judged.Liquidations >= 2, judged.ToString());
        Assert.True((await AskAsync(Vault, new MarginVault.PositionFunction(account))).Debt.Sign > 0, "all of it at once is not piece by piece");
    }

    [Fact]
    public async Task AaveCrv_CalmVolatilityAndNoSlippage_ControlLeavesADebtThatNobodyCanBuyBack()
    {
        await PrepareAsync(volatility: 0.35, slippage: 0);
        var account = Id(Attacker, 0);
        await AddAsync(Attacker, account, _dollars, Dollars);
        await BorrowAsync(account, Attacker, Stable(Owed));
        await BeginAsync();
        await PlayAsync();
        var judged = await JudgeAsync();
        Assert.True(judged.BadShare > 0.01, judged.ToString());
    }

    private async Task PrepareAsync(double volatility, double slippage)
    {
        await World.ResetAsync();
        _dollars = await Listing.ListAsync("USD", new ListingTerms(1 / 0.4132, 0.1, 100, volatility, slippage, Cap: 10 * Dollars));
    }

    private async Task PlayAsync()
    {
        await using var keeper = await AttendedKeeper.StartAsync(World);
        foreach (var price in Path)
        {
            await SetBalanceAsync(World.Deployment.Stable, World.Keeper, Stable(AtHand * Owed));
            await World.Chain.SetNextTimestampAsync(await World.NowAsync() + 300, CancellationToken.None);
            foreach (var feed in _dollars.Feeds)
            {
                await World.PushFeedAsync(feed, _dollars.Answer(1 / price));
            }

            await keeper.QuietAsync();
        }

        await keeper.StopAsync();
    }
}
