using System.Numerics;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Liquidation;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Liquidation;

/// <summary>Accounts with debt here whose collateral is under a lien on another chain.</summary>
public sealed class LienTests
{
    private static readonly Hash32 Key = Number(71, 32);

    private static readonly KeeperSettings Lent = Settings with { SeizureDiscount = new Bps(200) };

    /// <summary>Ten WETH elsewhere hold up about 21,700 of debt; this is a twentieth more than that.</summary>
    private static readonly AccountSnapshot Pledged = Secured(22_850, 10);

    [Fact]
    public void Decide_GuardianHoldsTheAssetBack_RefusesByName() => AssertRefused(
        RefusalCode.NothingSeizable, $"lien {Key}: WETH is held back by the guardian for 60 s", Snapshot(Pledged).WithAsset(0, asset => asset with { LiquidationBlockedUntil = Now + 60 }));

    [Theory]
    [InlineData(PriceStatus.RepayWindow)]
    [InlineData(PriceStatus.Divided)]
    public void Decide_AssetMayNotBeSeized_RefusesByName(PriceStatus status) =>
        AssertRefused(RefusalCode.NothingSeizable, $"lien {Key}: WETH may not be seized: {status}", Snapshot(Pledged).WithAsset(0, asset => asset with { PriceStatus = status }));

    [Fact]
    public void Decide_EverythingIsOrderedAlready_RefusesByName() =>
        AssertRefused(RefusalCode.NothingSeizable, "nothing of it counts here", Snapshot(With(lien => lien with { Units = 0 })));

    [Fact]
    public void Decide_AssetOfNoCollateralHere_RefusesByName() =>
        AssertRefused(RefusalCode.NothingSeizable, "is no collateral of this vault", Snapshot(With(lien => lien with { Asset = Signers[0] })));

    [Fact]
    public void Decide_Healthy_RefusesAndActsJustUnderOne()
    {
        AssertRefused(RefusalCode.Healthy, "at least 1", Snapshot(Secured(21_000, 10)));
        Assert.IsType<LiquidateLien>(Acted(Snapshot(Pledged)).Action);
    }

    [Fact]
    public void Decide_ModeObserveOrUnderWayOrSetAside_RefusesByName()
    {
        var purpose = $"liquidate/{MarketName}/{Pledged.Account}/0";
        AssertRefused(RefusalCode.ObserveOnly, "Mode is observe", Snapshot(Pledged), Lent with { Mode = KeeperMode.Observe });
        AssertRefused(RefusalCode.AlreadyInFlight, purpose, Snapshot(Pledged), lane: LaneState.Empty with { InFlight = LaneState.Empty.InFlight.Add(purpose) });
        AssertRefused(RefusalCode.LienOrdersFull, "asked again in 5 s", Snapshot(Pledged), lane: Failed("TooManyPendingOrders(lien 0x1, waiting 16, limit 16)"));
        AssertRefused(RefusalCode.NothingSeizable, "asked again in 5 s", Snapshot(Pledged), lane: Failed("CollateralNotSeizable(account 0x1, token 0x2)"));
    }

    [Fact]
    public void Decide_OneUnitTooLittleInTheWallet_RefusesAndActsWithIt()
    {
        var snapshot = Snapshot(Pledged);
        var needed = ((LiquidateLien)Acted(snapshot).Action).MaxRepay;

        AssertRefused(RefusalCode.StableTooLow, "needs up to", snapshot with { Keeper = snapshot.Keeper with { Stable = needed - 1 } });
        Acted(snapshot with { Keeper = snapshot.Keeper with { Stable = needed } });
    }

