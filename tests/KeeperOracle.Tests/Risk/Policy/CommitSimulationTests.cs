using CsCheck;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class CommitSimulationTests
{
    private static readonly Dictionary<string, Wad> Before = new() { ["WETH"] = Percent(80), ["WBTC"] = Percent(75) };

    private static readonly Dictionary<string, Wad> After = new() { ["WETH"] = Percent(70), ["WBTC"] = Percent(75) };

    [Fact]
    public void Run_InputsWithoutMeaning_RefusedByName()
    {
        Assert.Equal("UnknownAsset", Refusal([Account("a", "LINK", 100, 10)], Before, After));
        Assert.Equal("UnknownAsset", Refusal([Account("a", "WETH", 100, 10)], Before, new Dictionary<string, Wad>()));
        Assert.Equal("FactorOutOfRange", Refusal([], new Dictionary<string, Wad> { ["WETH"] = Percent(101) }, After));
        Assert.Equal("FactorOutOfRange", Refusal([], Before, new Dictionary<string, Wad> { ["WETH"] = Percent(-1) }));
        Assert.Equal("AmountNegative", Refusal([Account("a", "WETH", 100, -1)], Before, After));
        Assert.Equal("AmountNegative", Refusal([Account("a", "WETH", -100, 1)], Before, After));
        Assert.Equal("AmountNegative", Refusal([Account("a", "WETH", 100, 1) with { RequirementAfter = Of(-1) }], Before, After));
    }

    [Theory]
    [InlineData(70, false)] // health exactly 1 after
    [InlineData(71, true)]
    [InlineData(80, true)] // health exactly 1 before
    [InlineData(81, false)] // liquidatable already: not by the change
    public void Run_OneAccount_CountsWhoseHealthCrossesOne(int debt, bool counted)
    {
        var result = Run([Account("a", "WETH", 100, debt)]);

        Assert.Equal(counted, result.Liquidatable.Length == 1);
        Assert.Equal(counted ? CommitVerdict.SentToGovernance : CommitVerdict.Allowed, result.Verdict);
    }

    [Fact]
    public void Run_Requirement_IsOwedLikeDebt()
    {
        var account = Account("a", "WBTC", 100, 50) with { RequirementBefore = Of(25), RequirementAfter = Of(26) };

        var hit = Assert.Single(Run([account]).Liquidatable);
        Assert.Equal(Wad.One, hit.HealthBefore);
        Assert.Equal(Of(75).DivideDown(Of(76)), hit.HealthAfter);
        Assert.Empty(Run([account with { RequirementAfter = Of(25) }]).Liquidatable);
    }

    [Fact]
    public void Run_AccountThatOwedNothing_CountsWhenTheRequirementAppears()
    {
        var account = Account("a", "WETH", 10, 0) with { RequirementAfter = Of(8) };

        Assert.Null(Assert.Single(Run([account]).Liquidatable).HealthBefore);
    }

    [Theory]
    [InlineData(74_925, CommitVerdict.Allowed)] // 75 of 75,000: .1 % exactly
    [InlineData(74_924, CommitVerdict.SentToGovernance)]
    public void Run_Share_IsBlockedOverATenthOfAPercent(int safeDebt, CommitVerdict verdict)
    {
        var result = Run([Account("safe", "WETH", 10_000_000, safeDebt), Account("hit", "WETH", 100, 75)]);

        Assert.Equal(verdict, result.Verdict);
        Assert.Equal("hit", Assert.Single(result.Liquidatable).Account);
        Assert.Equal(Of(75 + safeDebt), result.TotalDebt);
    }

    [Fact]
    public void Run_List_LargestDebtFirstThenByName()
    {
        var result = Run(
        [
            Account("c", "WETH", 100, 75), Account("a", "WETH", 100, 75), Account("b", "WETH", 1000, 750), Account("z", "WBTC", 100, 10),
        ]);

        Assert.Equal(["b", "a", "c"], result.Liquidatable.Select(one => one.Account));
        Assert.Equal(Of(900), result.Debt);
        Assert.Equal(new Wad(Wad.MultiplyDivideUp(900, Wad.Scale, 910)), result.Share);
    }

    [Fact]
    public void Run_NoDebtAtAll_IsAllowed() => Assert.Equal((CommitVerdict.Allowed, Wad.Zero), (Run([]).Verdict, Run([]).Share));

    /// <summary>The rule counted a second way, in exact decimals; and no change is never blocked, however unhealthy the book.</summary>
    [Fact]
    public void Run_AnyBook_IsWhatTheRuleSays() =>
        Gen.Select(Gen.Int[0, 1000], Gen.Int[0, 1000], Gen.Int[0, 900]).Array[0, 30].Sample(book =>
        {
            var accounts = book.Select((one, i) => new CommitAccount(
                $"{i:D2}", [("WETH", Of(one.Item1)), ("WBTC", Of(one.Item2))], Of(one.Item3), Wad.Zero, Wad.Zero)).ToList();
            var expected = book
                .Select((one, i) => (
                    Id: $"{i:D2}", Debt: one.Item3, Before: (80 * one.Item1) + (75 * one.Item2), After: (70 * one.Item1) + (75 * one.Item2)))
                .Where(one => one.Debt > 0 && one.Before >= 100 * one.Debt && one.After < 100 * one.Debt)
                .OrderByDescending(one => one.Debt).ThenBy(one => one.Id, StringComparer.Ordinal).ToList();

            var result = Run(accounts);

            Assert.Equal(expected.Select(one => one.Id), result.Liquidatable.Select(one => one.Account));
            Assert.Equal(expected.Sum(one => one.Debt) * 1000 > book.Sum(one => one.Item3), result.Verdict == CommitVerdict.SentToGovernance);
            Assert.Empty(CommitSimulation.Run(accounts, Before, Before, CommitSimulation.DefaultLimit).Liquidatable);
        });

    [Fact]
    public void ThresholdOf_Vector_IsTheFormulas() =>
        Assert.Equal(0.739, CommitSimulation.ThresholdOf(Percent(75), Percent(2), PolicyReplay.PlainBounds with { Bonus = Percent(5) }).ToDouble(), 3);

    private static CommitResult Run(IEnumerable<CommitAccount> accounts) =>
        CommitSimulation.Run(accounts, Before, After, CommitSimulation.DefaultLimit);

    private static string Refusal(CommitAccount[] accounts, Dictionary<string, Wad> before, Dictionary<string, Wad> after) =>
        Assert.Throws<RiskInputException>(() => CommitSimulation.Run(accounts, before, after, CommitSimulation.DefaultLimit)).Refusal;

    private static CommitAccount Account(string name, string asset, int value, int debt) =>
        new(name, [(asset, Of(value))], Of(debt), Wad.Zero, Wad.Zero);

    private static Wad Of(int units) => new(Wad.Scale * units);

    private static Wad Percent(int percent) => new(Wad.Scale * percent / 100);
}
