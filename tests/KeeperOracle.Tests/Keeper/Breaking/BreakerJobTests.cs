using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Breaking;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Breaking;

/// <summary>Times without a price: who is refused a mark and why, and when one is made.</summary>
public sealed class BreakerJobTests
{
    private const uint Minimum = 600;
    private const uint Window = 3_600;

    private static readonly KeeperSettings Paid = Settings with { BreakerWorth = Fraction(5) };

    private static readonly AccountSnapshot Owing = Account(1, 10_000, 10);

    [Theory]
    [InlineData(PriceStatus.Ok)]
    [InlineData(PriceStatus.RepayWindow)]
    [InlineData(PriceStatus.UnknownAsset)]
    public void Decide_NothingToMark_IsNoSubject(PriceStatus status) => Assert.Empty(BreakerJob.Decide(Paid, LaneState.Empty, Market(status, 0, 0)));

    [Fact]
    public void Decide_NobodyOwesAgainstIt_RefusesByName()
    {
        AssertRefused(RefusalCode.OutageOfNobody, Market(PriceStatus.Divided, 0, 0, Account(1, 0, 10)));
        AssertRefused(RefusalCode.OutageOfNobody, Market(PriceStatus.Divided, 0, 0, Account(1, 10_000, 0, 1)));
        Acted(Market(PriceStatus.Divided, 0, 0, Account(1, 0, 10) with { Options = OptionSnapshot.None with { Requirement = Wad.One } }));
        Acted(Market(PriceStatus.Divided, 0, 0, Account(1, 10_000, 0, 1) with { Liens = [Lien(Weth)] })); // a lien is priced by it as collateral is
        AssertRefused(RefusalCode.OutageOfNobody, Market(PriceStatus.Divided, 0, 0, Account(1, 10_000, 0, 1) with { Liens = [Lien(Wbtc)] }));
    }

    private static SeizableLien Lien(Address asset) => new(default, asset, Wad.Scale, new Price(Fraction(3_100)), 18, Fraction(0.7m), Fraction(0.06m));

    [Fact]
    public void Decide_UnderWayOrLeftToOthersOrObserving_RefusesByName()
    {
        var snapshot = Market(PriceStatus.TooFewFeeds, 0, 0);
        var lane = LaneState.Empty with { InFlight = LaneState.Empty.InFlight.Add($"outage/{MarketName}/{Weth}/0") };
        AssertRefused(RefusalCode.AlreadyInFlight, snapshot, lane: lane);
        AssertRefused(RefusalCode.OutageLeftToOthers, snapshot, Settings);
        AssertRefused(RefusalCode.ObserveOnly, snapshot, Paid with { Mode = KeeperMode.Observe });
    }

    /// <summary>The first at once, the second after the minimum, then each half window; after more than a window it is another outage.</summary>
    [Theory]
    [InlineData(0UL, 0UL, true)]
    [InlineData(Now - 599, Now - 599, false)]
    [InlineData(Now - 600, Now - 600, true)]
    [InlineData(Now - 2_400, Now - 1_799, false)]
    [InlineData(Now - 2_400, Now - 1_800, true)]
    [InlineData(Now - 4_201, Now - 3_601, true)]
    public void Decide_LastMark_SaysWhetherTheNextIsDue(ulong since, ulong last, bool isDue)
    {
        var snapshot = Market(PriceStatus.Divided, since, last);
        if (isDue)
        {
            var act = Acted(snapshot);
            Assert.Equal(($"outage/{MarketName}/{Weth}/{last}", new MarkOutage(Weth, Now + 120), Fraction(5)), (act.Purpose, act.Action, act.Worth));
        }
        else
        {
            AssertRefused(RefusalCode.OutageMarkedLately, snapshot);
        }
    }

    /// <summary>A keeper that marks when it may: no gap over the window, and at least half a window is left whenever the price returns.</summary>
    [Fact]
    public void Step_ALongOutage_IsOneOutageAndLeavesHalfAWindow()
    {
        var (state, since, last) = (KeeperState.Start(new Started(Paid, [])), 0UL, 0UL);
        for (var now = Now; now < Now + 40_000; now += 12)
        {
            var step = KeeperStep.Step(state, new ChainObserved(Market(PriceStatus.Divided, since, last, at: now)));
            state = step.State;
            foreach (var act in step.Decisions.Select(decision => decision.Verdict).OfType<Act>().Where(act => act.Action is MarkOutage))
            {
                Assert.True(last == 0 || now - last <= Window);
                (since, last) = (since == 0 ? now : since, now);
                state = KeeperStep.Step(state, new IntentSettled(Anvil, act.Purpose, null, SettlementOutcome.Included, "", now)).State;
            }

            Assert.True(now < Now + Minimum + 12 || last - since >= Minimum);
            Assert.True(now - last <= (Window / 2) + 12 || now < Now + Minimum);
        }

        Assert.Equal(Now, since);
    }

    private static ChainSnapshot Market(PriceStatus status, ulong since, ulong last, AccountSnapshot? account = null, ulong at = Now)
    {
        var snapshot = Snapshot(account ?? Owing).WithAsset(0, asset => asset with { PriceStatus = status, Outage = new OutageSnapshot(since, last) });
        return snapshot with
        {
            Block = snapshot.Block with { Timestamp = at },
            Market = snapshot.Market with { OutageMinimumSeconds = Minimum, RepayWindowSeconds = Window },
        };
    }

    private static Act Acted(ChainSnapshot snapshot) => Assert.IsType<Act>(Assert.Single(BreakerJob.Decide(Paid, LaneState.Empty, snapshot)).Verdict);

    private static void AssertRefused(RefusalCode code, ChainSnapshot snapshot, KeeperSettings? settings = null, LaneState? lane = null) => Assert.Equal(
        code, Assert.IsType<Refuse>(Assert.Single(BreakerJob.Decide(settings ?? Paid, lane ?? LaneState.Empty, snapshot)).Verdict).Refusal.Code);
}