    [Fact]
    public void Decide_TheWaitingTakesTheBonus_RefusesByNameOnBothSidesOfTheLeast()
    {
        var snapshot = Snapshot(Pledged);
        var sizing = SnapshotValuation.SizeLien(snapshot, Pledged, Pledged.Liens[0])!.Value;
        var paid = AccountHealth.DebtValue(sizing.Repay, 6);
        var earned = new Wad(sizing.SeizeValue.Raw * 9_800 / 10_000) - paid;

        AssertRefused(RefusalCode.BonusTooSmall, $"pays {paid} here for {sizing.SeizeValue} on another chain", snapshot, Lent with { MinimumBonusValue = earned + new Wad(1) });
        Assert.Equal(Wad.Zero, Acted(snapshot, Lent with { MinimumBonusValue = earned }).Worth);
        AssertRefused(RefusalCode.BonusTooSmall, "600 bps for the waiting", snapshot, Lent with { SeizureDiscount = new Bps(600) });
    }

    [Fact]
    public void Decide_NothingHere_OrdersWhatRestoresTheTargetForItsOwnAddress()
    {
        var snapshot = Snapshot(Pledged);
        var sizing = SnapshotValuation.SizeLien(snapshot, Pledged, Pledged.Liens[0])!.Value;
        var act = Acted(snapshot);
        var lien = Assert.IsType<LiquidateLien>(act.Action);

        Assert.True(sizing.IsRestored);
        Assert.Equal($"liquidate/{MarketName}/{Pledged.Account}/0", act.Purpose);
        Assert.Equal((Pledged.Account, Key, snapshot.Keeper.Signer, Now + 120), (lien.Account, lien.Lien, lien.Recipient, lien.Deadline));
        Assert.Equal((sizing.Repay * 101 / 100) + 1, lien.MaxRepay);
        Assert.Equal(sizing.Units * 99 / 100, lien.MinUnits);
        Assert.Contains("nothing may be seized here", act.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_TwoLiens_TakesTheOneThatEarnsMoreAndOfEqualsTheLowerKey()
    {
        var account = Secured(22_850, 5);
        var twin = account.Liens[0] with { Lien = Number(70, 32) };
        var two = account with { Remote = Doubled(account.Remote) };

        Assert.Equal(twin.Lien, TakenBy(two with { Liens = [account.Liens[0], twin] }));
        Assert.Equal(Key, TakenBy(two with { Liens = [account.Liens[0] with { Bonus = Fraction(0.07m) }, twin] }));
        Assert.Equal(Key, TakenBy(two with { Liens = [account.Liens[0], twin with { Units = 0 }] }));
    }

    [Fact]
    public void Decide_SomethingHereTooLittleToBeWorthIt_IsTakenFirstForTheLienBehindIt()
    {
        var dusty = Pledged with { Collateral = [BigInteger.Pow(10, 12), 0] };
        var act = Acted(Snapshot(dusty));

        Assert.IsType<Liquidate>(act.Action);
        Assert.Contains($"after which lien {Key} on another chain can be taken of", act.Reason, StringComparison.Ordinal);
        AssertRefused(RefusalCode.BonusTooSmall, "under the least", Snapshot(dusty), Lent with { SeizureDiscount = new Bps(600) });
        AssertRefused(RefusalCode.BonusTooSmall, "under the least", Snapshot(dusty with { Liens = [] }));
    }

    [Fact]
    public void Decide_CollateralHereWithoutAPrice_StaysAndTheLienIsTaken()
    {
        var snapshot = Snapshot(Pledged with { Collateral = [0, 1] }).WithAsset(1, asset => asset with { PriceStatus = PriceStatus.Divided });
        Assert.IsType<LiquidateLien>(Acted(snapshot).Action);
    }

    [Fact]
    public void Settle_TheMarketWentOn_CountsAsNoFailure()
    {
        foreach (var detail in (string[])["LienSeizureTooSmall(lien 0x1, units 1, minimum 2)", "CollateralHereFirst(account 0x1, index 0)"])
        {
            var settled = new IntentSettled(Anvil, $"liquidate/{MarketName}/{Pledged.Account}/0", Pledged.Account, SettlementOutcome.SimulationReverted, detail, Now);
            Assert.Empty(LaneState.Empty.Settle(settled, Lent).Failures);
        }
    }

    /// <summary>Whatever the book: no more than is owed or liened, a bonus that leaves no deficit, and the target to the last unit where the lien reaches that far.</summary>
    [Fact]
    public void SizeLien_AnyBook_RestoresTheTargetOrTakesAll()
    {
        var random = new SeededRandom(20_261_126);
        var restored = 0;
        for (var run = 0; run < 2_000; run++)
        {
            var account = Secured(100 + (decimal)(random.NextUniform() * 40_000), 1 + (decimal)(random.NextUniform() * 15)) with
            {
                Options = OptionSnapshot.None with { Requirement = Fraction((decimal)(random.NextUniform() * 3_000)), InitialRequirement = Fraction(3_000) },
                Credit = 0,
            };
            var snapshot = Snapshot(account);
            var lien = account.Liens[0];
            var health = SnapshotValuation.Value(snapshot, account).Health!.Value;
            if (SnapshotValuation.SizeLien(snapshot, account, lien) is not { } sizing)
            {
                Assert.True(health >= Wad.One);
                continue;
            }

            Assert.Equal(health, sizing.HealthBefore);
            Assert.True(sizing.Repay <= account.DebtShares && sizing.Units <= lien.Units);
            Assert.True(sizing.Bonus <= lien.Bonus);
            var paid = AccountHealth.DebtValue(sizing.Repay, 6);
            Assert.True(sizing.SeizeValue <= paid.MultiplyDown(Wad.One + sizing.Bonus));
            var left = new Wad((lien.Units - sizing.Units) * lien.Price.PerToken.Raw / BigInteger.Pow(10, 18)).MultiplyDown(lien.Threshold);
            var owed = AccountHealth.DebtValue(account.DebtShares - sizing.Repay, 6) + account.Options.Requirement;
            if (sizing.IsRestored)
            {
                restored++;
                Assert.True(left >= owed.MultiplyDown(snapshot.Market.TargetHealth), $"run {run}");
            }
            else
            {
                Assert.True(sizing.Units == lien.Units || sizing.Repay == account.DebtShares, $"run {run}");
            }
        }

        Assert.InRange(restored, 100, 1_900);
    }

    /// <summary>With all of its collateral under one lien, as the hub would count it.</summary>
    private static AccountSnapshot Secured(decimal debt, decimal weth)
    {
        var threshold = Fraction(0.7m);
        var lien = new SeizableLien(Key, Weth, new BigInteger(weth * 1_000_000) * BigInteger.Pow(10, 12), new Price(Fraction(3_100)), 18, threshold, Fraction(0.06m));
        var value = lien.Price.ValueDown(new TokenAmount(lien.Units, lien.Decimals));
        return Account(1, debt, 0) with { Remote = new RemoteSnapshot(Wad.Zero, value.MultiplyDown(threshold), value.MultiplyDown(Fraction(0.99m))), Liens = [lien] };
    }

    private static AccountSnapshot With(Func<SeizableLien, SeizableLien> change) => Pledged with { Liens = [change(Pledged.Liens[0])] };

    private static RemoteSnapshot Doubled(RemoteSnapshot remote) => new(Wad.Zero, remote.Maintenance + remote.Maintenance, remote.Value + remote.Value);

    private static LaneState Failed(string detail) =>
        LaneState.Empty with { Failures = LaneState.Empty.Failures.Add(Pledged.Account, new FailureRecord(1, Now + 5, detail)) };

    private static Hash32 TakenBy(AccountSnapshot account) => ((LiquidateLien)Acted(Snapshot(account)).Action).Lien;

    private static Act Acted(ChainSnapshot snapshot, KeeperSettings? settings = null) =>
        Assert.IsType<Act>(Assert.Single(LiquidationJob.Decide(settings ?? Lent, LaneState.Empty, snapshot)).Verdict);

    private static void AssertRefused(RefusalCode code, string fragment, ChainSnapshot snapshot, KeeperSettings? settings = null, LaneState? lane = null)
    {
        var refusal = Assert.IsType<Refuse>(Assert.Single(LiquidationJob.Decide(settings ?? Lent, lane ?? LaneState.Empty, snapshot)).Verdict).Refusal;
        Assert.Equal(code, refusal.Code);
        Assert.Contains(fragment, refusal.Detail, StringComparison.Ordinal);
    }
}
