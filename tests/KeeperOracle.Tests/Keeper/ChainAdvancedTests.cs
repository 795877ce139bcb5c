using System.Text;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper;

public sealed class ChainAdvancedTests
{
    private static readonly ChainSnapshot First = Snapshot(Account(1, 10_000, 10), Account(2, 0, 1), Account(3, 23_800, 10));

    private static readonly ChainAdvanced Difference = ChainAdvanced.Between(First, After(First) with { Accounts = First.Accounts.SetItem(1, Account(2, 5, 1)) });

    public static TheoryData<string, string> Misfits => new()
    {
        { "other block", "and the block known is 100" },
        { "no snapshot", "and no block is known" },
        { "other chain", "it is of chain 1, not of 31337" },
        { "positions descending", "account 1 follows 2 of 3" },
        { "position twice", "account 1 follows 1 of 3" },
        { "position negative", "account -1 follows -1 of 3" },
        { "position past the end", "account 3 follows 1 of 3" },
        { "new account missing", "1 of the accounts from 3 to 4 are missing" },
        { "count negative", "there are -1 accounts" },
        { "asset past the end", "asset 2 follows -1 of 2" },
        { "new asset missing", "1 of the assets from 2 to 3 are missing" },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void Step_DifferenceThatDoesNotFit_IsRefusedByNameAndChangesNothing(string what, string words)
    {
        var change = Difference.Accounts[0];
        var wrong = what switch
        {
            "other block" => Difference with { Previous = Number(5, 32) },
            "positions descending" => Difference with { Accounts = [change with { Position = 2 }, change] },
            "position twice" => Difference with { Accounts = [change, change] },
            "position negative" => Difference with { Accounts = [change with { Position = -1 }] },
            "position past the end" => Difference with { Accounts = [change, change with { Position = 3 }] },
            "new account missing" => Difference with { AccountCount = 4 },
            "count negative" => Difference with { AccountCount = -1, Accounts = [] },
            "asset past the end" => Difference with { Assets = [new AssetChange(2, First.Assets[0])] },
            "new asset missing" => Difference with { AssetCount = 3 },
            _ => Difference,
        };
        if (what == "other chain")
        {
            Assert.Contains(words, (Difference with { Chain = new ChainId(1) }).Misfit(First), StringComparison.Ordinal);
            return;
        }

        var state = KeeperState.Start(new Started(Settings, []));
        state = what == "no snapshot" ? state : KeeperStep.Step(state, new ChainObserved(First)).State;
        var step = KeeperStep.Step(state, wrong);

        var decision = Assert.Single(step.Decisions);
        var refusal = Assert.IsType<Refuse>(decision.Verdict).Refusal;
        Assert.Equal((Subject.Market, RefusalCode.DifferenceMisfit), (decision.Subject, refusal.Code));
        Assert.Contains(words, refusal.Detail, StringComparison.Ordinal);
        Assert.Same(state, step.State);
    }

    [Fact]
    public void ApplyTo_AMisfit_Throws() => Assert.Contains(
        "does not fit", Assert.Throws<ArgumentException>(() => (Difference with { AccountCount = 9 }).ApplyTo(First)).Message, StringComparison.Ordinal);

    [Fact]
    public void Between_OtherChain_Throws() =>
        Assert.Throws<ArgumentException>(() => ChainAdvanced.Between(First, After(First) with { Chain = new ChainId(1) }));

    [Fact]
    public void Between_EqualValuesInOtherObjects_ListsNothing()
    {
        var same = After(First) with { Accounts = [Account(1, 10_000, 10), Account(2, 0, 1), Account(3, 23_800, 10)], Assets = Snapshot().Assets };

        var difference = ChainAdvanced.Between(First, same);

        Assert.Empty(difference.Accounts);
        Assert.Empty(difference.Assets);
        Assert.Same(First.Accounts[1], difference.ApplyTo(First).Accounts[1]);
    }

    [Fact]
    public void Between_EachPartOfAnAccountAndAnAsset_IsSeen()
    {
        var account = First.Accounts[0];
        AccountSnapshot[] others =
        [
            account with { Account = Number(9, 32) }, account with { Number = 9 }, account with { Liquidations = 9 }, account with { DebtShares = 9 },
            account with { Credit = 9 }, account with { OptionDebt = 9 }, account with { Collateral = account.Collateral.SetItem(1, 9) },
            account with { Options = OptionSnapshot.None with { PendingClaims = 9 } }, account with { Remote = new RemoteSnapshot(Wad.Zero, Wad.Zero, Wad.One) },
        ];
        Assert.All(others, other => Assert.Equal(0, Assert.Single(ChainAdvanced.Between(First, First with { Accounts = First.Accounts.SetItem(0, other) }).Accounts).Position));

        var asset = First.Assets[1];
        AssetSnapshot[] moved =
        [
            asset with { Token = Weth }, asset with { Price = new Price(Wad.One) }, asset with { PriceStatus = PriceStatus.Stale }, asset with { Expiries = [7] },
            asset with { Feeds = asset.Feeds.SetItem(2, new FeedSnapshot(PriceStatus.Stale, asset.Price, 1)) }, asset with { LiquidationThreshold = Wad.One },
        ];
        Assert.All(moved, other => Assert.Equal(1, Assert.Single(ChainAdvanced.Between(First, First with { Assets = First.Assets.SetItem(1, other) }).Assets).Position));
    }

    [Fact]
    public void ApplyTo_AccountsOpenedChangedAndGone_GivesTheNextSnapshotByteForByte()
    {
        var grown = After(First).WithAsset(0, asset => asset with { Price = new Price(Fraction(2_500)) }) with
        {
            Accounts = [First.Accounts[0], Account(2, 7, 1), First.Accounts[2], Account(4, 1, 1), Account(5, 0, 0)],
            Market = First.Market with { TotalDebt = 77 },
            Keeper = First.Keeper with { Stable = 5 },
            Report = First.Report with { Epoch = 9 },
        };
        var shrunk = After(grown) with { Accounts = [grown.Accounts[0], Account(8, 1, 1)] };
        foreach (var (from, to) in new[] { (First, grown), (grown, shrunk), (shrunk, First with { Block = First.Block with { Number = 1 } }) })
        {
            var read = Assert.IsType<ChainAdvanced>(KeeperJson.ReadEvent(KeeperJson.Write(ChainAdvanced.Between(from, to))));

            Assert.Equal(Text(to), Text(read.ApplyTo(from)));
        }

        Assert.Equal([1, 3, 4], ChainAdvanced.Between(First, grown).Accounts.Select(change => change.Position));
    }

    [Fact]
    public void Follow_ARun_GivesTheSnapshotsThatTheCoreHas()
    {
        var trail = new SnapshotTrail();
        var state = KeeperState.Start(new Started(Settings, []));
        KeeperEvent[] events =
        [
            Difference, new ChainObserved(First), Difference, Difference, new ObservationsCollected(Anvil, []), new Started(Settings, []), Difference, new ChainObserved(First),
        ];
        bool[] brings = [false, true, true, false, false, false, false, true];
        foreach (var (one, isOne) in events.Zip(brings))
        {
            state = KeeperStep.Step(state, one).State;
            var snapshot = trail.Follow(one);

            Assert.Equal(isOne, snapshot is not null);
            Assert.True(snapshot is null || Text(snapshot) == Text(state.Lane(Anvil).Snapshot!));
        }
    }

    [Fact]
    public void Step_Difference_JudgesWhoMayBeUnderAndWhoHasJustLeft()
    {
        var state = KeeperStep.Step(KeeperState.Start(new Started(Settings with { Mode = KeeperMode.Observe }, [])), new ChainObserved(First)).State;
        var next = After(First);
        var same = KeeperStep.Step(state, ChainAdvanced.Between(First, next));
        Assert.Equal([(Number(3, 32).ToString(), RefusalCode.ObserveOnly)], Refusals(same));

        var repaid = After(next) with { Accounts = next.Accounts.SetItem(2, Account(3, 1, 10)) };
        var left = KeeperStep.Step(same.State, ChainAdvanced.Between(next, repaid));
        Assert.Equal([(Number(3, 32).ToString(), RefusalCode.Healthy)], Refusals(left));
        Assert.Empty(KeeperStep.Step(left.State, ChainAdvanced.Between(repaid, After(repaid))).Decisions);
    }

    [Fact]
    public void Step_DifferenceWithoutPriceOrAgreement_IsToldOnceAboutTheMarket()
    {
        var calm = Snapshot(Account(1, 1_000, 10), Account(2, 1_000, 10));
        var state = KeeperStep.Step(KeeperState.Start(new Started(Settings, [])), new ChainObserved(calm)).State;
        var blind = After(calm).WithAsset(0, asset => asset with { PriceStatus = PriceStatus.TooFewFeeds });
        blind = blind with { Assets = blind.Assets.SetItem(1, blind.Assets[1] with { BorrowFactor = Wad.One }) };

        Assert.Equal(
            [(Subject.Outage(Weth), RefusalCode.OutageLeftToOthers), (Subject.Market, RefusalCode.FactorsDiverge), (Subject.Market, RefusalCode.PriceUnavailable)],
            Refusals(KeeperStep.Step(state, ChainAdvanced.Between(calm, blind))));
    }

    [Fact]
    public void Step_DifferencesAcrossTheLimitOfAccounts_RefuseTheMarketAndJudgeAllAfterwards()
    {
        var settings = Settings with { MaxAccounts = 3 };
        var state = KeeperStep.Step(KeeperState.Start(new Started(settings, [])), new ChainObserved(First)).State;
        var over = After(First) with { Accounts = First.Accounts.Add(Account(4, 1, 1)) };

        var refused = KeeperStep.Step(state, ChainAdvanced.Between(First, over));
        Assert.Equal([(Subject.Market, RefusalCode.TooManyAccounts)], Refusals(refused));

        var under = After(over) with { Accounts = First.Accounts };
        Assert.Equal(3, KeeperStep.Step(refused.State, ChainAdvanced.Between(over, under)).Decisions.Length);
    }

    private static IEnumerable<(string, RefusalCode)> Refusals(StepResult step) =>
        step.Decisions.Select(decision => (decision.Subject, Assert.IsType<Refuse>(decision.Verdict).Refusal.Code));

    private static string Text(ChainSnapshot snapshot) => Encoding.UTF8.GetString(KeeperJson.Write(new ChainObserved(snapshot)));

    private static ChainSnapshot After(ChainSnapshot snapshot) => snapshot with
    {
        Block = new BlockRef(snapshot.Block.Number + 1, Number((int)snapshot.Block.Number + 1, 32), snapshot.Block.Hash, snapshot.Block.Timestamp),
    };
}
