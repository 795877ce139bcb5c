using System.Numerics;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>
/// Maker, 12 March 2020: ETH fell by half within a day, gas rose to 22 times what it had been at midnight, keepers with a fixed gas price sent what no
/// block took, and USD 8.32m of ETH was auctioned for nothing; 5.67m DAI were missing in the end (Maker's own report of the month).
/// Prices: lows of ten minutes of ETH/USD (CoinAPI, in BerkeleyBlockchain/stablesims feeds/eth_usd/03-12-2020), with two steps put between 10:30 and 10:40
/// and one between 23:10 and 23:20, as ten minutes have forty-six blocks. Gas: average of mined transactions, 9.9 gwei at 00:00 and 218.97 at 16:10 UTC
/// (same repository, feeds/gas/03-12-2020); the day's highest is held throughout.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class BlackThursdayTests(ProtocolWorld world, ITestOutputHelper output) : IncidentReplay(world, output)
{
    private const double AtMidnight = 195.21;
    private const double QuietGwei = 9.9;
    private const double PeakGwei = 218.97;
    private const int Loans = 10;
    private const int MostBlocks = 5;

    private static readonly double[] Lows = [180.33, 170.30, 161.33, 151.01, 142, 133, 124.05, 138, 118.84, 109.9, 101.01];

    [Fact]
    public async Task BlackThursday_GasAt20Times_EveryLiquidationLandsUnderItsCeiling()
    {
        await PrepareAsync();
        await using var keeper = await AttendedKeeper.StartAsync(World, chain => chain["MaxFeePerGasGwei"] = 5000);
        await PlayAsync(keeper, Lows);
        await keeper.StopAsync();

        var judged = await JudgeAsync();
        judged.AssertHolds();
        var sent = keeper.Liquidations.ToList();
        Assert.True(judged.Liquidations > Loans && sent.Count == judged.Liquidations, $"{judged}; {sent.Count} sent, of which\n{string.Join('\n', keeper.Ends.Where(end => AttendedKeeper.IsLiquidation(end.Purpose) && end.Outcome != SettlementOutcome.Included))}");
        foreach (var intent in sent)
        {
            Assert.Equal(IntentState.Included, intent.State);
            var landed = await Chain.Eth.GetTransactionReceiptAsync(Assert.Single(intent.Attempts).TxHash, CancellationToken.None);
            Assert.True(landed!.EffectiveGasPrice >= (BigInteger)(20 * QuietGwei * 1e9), $"{landed.EffectiveGasPrice} wei for a gas");
            Assert.True(intent.Attempts[0].MaxFeePerGas * intent.Attempts[0].GasLimit <= intent.Request.Worth, $"{intent.Purpose} bid over its worth");
        }
    }

    [Fact]
    public async Task BlackThursday_GasPriceIsFixedAsThen_ControlLosesOverATenthOfDebt()
    {
        await PrepareAsync();
        await using var keeper = await AttendedKeeper.StartAsync(World, chain => chain["MaxFeePerGasGwei"] = 2 * QuietGwei);
        await PlayAsync(keeper, [151.01, 124.05, 101.01]);
        await keeper.StopAsync();

        var judged = await JudgeAsync();
        Assert.True(judged is { Liquidations: 0, BadShare: > 0.1 }, judged.ToString());
        Assert.Contains(keeper.Ends, end => end.Outcome == SettlementOutcome.NotSent && end.Detail.Contains("is over its ceiling", StringComparison.Ordinal));
    }

    /// <summary>Ten loans of 20 ETH each beside those of the world; the day begins at 3,000.</summary>
    private async Task PrepareAsync()
    {
        await World.ResetAsync();
        await NewCrowd().OpenAsync(first: 0, Loans, weth: 20, appetite: 0.95, CancellationToken.None);
        await BeginAsync();
    }

    private async Task PlayAsync(AttendedKeeper keeper, IEnumerable<double> lows)
    {
        await World.SendAsync("evm_setAutomine", false);
        foreach (var low in lows)
        {
            await PoolAnswersAsync(Weth, 3000 * low / AtMidnight, AnyGwei, 0, 1, 2);
            await PoolAnswersAsync(Wbtc, 60_000, AnyGwei, 0, 1, 2);
            await MineAsync(seconds: 600, PeakGwei);
            for (var block = 0; block < MostBlocks && await keeper.HasOpenAsync(); block++)
            {
                await MineAsync(seconds: 12, PeakGwei);
            }
        }
    }
}
