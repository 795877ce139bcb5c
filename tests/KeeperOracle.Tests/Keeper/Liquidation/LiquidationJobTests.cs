using System.Numerics;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Liquidation;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Liquidation;

public sealed class LiquidationJobTests
{
    [Fact]
    public void Decide_NoAccounts_DecidesNothing() => Assert.Empty(LiquidationJob.Decide(Settings, LaneState.Empty, Snapshot()));

    [Fact]
    public void Decide_SeveralAccounts_LowestHealthFirstAndTheUnvaluedLast()
    {
        var unvalued = Account(6, 10, 1) with { Options = new OptionSnapshot(1, Wad.Zero, Wad.Zero, Wad.Zero, 0, "no price") };
        var snapshot = Snapshot(Account(1, 0, 1), Account(2, 10, 0, 1), Account(3, 1_000, 10), Account(4, 25_000, 10), Account(5, 24_000, 10), unvalued)
            .WithAsset(1, asset => asset with { PriceStatus = PriceStatus.Stale });

        var decisions = LiquidationJob.Decide(Settings, LaneState.Empty, snapshot);

        int[] order = [4, 5, 3, 2, 1, 6]; // an asset without a price counts at its bound
        Assert.Equal(order.Select(number => Number(number, 32).ToString()), decisions.Select(decision => decision.Subject));
        Assert.Equal([true, true, false, false, false, false], decisions.Select(decision => decision.Verdict is Act));
    }

    [Fact]
    public void Decide_StableForOneOnly_GoesToTheAccountInGreaterNeed()
    {
        var snapshot = Snapshot(Account(1, 23_800, 10), Account(2, 24_000, 10));
        var worst = Assert.IsType<Liquidate>(Acts(snapshot)[0].Action);
        snapshot = snapshot with { Keeper = snapshot.Keeper with { Stable = worst.MaxRepay + 5 } };

        var decisions = LiquidationJob.Decide(Settings, LaneState.Empty, snapshot);

        Assert.Equal(Number(2, 32), Assert.IsType<Liquidate>(Assert.IsType<Act>(decisions[0].Verdict).Action).Account);
        var refusal = Assert.IsType<Refuse>(decisions[1].Verdict).Refusal;
        Assert.Equal(RefusalCode.StableTooLow, refusal.Code);
        Assert.Contains("has 0.000005 left", refusal.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_StableForBoth_ActsOnBoth()
    {
        var snapshot = Snapshot(Account(1, 23_800, 10), Account(2, 24_000, 10));
        var needed = Acts(snapshot).Select(act => Assert.IsType<Liquidate>(act.Action).MaxRepay).Aggregate(BigInteger.Zero, (sum, one) => sum + one);

        Assert.Equal(2, Acts(snapshot with { Keeper = snapshot.Keeper with { Stable = needed } }).Count);
        Assert.Single(Acts(snapshot with { Keeper = snapshot.Keeper with { Stable = needed - 1 } }));
    }

    [Fact]
    public void Decide_RefusedAccount_UsesNoStable()
    {
        var (worst, next) = (Account(2, 24_000, 10), Account(1, 23_800, 10));
        var snapshot = Snapshot(next, worst);
        var needed = Assert.IsType<Liquidate>(Acts(snapshot)[1].Action).MaxRepay;
        var lane = LaneState.Empty with { InFlight = LaneState.Empty.InFlight.Add($"liquidate/{Snapshots.MarketName}/{worst.Account}/0") };

        var decisions = LiquidationJob.Decide(Settings, lane, snapshot with { Keeper = snapshot.Keeper with { Stable = needed } });

        Assert.IsType<Refuse>(decisions[0].Verdict);
        Assert.IsType<Act>(decisions[1].Verdict);
    }

    [Fact]
    public void Decide_UnhealthyAccount_ActionAllowsTheToleranceAndExpires()
    {
        var account = Account(7, 24_000, 5, 0.25m);
        var snapshot = Snapshot(account);
        var sizing = SnapshotValuation.Size(snapshot, account)!;

        var act = Assert.Single(Acts(snapshot));
        var liquidate = Assert.IsType<Liquidate>(act.Action);

        Assert.Equal($"liquidate/{Snapshots.MarketName}/{account.Account}/0", act.Purpose);
        Assert.Contains($"health {sizing.HealthBefore} is under 1: repay {new TokenAmount(sizing.Repay, 6)} to restore 1.03", act.Reason, StringComparison.Ordinal);
        Assert.Equal(account.Account, liquidate.Account);
        Assert.Equal(sizing.Repay + (sizing.Repay / 100) + 1, liquidate.MaxRepay);
        Assert.Equal(Now + 120, liquidate.Deadline);
        Assert.Equal(2, liquidate.MinSeized.Length);
        for (var i = 0; i < 2; i++)
        {
            var planned = sizing.SeizeValue[i].Raw * BigInteger.Pow(10, snapshot.Assets[i].Decimals) / snapshot.Assets[i].Price.PerToken.Raw;
            Assert.InRange(liquidate.MinSeized[i], planned * 99 / 100, (planned * 99 / 100) + 1);
        }
    }

    private static List<Act> Acts(ChainSnapshot snapshot) =>
        [.. LiquidationJob.Decide(Settings, LaneState.Empty, snapshot).Select(decision => decision.Verdict).OfType<Act>()];
}
