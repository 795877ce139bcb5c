using System.Text;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Defence.Hedging;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Defence;

/// <summary>Hedge proposals: who gets none and why, what one holds, and how often.</summary>
public sealed class HedgeJobTests
{
    private const ulong Month = Now + (30 * 86_400);

    private static readonly KeeperSettings Told = Settings with { HedgeHealth = Fraction(1.2m) };

    /// <summary>Twenty puts and ten calls written at the money; health 1.05.</summary>
    private static readonly AccountSnapshot Writer = Near(1, 1.05m) with
    {
        Legs = [new LegSnapshot(Weth, Month, false, Fraction(3_000), Fraction(-20)), new LegSnapshot(Weth, Month, true, Fraction(3_200), Fraction(-10))],
        LegNonce = 3,
    };

    [Fact]
    public void Decide_NobodyIsToBeTold_SaysNothing() => Assert.Empty(Decide(Market(Writer), Settings).Decisions);

    [Fact]
    public void Decide_HealthOverTheLevel_RefusesByNameOnAWholeSnapshotOnly()
    {
        var well = Writer with { Options = Near(1, 1.2m).Options };
        Assert.Equal(RefusalCode.HealthOverHedge, Refused(Market(well)).Code);
        Assert.Empty(HedgeJob.Decide(Told, LaneState.Empty, Market(well), isWhole: false).Decisions);
    }

    [Fact]
    public void Decide_UnderOne_RefusesByName() => Assert.Equal(RefusalCode.HedgeUnderMaintenance, Refused(Market(Writer with { Options = Near(1, 0.99m).Options })).Code);

    [Fact]
    public void Decide_SomethingIsNotKnown_RefusesByNameWithWhat()
    {
        AssertMissing("TooFewFeeds", Market(Writer with { Options = Writer.Options with { Problem = "TooFewFeeds(asset 0x1)" } }));
        AssertMissing("nothing is attested of expiry", Market(Writer).WithAsset(0, asset => asset with { OptionInputs = [] }));
        AssertMissing("is to be settled", Market(Writer with { Legs = [Writer.Legs[0] with { Expiry = Now }] }));
        AssertMissing("no hedge can be computed", Market(Writer).WithAsset(0, asset => asset with { OptionInputs = [new OptionInputSnapshot(Month, Wad.Zero, Wad.One)] }));
    }

    [Fact]
    public void Decide_InsideTheBand_RefusesByName()
    {
        var flat = Writer with { Legs = [new LegSnapshot(Weth, Month, false, Fraction(3_000), Fraction(10)), new LegSnapshot(Weth, Month, false, Fraction(3_001), Fraction(-10))] };
        Assert.Equal(RefusalCode.HedgeInsideBand, Refused(Market(flat)).Code);
    }

    [Fact]
    public void Decide_NothingListedIsFineEnough_RefusesByName() =>
        Assert.Equal(RefusalCode.HedgeOutOfReach, Refused(Market(Writer), Told with { HedgeTolerance = new Bps(1) }).Code);

    [Fact]
    public void Decide_HoldersOfOptions_WhoseHedgeFreesNothing_RefusesByName()
    {
        var holder = Writer with { Legs = [new LegSnapshot(Weth, Month, true, Fraction(1_000), Fraction(20))] };
        Assert.Equal(RefusalCode.HedgeFreesNothing, Refused(Market(holder)).Code);
    }

    [Fact]
    public void Decide_OutsideTheBand_ProposesABoundedCostedHedgeAndNoAction()
    {
        var decision = Assert.Single(Decide(Market(Writer)).Decisions);
        var propose = Assert.IsType<Propose>(decision.Verdict);
        var hedge = propose.Hedge;

        Assert.Equal($"{Writer.Account}/hedge/{Weth}", decision.Subject);
        Assert.NotEmpty(hedge.Trades);
        Assert.All(hedge.Trades, trade => Assert.InRange(trade.Amount.ToDouble(), -60, 60));
        Assert.True(hedge.Cost > Wad.Zero && hedge.MarginReleased > Wad.Zero && hedge.MarginAfter < hedge.MarginBefore);
        Assert.InRange((hedge.MarginBefore - hedge.MarginAfter - hedge.CashPaid - hedge.MarginReleased).ToDouble(), -1e-9, 1e-9);
        Assert.Contains("outside the no-trade band", propose.Reason, StringComparison.Ordinal);
        Assert.True(decision.BreachProbability > 0);
    }

