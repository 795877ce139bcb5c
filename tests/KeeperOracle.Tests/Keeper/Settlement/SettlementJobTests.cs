using System.Collections.Immutable;
using System.Numerics;
using System.Text.RegularExpressions;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Settlement;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Tests.EndToEnd;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Settlement;

public sealed class SettlementJobTests
{
    private const ulong Expiry = Now + 1_000;
    private static readonly ExpiryPoolSnapshot Pool = new(Expiry, Wad.Zero, 2, Wad.Zero, false, 0, 0, 0, 0);
    private static readonly ExpiryPoolSnapshot Priced = Pool with { Expiry = Now - 60, Price = new Wad(BigInteger.Pow(10, 22) / 3) };
    private static readonly AccountSnapshot Holder = Account(1, 0, 10) with { Legs = [Call(2, Priced)], LegNonce = 7 };
    private static readonly AccountSnapshot Writer = Account(2, 0, 10) with { Legs = [Call(-2, Priced)], LegNonce = 9 };
    private static readonly string Prefix = $"{MarketName}/{Weth}/{Expiry}";

    // ------------------------------------------------------------------------------------------------ the price

    [Fact]
    public void Decide_NoPools_SaysNothing() => Assert.Empty(SettlementJob.Decide(Settings, LaneState.Empty, Snapshot(Account(1, 1, 1)), isWhole: true));

    [Fact]
    public void Decide_InTheLastHalfHour_RecordsUntilTheExpiry()
    {
        var act = Acted(Pool);

        Assert.Equal($"observe/{Prefix}/0", act.Purpose);
        Assert.Equal(new RecordExpiryPrice(Weth, Expiry, Expiry), act.Action);
        Assert.Equal(Settings.SettlementWorth, act.Worth);
        Assert.Equal("record WETH at 3000, after 0 prices, 1000 s before expiry", act.Reason);
    }

    [Fact]
    public void WindowGuard_HalfAnHourBefore_RecordsAndASecondEarlierRefuses()
    {
        Acted(Pool with { Expiry = Now + 1_800 });
        AssertRefused(RefusalCode.ExpiryAhead, "recorded from 1 s from now on", Pool with { Expiry = Now + 1_801 });
    }

    [Fact]
    public void SpacingGuard_TwoMinutesAfterTheLast_RecordsAndASecondEarlierRefuses()
    {
        Assert.Equal($"observe/{Prefix}/3", Acted(Pool with { Observations = 3, LastObservedAt = Now - 120 }).Purpose);
        AssertRefused(RefusalCode.ObservationTooSoon, "taken 1 s from now, 3 are recorded", Pool with { Observations = 3, LastObservedAt = Now - 119 });
    }

    [Fact]
    public void CompleteGuard_FifteenAreRecorded_Refuses()
    {
        Acted(Pool with { Observations = 14, LastObservedAt = Now - 120 });
        AssertRefused(RefusalCode.ObservationsComplete, "15 prices are recorded", Pool with { Observations = 15, LastObservedAt = Now - 120 });
    }

    [Theory]
    [InlineData(PriceStatus.Ok, true)]
    [InlineData(PriceStatus.RepayWindow, true)]
    [InlineData(PriceStatus.Divided, false)]
    [InlineData(PriceStatus.Stale, false)]
    public void PriceGuard_HubHasNoPrice_Refuses(PriceStatus status, bool records)
    {
        var verdict = Assert.Single(Decide(With(Snapshot(), Pool).WithAsset(0, asset => asset with { PriceStatus = status }))).Verdict;

        Assert.Equal(records, verdict is Act);
        Assert.Equal(!records, verdict is Refuse { Refusal: { Code: RefusalCode.PriceUnavailable, Detail: var detail } } && detail.EndsWith($"{status}", StringComparison.Ordinal));
    }

    [Fact]
    public void UsedGuard_NobodyHoldsOptions_RefusesBeforeAndAfter()
    {
        AssertRefused(RefusalCode.ExpiryUnused, "no account holds", Pool with { Accounts = 0 });
        AssertRefused(RefusalCode.ExpiryUnused, "no account holds", Pool with { Accounts = 0, Expiry = Now - 1, Observations = 5 });
    }

