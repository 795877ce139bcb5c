using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>
/// Chainlink node operators, 30 August 2020: somebody asked for work that cost the nodes more gas than it paid, and nine operators lost some 700 ETH in
/// about two hours (The Block, "Chainlink nodes were targeted in an attack last weekend that cost them at least 700 ETH"). The price of gas is not
/// published; 300 gwei is taken here.
/// The work of a keeper is liquidations: the attacker opens forty of the smallest loans there may be, and lets them all fall at once.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class ChainlinkNodesTests(ProtocolWorld world, ITestOutputHelper output) : IncidentReplay(world, output)
{
    private const int Baits = 40;
    private const double Gwei = 300;
    private const double Price = 2640;

    private readonly HashSet<Hash32> _baits = [];

    [Fact]
    public async Task ChainlinkNodes_FortyLiquidationsWorthLessThanTheirGas_NoneIsPaidForAndTheOthersLand()
    {
        await PrepareAsync();
        await using var keeper = await AttendedKeeper.StartAsync(World, chain => chain["MaxFeePerGasGwei"] = 5000);
        await PlayAsync(keeper);
        await keeper.StopAsync();

        var judged = await JudgeAsync();
        judged.AssertHolds();
        Assert.True(judged.Liquidations >= 1, "nothing that pays was there: the replay shows nothing");
        Assert.DoesNotContain(keeper.Liquidations, intent => _baits.Contains(AccountOf(intent.Purpose)));
        Assert.Equal(Baits, keeper.Ends.Where(IsOverItsCeiling).Select(end => AccountOf(end.Purpose)).Intersect(_baits).Count());
        var (cost, earned) = await CostAndBonusAsync(keeper);
        Say($"gas {cost:0.00}, bonus {earned:0.00}");
        Assert.True(cost < earned, $"{cost} paid for {earned}");
    }

    [Fact]
    public async Task ChainlinkNodes_WorthIsUnknown_ControlPaysForBaitsUntilTheHourlyBudgetEndsIt()
    {
        const int hourlyGas = 1_000_000;
        await PrepareAsync();
        await using var keeper = await AttendedKeeper.StartAsync(World, chain =>
        {
            chain.Remove("NativeAsset");
            chain["MaxFeePerGasGwei"] = 1000;
            chain["HourlyGas"] = hourlyGas;
        });
        await PlayAsync(keeper);
        await keeper.StopAsync();

        var paid = keeper.Liquidations.Where(intent => _baits.Contains(AccountOf(intent.Purpose))).ToList();
        Assert.InRange(paid.Count, 1, Baits - 1);
        var (cost, earned) = await CostAndBonusAsync(keeper, paid.Select(intent => intent.Purpose));
        Say($"{paid.Count} baits: gas {cost:0.00}, bonus {earned:0.00}");
        Assert.True(cost > 10 * earned, $"the baits cost {cost} and earned {earned}");
        Assert.Contains(keeper.Ends, end => end.Detail.Contains("left of its hour", StringComparison.Ordinal));
        var (all, _) = await CostAndBonusAsync(keeper);
        Assert.True(all <= hourlyGas * 1000e-9 * Price, $"{all} spent in an hour");
    }

    /// <summary>The baits owe a little over the least debt there may be.</summary>
    private async Task PrepareAsync()
    {
        await World.ResetAsync();
        _baits.UnionWith(await NewCrowd().OpenAsync(first: 0, Baits, weth: 0.05, appetite: 0.98, CancellationToken.None));
        await BeginAsync();
    }

    private async Task PlayAsync(AttendedKeeper keeper)
    {
        await World.SendAsync("evm_setAutomine", false);
        await PoolAnswersAsync(Weth, Price, AnyGwei, 0, 1, 2);
        await PoolAnswersAsync(Wbtc, 52_800, AnyGwei, 0, 1, 2);
        await MineAsync(seconds: 12, Gwei);
        await keeper.HasSentAsync();
        await MineAsync(seconds: 12, Gwei);
        await keeper.HasSentAsync();
    }

    private static bool IsOverItsCeiling(IntentSettled end) => end.Outcome == SettlementOutcome.NotSent && end.Detail.Contains("is over its ceiling", StringComparison.Ordinal);

    private static Hash32 AccountOf(string purpose) => AttendedKeeper.IsLiquidation(purpose) ? Hash32.FromHex(purpose.Split('/')[2]) : default;

    /// <summary>Units of account paid for gas, and earned as bonus at the price of the crash.</summary>
    private async Task<(double Cost, double Bonus)> CostAndBonusAsync(AttendedKeeper keeper, IEnumerable<string>? purposes = null)
    {
        var wanted = purposes?.ToHashSet();
        var (cost, bonus) = (BigInteger.Zero, 0.0);
        foreach (var intent in keeper.Liquidations.Where(intent => wanted?.Contains(intent.Purpose) ?? true))
        {
            if (await Chain.Eth.GetTransactionReceiptAsync(intent.Attempts[^1].TxHash, CancellationToken.None) is not { } receipt)
            {
                continue;
            }

            cost += receipt.GasUsed * receipt.EffectiveGasPrice;
            foreach (var log in receipt.Logs)
            {
                if (MarginVault.LiquidatedEvent.TryDecode(log, out var liquidated))
                {
                    bonus += ((double)liquidated.Seized[0] / 1e18 * Price) + ((double)liquidated.Seized[1] / 1e8 * 52_800) - ((double)liquidated.Repaid / 1e6);
                }
            }
        }

        return ((double)cost / 1e18 * Price, bonus);
    }
}