    /// <summary>The hedged account is left alone: no hedge of the hedge.</summary>
    [Fact]
    public void Decide_AfterItIsHedged_IsInsideTheBand()
    {
        var hedge = ((Propose)Assert.Single(Decide(Market(Writer)).Decisions).Verdict).Hedge;
        var legs = hedge.Trades.Where(trade => trade.Instrument != "underlying").Select(trade => trade.Instrument.Split(' ')).Zip(hedge.Trades.Where(trade => trade.Instrument != "underlying"))
            .Select(pair => new LegSnapshot(Weth, ulong.Parse(pair.First[2], System.Globalization.CultureInfo.InvariantCulture), pair.First[1] == "call", Fraction(decimal.Parse(pair.First[0], System.Globalization.CultureInfo.InvariantCulture)), pair.Second.Amount));
        var hedged = Writer with { Legs = [.. Writer.Legs, .. legs], LegNonce = 4 };

        var after = Assert.Single(Decide(Market(hedged)).Decisions).Verdict;
        Assert.True(after is Refuse || ((Propose)after).Hedge.Trades.Sum(trade => Math.Abs(trade.Amount.ToDouble())) < hedge.Trades.Sum(trade => Math.Abs(trade.Amount.ToDouble())));
    }

    [Fact]
    public void Step_SameOptions_AreJudgedAgainAfterTheTimeOrWhenTheyChange()
    {
        var state = KeeperState.Start(new Started(Told with { HedgeEverySeconds = 600 }, []));
        int Proposals(AccountSnapshot account, ulong after)
        {
            var snapshot = Market(account);
            var step = KeeperStep.Step(state, new ChainObserved(snapshot with { Block = snapshot.Block with { Timestamp = Now + after } }));
            state = step.State;
            return step.Decisions.Count(decision => decision.Verdict is Propose);
        }

        Assert.Equal(1, Proposals(Writer, 0));
        Assert.Equal(0, Proposals(Writer, 599));
        Assert.Equal(1, Proposals(Writer, 600));
        Assert.Equal(0, Proposals(Writer, 601));
        Assert.Equal(1, Proposals(Writer with { LegNonce = 4 }, 602));
    }

    [Fact]
    public void Step_ManyAtOnce_HaveTheirTurnsAtTheNextHeads()
    {
        var writers = Enumerable.Range(1, 6).Select(i => Near(i, 1.05m) with { Legs = Writer.Legs, LegNonce = 1 }).ToArray();
        var state = KeeperState.Start(new Started(Told, []));
        List<int> told = [];
        for (var head = 0; head < 3; head++)
        {
            var step = KeeperStep.Step(state, new ChainObserved(Market(writers)));
            state = step.State;
            told.Add(step.Decisions.Count(decision => decision.Verdict is Propose));
        }

        Assert.Equal([HedgeJob.MostPlans, 6 - HedgeJob.MostPlans, 0], told);
    }

    /// <summary>As a replay does it: from the text of the events alone.</summary>
    [Fact]
    public void Step_FromTheTextOfItsEvents_GivesTheSameBytes()
    {
        var (first, next) = (Market(Writer), Market(Writer with { LegNonce = 4 }));
        next = next with { Block = new BlockRef(101, Number(101, 32), first.Block.Hash, Now + 12) };
        KeeperEvent[] events = [new Started(Told, []), new ChainObserved(first), ChainAdvanced.Between(first, next)];
        string Run(Func<KeeperEvent, KeeperEvent> through)
        {
            var (state, text) = (KeeperState.Start(new Started(Told, [])), new StringBuilder());
            foreach (var one in events.Select(through))
            {
                var step = KeeperStep.Step(state, one);
                state = step.State;
                text.Append(Encoding.UTF8.GetString(KeeperJson.Write(step.Decisions)));
            }

            return text.ToString();
        }

        var live = Run(one => one);
        Assert.Equal(2, live.Split("\"verdict\":\"propose\"").Length - 1);
        Assert.Equal(live, Run(one => KeeperJson.ReadEvent(KeeperJson.Write(one))));
    }

    /// <summary>Twenty WETH, no debt, and a requirement that gives this health.</summary>
    private static AccountSnapshot Near(int number, decimal health)
    {
        var account = Account(number, 0, 20);
        var capacity = SnapshotValuation.Value(Snapshot(account), account).LiquidationCapacity;
        var requirement = capacity.DivideDown(Fraction(health));
        return account with { Options = new OptionSnapshot(2, requirement, requirement, Wad.Zero, 0, "") };
    }

    private static ChainSnapshot Market(params AccountSnapshot[] accounts) => Snapshot(accounts).WithAsset(0, asset => asset with
    {
        Expiries = [Month],
        OptionInputs = [new OptionInputSnapshot(Month, Fraction(0.6m), Wad.One)],
    });

    private static HedgeOutcome Decide(ChainSnapshot snapshot, KeeperSettings? settings = null) => HedgeJob.Decide(settings ?? Told, LaneState.Empty, snapshot, isWhole: true);

    private static Refusal Refused(ChainSnapshot snapshot, KeeperSettings? settings = null) =>
        Assert.IsType<Refuse>(Assert.Single(Decide(snapshot, settings).Decisions).Verdict).Refusal;

    private static void AssertMissing(string fragment, ChainSnapshot snapshot)
    {
        var refusal = Refused(snapshot);
        Assert.Equal(RefusalCode.HedgeInputsMissing, refusal.Code);
        Assert.Contains(fragment, refusal.Detail, StringComparison.Ordinal);
    }
}