    [Fact]
    public void ExpiredGuard_AtTheVerySecond_RefusesAndASecondLaterIsFinal()
    {
        AssertRefused(RefusalCode.ExpiryAhead, "at this very second", Pool with { Expiry = Now, Observations = 5 });
        var act = Acted(Pool with { Expiry = Now - 1, Observations = 5 });
        Assert.Equal(($"finalise/{MarketName}/{Weth}/{Now - 1}", new FinaliseExpiry(Weth, Now - 1, 0)), (act.Purpose, act.Action));
        Assert.Equal("the median of 5 recorded prices", act.Reason);
    }

    [Fact]
    public void FixingGuard_FourPrices_RefusesUntilTheFallbackHasARound()
    {
        var few = Pool with { Expiry = Now - 21_600, Observations = 4 };
        AssertRefused(RefusalCode.ExpiryPriceMissing, "4 of 5 prices were recorded, 21600 s after expiry", few);

        var act = Acted(few with { FallbackRound = 12 });
        Assert.Equal(new FinaliseExpiry(Weth, few.Expiry, 12), act.Action);
        Assert.Equal("round 12 of the fallback feed, the first at or after expiry", act.Reason);
        Assert.Equal(new FinaliseExpiry(Weth, few.Expiry, 0), Acted(few with { FallbackRound = 12, Observations = 5 }).Action);
    }

    [Fact]
    public void Decide_ADayAfterWithFourPricesAndNoFallback_RecordsAgainAndASecondEarlierRefuses()
    {
        var late = Pool with { Expiry = Now - 86_400, Observations = 4, LastObservedAt = Now - 80_000 };

        Assert.Equal(new RecordExpiryPrice(Weth, late.Expiry, 0), Acted(late).Action);
        AssertRefused(RefusalCode.ExpiryPriceMissing, "4 of 5", late with { Expiry = Now - 86_399 });
        Assert.IsType<FinaliseExpiry>(Acted(late with { FallbackRound = 12 }).Action);
        Assert.IsType<FinaliseExpiry>(Acted(late with { Observations = 5 }).Action);
    }

    // ------------------------------------------------------------------------------------------------ accounts

