using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Liquidation;
using KeeperOracle.Keeper.Queueing;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Risk.TailRisk;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Queueing;

public sealed class BreachOrderTests
{
    private const double Day = 1.0 / 365;

    [Fact]
    public void ProbabilityOf_OneCollateral_IsFirstPassageAtItsAttestedVolatility()
    {
        var snapshot = Snapshot(Account(1, 21_800, 10));
        var queued = Assert.Single(BreachOrder.Order(snapshot, snapshot.Accounts));

        var health = queued.Valuation!.Health!.Value.ToDouble();
        Assert.InRange(health, 1.01, 1.2);
        Assert.Equal(BreachProbability.FirstPassage(health, 0.6, Day), queued.BreachProbability!.Value, 1e-12);
    }

    [Fact]
    public void ProbabilityOf_HalfOfTheCapacityIsCredit_HasHalfOfTheVolatility()
    {
        var account = Account(1, 21_800, 10);
        var capacity = SnapshotValuation.Value(Snapshot(account), account).LiquidationCapacity;
        account = account with { Credit = capacity.Raw / 1_000_000_000_000, DebtShares = 2 * account.DebtShares };
        var snapshot = Snapshot(account);

        var health = SnapshotValuation.Value(snapshot, account).Health!.Value.ToDouble();
        Assert.Equal(
            BreachProbability.FirstPassage(health, 0.3, Day), BreachOrder.ProbabilityOf(snapshot, account, SnapshotValuation.Value(snapshot, account))!.Value, 1e-9);
    }

    [Fact]
    public void Order_TheWilderCollateralIsNearerAtTheSameHealth_AndGoesFirst()
    {
        var calm = Account(1, 21_800, 10);
        var snapshot = Snapshot(calm, calm).WithAsset(1, asset => asset with { Attested = Attested(1.5m) });
        var wanted = SnapshotValuation.Value(snapshot, calm).LiquidationCapacity.ToDouble();
        var each = SnapshotValuation.Value(snapshot, Account(2, 21_800, 0, 1)).LiquidationCapacity.ToDouble();
        var wild = Account(2, 21_800, 0, (decimal)(wanted * 1.001 / each));
        snapshot = snapshot with { Accounts = [calm, wild] };

        // A little healthier, and all the same more likely to fall.
        Assert.True(SnapshotValuation.Value(snapshot, wild).Health > SnapshotValuation.Value(snapshot, calm).Health);
        Assert.Equal([wild.Account, calm.Account], BreachOrder.Order(snapshot, snapshot.Accounts).Select(queued => queued.Account.Account));
    }

    [Fact]
    public void Order_SameHealthUnderOne_LargerDebtThenLowerIdGoesFirst()
    {
        var (small, large) = (Account(1, 24_000, 10), Account(9, 48_000, 20));
        var snapshot = Snapshot(Account(7, 24_000, 10), small, large);

        Assert.Equal([9, 1, 7], BreachOrder.Order(snapshot, snapshot.Accounts).Select(queued => (int)queued.Account.Number));
    }

    /// <summary>Whatever the accounts: the order is total, is that of its rules, and does not hang on the order in which they come.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Order_RandomAccounts_IsTheSameFromEveryOrderAndFollowsItsRules(int seed)
    {
        var random = new SeededRandom((ulong)seed);
        var accounts = Enumerable.Range(1, 120).Select(number => Account(
            number, random.NextInt(4) == 0 ? 24_000 : 15_000 + random.NextInt(12_000), random.NextInt(3) == 0 ? 5 : 10, random.NextInt(2) == 0 ? 0 : 0.25m)).ToArray();
        var snapshot = Snapshot(accounts);
        var ordered = BreachOrder.Order(snapshot, accounts).ToList();
        var shuffled = accounts.Select(account => (account, key: random.NextUniform())).OrderBy(pair => pair.key).Select(pair => pair.account).ToList();

        Assert.Equal(ordered.Select(one => one.Account.Account), BreachOrder.Order(snapshot, shuffled).Select(one => one.Account.Account));
        foreach (var (before, after) in ordered.Zip(ordered.Skip(1)))
        {
            var (first, second) = (before.Valuation!, after.Valuation!);
            Assert.True(before.BreachProbability >= after.BreachProbability);
            Assert.True(before.BreachProbability > after.BreachProbability || first.Health <= second.Health);
            Assert.True(first.Health != second.Health || before.BreachProbability > after.BreachProbability || first.Debt >= second.Debt);
        }

        var under = ordered.TakeWhile(one => one.Valuation!.Health < Wad.One).ToList();
        Assert.NotEmpty(under);
        Assert.All(under, one => Assert.Equal(1, one.BreachProbability));
        Assert.DoesNotContain(ordered.Skip(under.Count), one => one.Valuation!.Health < Wad.One);
    }

    [Fact]
    public void Order_OwesNothingOrCannotBeValued_HasNoProbabilityAndComesLastAsListed()
    {
        var unvalued = Account(1, 10, 1) with { Options = OptionSnapshot.None with { Legs = 1, Problem = "no price" } };
        var snapshot = Snapshot(unvalued, Account(5, 0, 1), Account(9, 100, 10), Account(3, 0, 2));

        var ordered = BreachOrder.Order(snapshot, snapshot.Accounts).ToList();
        Assert.Equal([9, 1, 5, 3], ordered.Select(queued => (int)queued.Account.Number));
        Assert.Equal([true, false, false, false], ordered.Select(queued => queued.BreachProbability is not null));
    }

    [Fact]
    public void Decide_AlertAndAction_CarryTheirProbabilityAsTextToo()
    {
        var snapshot = Snapshot(Account(1, 21_800, 10), Account(2, 24_000, 10), Account(3, 0, 1));
        var decisions = LiquidationJob.Decide(Settings with { AlertHealth = Fraction(1.2m) }, LaneState.Empty, snapshot);

        Assert.Equal(1, decisions[0].BreachProbability);
        Assert.IsType<Act>(decisions[0].Verdict);
        var alert = Assert.IsType<Refuse>(decisions[1].Verdict).Refusal;
        Assert.Equal(RefusalCode.NearLiquidation, alert.Code);
        Assert.Contains(
            string.Create(System.Globalization.CultureInfo.InvariantCulture, $"which comes within a day with probability {decisions[1].BreachProbability:0.0000}"), alert.Detail, StringComparison.Ordinal);
        Assert.Null(decisions[2].BreachProbability);
        var text = System.Text.Encoding.UTF8.GetString(KeeperJson.Write(decisions));
        Assert.Equal(2, text.Split("\"breachProbability\":").Length - 1);
        Assert.Equal(decisions.Select(one => one.BreachProbability), KeeperJson.ReadDecisions(KeeperJson.Write(decisions)).Select(one => one.BreachProbability));
    }
}