    [Fact]
    public void Decide_PoolHasItsPrice_SettlesEveryAccountWithTheAmountToTheUnit()
    {
        var decisions = Decide(With(Snapshot(Holder, Account(3, 0, 1), Writer), Priced));

        Assert.Equal(RefusalCode.PoolOpen, Assert.IsType<Refuse>(decisions[0].Verdict).Refusal.Code);
        Assert.Equal([Subject.Settlement(Holder.Account, Weth, Priced.Expiry), Subject.Settlement(Writer.Account, Weth, Priced.Expiry)], decisions.Skip(1).Select(decision => decision.Subject));
        var (gain, loss) = (Assert.IsType<Act>(decisions[1].Verdict), Assert.IsType<Act>(decisions[2].Verdict));
        Assert.Equal($"settle/{MarketName}/{Holder.Account}/{Weth}/{Priced.Expiry}/7", gain.Purpose);
        Assert.Equal(new SettleOptions(Writer.Account, Weth, Priced.Expiry), loss.Action);
        Assert.EndsWith("expired at 3333.333333333333333333: it has won 666.666666", gain.Reason, StringComparison.Ordinal);
        Assert.EndsWith("it has lost 666.666667", loss.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Decide_PoolHasNoPrice_SettlesNobody()
    {
        var unpriced = Priced with { Price = Wad.Zero };
        Assert.Single(Decide(With(Snapshot(Holder, Writer), unpriced)));
    }

    [Fact]
    public void EmptiedGuard_LastOptionsMetInOneAccount_Closes()
    {
        Assert.Equal($"close/{MarketName}/{Weth}/{Priced.Expiry}", Acted(Priced with { Accounts = 0, Claims = 1 }).Purpose);
        AssertRefused(RefusalCode.PoolOpen, "1 accounts still hold", Priced with { Accounts = 1, Claims = 1 });
    }

    [Fact]
    public void PaidGuard_ClosedOrWithoutClaims_Refuses()
    {
        AssertRefused(RefusalCode.PoolPaid, "nothing is left to do", Priced with { Accounts = 0, Claims = 1, IsClosed = true });
        AssertRefused(RefusalCode.PoolPaid, "nothing is left to do", Priced with { Accounts = 0, Claims = 0 });
    }

    [Fact]
    public void Claiming_ClosedPool_CreditsLessTheHaircutForNoMoreThanItBrings()
    {
        var pool = Priced with { Accounts = 0, Claims = 1_000_000, IsClosed = true, Haircut = Fraction(.25m) };
        var act = Assert.IsType<Act>(Decide(With(Snapshot(Winner(1_000_001)), pool))[1].Verdict);

        Assert.Equal($"claim/{MarketName}/{Holder.Account}/{Weth}/{Priced.Expiry}", act.Purpose);
        Assert.Equal(new ClaimWinnings(Holder.Account, Weth, Priced.Expiry), act.Action);
        Assert.Equal(Fraction(.75m), act.Worth);
        Assert.Equal("it is credited 0.75 of 1.000001 won, haircut 0.25", act.Reason);
        Assert.Equal(Settings.SettlementWorth, Assert.IsType<Act>(Decide(With(Snapshot(Winner(10_000_000)), pool))[1].Verdict).Worth);
    }

    [Fact]
    public void ClosedGuard_AccountsAreLeft_Refuses()
    {
        var decisions = Decide(With(Snapshot(Winner(5)), Priced with { Accounts = 1, Claims = 5 }));
        Assert.Equal(RefusalCode.PoolOpen, Assert.IsType<Refuse>(decisions[1].Verdict).Refusal.Code);
    }

    [Fact]
    public void ClaimGuard_NothingIsLeftOfIt_Refuses()
    {
        var pool = Priced with { Accounts = 0, Claims = 1, IsClosed = true, Haircut = new Wad(1) };
        Assert.Equal(RefusalCode.ClaimTooSmall, Assert.IsType<Refuse>(Decide(With(Snapshot(Winner(1)), pool))[1].Verdict).Refusal.Code);
        Assert.IsType<Act>(Decide(With(Snapshot(Winner(2)), pool))[1].Verdict);
    }

    // ------------------------------------------------------------------------------------------------ common guards

    [Fact]
    public void UnderWayGuard_SamePurposeInFlight_Refuses()
    {
        var lane = LaneState.Empty with { InFlight = [$"observe/{Prefix}/3"] };
        AssertRefused(RefusalCode.AlreadyInFlight, "/3 is under way", Pool with { Observations = 3, LastObservedAt = Now - 120 }, lane: lane);
        Acted(Pool with { Observations = 4, LastObservedAt = Now - 120 }, lane);
    }

    [Fact]
    public void SetAsideGuard_BookRefused_ThatStepWaitsAndWhatOthersDidFirstIsNoFailure()
    {
        var refused = new IntentSettled(Anvil, $"settle/{MarketName}/{Holder.Account}/{Weth}/{Priced.Expiry}/7", null, SettlementOutcome.SimulationReverted, "EnforcedPause()", Now);
        Verdict Judge(IntentSettled settled) => Decide(With(Snapshot(Holder), Priced), LaneState.Empty.Settle(settled, Settings))[1].Verdict;

        var refusal = Assert.IsType<Refuse>(Judge(refused)).Refusal;
        Assert.Equal((RefusalCode.SettlementRefused, "refused 1 times, asked again in 600 s: EnforcedPause()"), (refusal.Code, refusal.Detail));
        Assert.IsType<Act>(Judge(refused with { ChainTime = Now - 600 }));
        Assert.IsType<Act>(Judge(refused with { Detail = "LegsAbsent(account 0x1, underlying 0x2, expiry 3)" }));
        Assert.IsType<Act>(Judge(refused with { Outcome = SettlementOutcome.NotSent }));
        Assert.Empty(LaneState.Empty.Settle(refused, Settings).Settle(refused with { Outcome = SettlementOutcome.Included }, Settings).SettlementFailures);
        Assert.Empty(LaneState.Empty.Settle(refused, Settings).Failures);
    }

    [Fact]
    public void SetAsideGuard_ObservationRefused_WaitsForTwoMinutes()
    {
        var refused = new IntentSettled(Anvil, $"observe/{Prefix}/0", null, SettlementOutcome.SimulationReverted, "Divided(asset 0x1)", Now);
        AssertRefused(RefusalCode.SettlementRefused, "asked again in 120 s", Pool, lane: LaneState.Empty.Settle(refused, Settings));
        Acted(Pool, LaneState.Empty.Settle(refused with { ChainTime = Now - 120 }, Settings));
    }

    [Fact]
    public void WorthGuard_NothingMayBeSpent_LeavesItToOthersAndSaysSoOnce()
    {
        var settings = Settings with { SettlementWorth = Wad.Zero };
        AssertRefused(RefusalCode.SettlementLeftToOthers, "SettlementWorth is 0", Pool, settings);
        Assert.Empty(SettlementJob.Decide(settings, LaneState.Empty, With(Snapshot(), Pool), isWhole: false));
    }

    [Fact]
    public void RoomGuard_EightStepsUnderWay_TheNinthWaits()
    {
        var accounts = Enumerable.Range(1, 12).Select(number => Holder with { Account = Number(number, 32) }).ToArray();
        var verdicts = Decide(With(Snapshot(accounts), Priced)).Skip(1).Select(decision => decision.Verdict).ToList();

        Assert.All(verdicts.Take(SettlementJob.MostAtOnce), verdict => Assert.IsType<Act>(verdict));
        Assert.All(verdicts.Skip(SettlementJob.MostAtOnce), verdict => Assert.Equal(RefusalCode.SettlementsWaiting, Assert.IsType<Refuse>(verdict).Refusal.Code));
        var busy = LaneState.Empty with { InFlight = [.. Enumerable.Range(0, 8).Select(i => $"settle/other/{i}")] };
        Assert.All(Decide(With(Snapshot(accounts), Priced), busy).Skip(1), decision => Assert.IsType<Refuse>(decision.Verdict));
    }

    [Fact]
    public void ModeGuard_Observing_SaysWhatItWouldDo() =>
        AssertRefused(RefusalCode.ObserveOnly, "record WETH at 3000, after 0 prices, 1000 s before expiry, but Mode is observe", Pool, Settings with { Mode = KeeperMode.Observe });

    [Fact]
    public void Decide_AfterADifference_TellsOfNoPoolThatWaits()
    {
        Assert.Empty(SettlementJob.Decide(Settings, LaneState.Empty, With(Snapshot(), Pool with { Expiry = Now + 90_000 }), isWhole: false));
        Assert.Single(SettlementJob.Decide(Settings, LaneState.Empty, With(Snapshot(), Pool with { Expiry = Now - 1 }), isWhole: false));
    }

    // ------------------------------------------------------------------------------------------------ as the core runs it

    [Fact]
    public void Step_SettlementDecided_IsInFlightAndHoldsNoLiquidationBack()
    {
        var step = KeeperStep.Step(KeeperState.Start(new Started(Settings, [])), new ChainObserved(With(Snapshot(Holder, Writer with { DebtShares = Stable(28_000) }), Priced)));
        var acts = step.Decisions.Select(decision => decision.Verdict).OfType<Act>().ToList();

        Assert.Contains(acts, act => act.Action is Liquidate liquidate && liquidate.Account == Writer.Account);
        Assert.Equal(2, acts.Count(act => act.Action is SettleOptions));
        Assert.Equal(acts.Select(act => act.Purpose).Order(StringComparer.Ordinal), step.State.Lane(Anvil).InFlight.ToList());
    }

    [Fact]
    public void Step_PoolsLegsAndClaims_AreTheSameAfterTheyWereTextAndInADifference()
    {
        var first = With(Snapshot(Holder, Winner(5)), Priced with { FallbackRound = BigInteger.Pow(2, 70) });
        var again = Assert.IsType<ChainObserved>(KeeperJson.ReadEvent(KeeperJson.Write(new ChainObserved(first)))).Snapshot;
        Assert.True(first.Accounts.Zip(again.Accounts).All(pair => pair.First.IsSameAs(pair.Second)));
        var (told, read) = (first.Assets[0].ExpiryPools[0], again.Assets[0].ExpiryPools[0]);
        Assert.Equal((told.Expiry, told.Price, told.Accounts, told.Haircut), (read.Expiry, read.Price, read.Accounts, read.Haircut));
        Assert.Equal((told.Claims, told.FallbackRound), (read.Claims, read.FallbackRound));
        Assert.Equal(told, read);

        var next = With(first with { Block = new BlockRef(101, Number(101, 32), Number(100, 32), Now + 12) }, Priced with { Accounts = 1 });
        next = next with { Accounts = [Holder with { Legs = [] }, next.Accounts[1] with { Claims = [] }] };
        var difference = ChainAdvanced.Between(first, next);
        Assert.Equal((1, 2), (difference.Assets.Length, difference.Accounts.Length));
        Assert.Equal(Priced with { Accounts = 1 }, difference.ApplyTo(first).Assets[0].ExpiryPools[0]);
        Assert.Empty(ChainAdvanced.Between(first, again with { Block = next.Block }).Assets);
    }

    [Fact]
    public void Rules_Constants_AreThoseOfTheContract()
    {
        var text = File.ReadAllText(RepositoryFiles.PathOf("contracts", "libraries", "ExpiryFixing.sol"));
        foreach (var (name, value) in ((string, ulong)[])
        [
            ("WINDOW", ExpiryRules.WindowSeconds / 60), ("SPACING", ExpiryRules.SpacingSeconds / 60), ("MAX_OBSERVATIONS", ExpiryRules.MostObservations),
            ("MIN_OBSERVATIONS", ExpiryRules.LeastObservations), ("FALLBACK_DELAY", ExpiryRules.FallbackSeconds / 3600), ("LATE_DELAY", ExpiryRules.LateSeconds / 3600),
        ])
        {
            Assert.Matches(new Regex($@"constant {name} = {value}( minutes| hours)?;"), text);
        }
    }

    private static LegSnapshot Call(decimal amount, ExpiryPoolSnapshot pool) => new(Weth, pool.Expiry, true, Fraction(3_000), Fraction(amount));

    private static AccountSnapshot Winner(BigInteger claim) => Account(1, 0, 10) with { Claims = [new ClaimSnapshot(Weth, Priced.Expiry, claim)] };

    private static ChainSnapshot With(ChainSnapshot snapshot, ExpiryPoolSnapshot pool) =>
        snapshot with { Assets = snapshot.Assets.SetItem(0, snapshot.Assets[0] with { ExpiryPools = [pool] }) };

    private static ImmutableArray<Decision> Decide(ChainSnapshot snapshot, LaneState? lane = null, KeeperSettings? settings = null) =>
        SettlementJob.Decide(settings ?? Settings, lane ?? LaneState.Empty, snapshot, isWhole: true);

    private static Act Acted(ExpiryPoolSnapshot pool, LaneState? lane = null) => Assert.IsType<Act>(Assert.Single(Decide(With(Snapshot(), pool), lane)).Verdict);

    private static void AssertRefused(RefusalCode code, string detail, ExpiryPoolSnapshot pool, KeeperSettings? settings = null, LaneState? lane = null)
    {
        var refusal = Assert.IsType<Refuse>(Assert.Single(Decide(With(Snapshot(), pool), lane, settings)).Verdict).Refusal;
        Assert.Equal(code, refusal.Code);
        Assert.Contains(detail, refusal.Detail, StringComparison.Ordinal);
    }
}
