using KeeperOracle.Risk;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Margin;

public sealed class JointScenariosTests
{
    private static readonly double[,] Usual = { { 1, .8 }, { .8, 1 } };
    private static readonly double[,] Stressed = { { 1, .98 }, { .98, 1 } };

    public static TheoryData<double[,]> NoCorrelations =>
    [
        new double[,] { { 1 } },
        new double[,] { { 1, .5 }, { .4, 1 } },
        new double[,] { { 1, 1.1 }, { 1.1, 1 } },
        new double[,] { { .9, 0 }, { 0, 1 } },
        new double[,] { { 1, double.NaN }, { double.NaN, 1 } },
    ];

    [Theory]
    [MemberData(nameof(NoCorrelations))]
    public void Assess_MatrixThatIsNoCorrelation_IsRefused(double[,] matrix) =>
        Refused("NotACorrelation", () => JointScenarios.Assess(Two(1, 1), matrix, Stressed, 1));

    [Fact]
    public void Assess_MatrixThatIsNotSemiDefinite_IsRefused()
    {
        double[,] matrix = { { 1, .9, -.9 }, { .9, 1, .9 }, { -.9, .9, 1 } };
        var market = Books.OfCheck().Underlyings[0];
        var three = new Portfolio([market, market with { Name = "B" }, market with { Name = "C" }], [Books.Perp(1)], []);

        Refused("NotACorrelation", () => JointScenarios.Assess(three, matrix, matrix, 1));
    }

    [Fact]
    public void Assess_OtherGrid_IsRefused() =>
        Refused("OwnGrid", () => JointScenarios.Assess(Two(1, 1), Usual, Stressed, 1, new ScaledParameters { Steps = [-1, 0, 1] }));

    [Theory]
    [InlineData(0, .5)]
    [InlineData(100, 1.1)]
    [InlineData(100, double.NaN)]
    public void Assess_ParameterOutOfRange_IsRefused(int draws, double share) =>
        Refused("ParameterOutOfRange", () => JointScenarios.Assess(Two(1, 1), Usual, Stressed, 1, null, new JointParameters(draws, share)));

    [Fact]
    public void Assess_SameSeed_GivesTheSameBits()
    {
        var (one, other) = (JointScenarios.Assess(Two(1, -1), Usual, Stressed, 7), JointScenarios.Assess(Two(1, -1), Usual, Stressed, 7));

        Assert.Equal(one.Offsets, other.Offsets);
        Assert.Equal(one.Requirement, other.Requirement);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, -1)]
    public void Assess_DirectionalBooks_GetNoOffset_BecauseSomePerfectCorrelationHurtsBoth(double a, double b)
    {
        var joint = JointScenarios.Assess(Two(a, b), Usual, Stressed, 1);

        Assert.Equal(0, joint.Offset);
        Assert.Equal(joint.Sum, joint.Requirement);
        Assert.Equal(0, joint.Offsets.Single(one => one.Correlation == "perfect").Offset);
    }

    [Fact]
    public void Assess_HedgeBetweenUnderlyings_WouldGainFromTheEstimatedCorrelationAlone()
    {
        var hedged = JointScenarios.Assess(Two(1, -1), Usual, Stressed, 1).Offsets;
        var doubled = JointScenarios.Assess(Two(1, 1), Usual, Stressed, 1).Offsets;

        Assert.InRange(hedged[0].Offset, 1, double.MaxValue);
        Assert.InRange(hedged[1].Offset, hedged[0].Offset, double.MaxValue); // stressed means closer together
        Assert.Equal(0, doubled[1].Offset);
    }

    /// <summary>One loses when spot moves, the other when it stands still: that cannot happen together, whatever the signs.</summary>
    [Fact]
    public void Assess_WorstMovesThatExcludeEachOther_GetAnOffsetOfAtMostHalfTheSmaller()
    {
        var market = Books.OfCheck().Underlyings[0];
        var other = market with { Name = "B", Expiries = [market.Expiries[0] with { SecondsToExpiry = 5 * 86400 }] };
        var book = new Portfolio(
            [market, other],
            [
                Books.Call(3000, -1), Books.Put(3000, -1),
                new Leg(LegKind.Call, "B", "30d", 3000, 1), new Leg(LegKind.Put, "B", "30d", 3000, 1), new Leg(LegKind.Perp, "B", null, 0, 0.0, null, -400),
            ],
            []);

        var joint = JointScenarios.Assess(book with { Underlyings = [market, other with { Perp = new PerpMarket(3000) }] }, Usual, Stressed, 1);

        var smaller = joint.Sum - Math.Max(Alone(book, "ETH"), Alone(book, "B"));
        Assert.InRange(joint.Offset, 1, (.5 * smaller) + 1e-9);
        Assert.All(joint.Offsets, one => Assert.InRange(joint.Offset, 0, one.Offset));
    }

    private static double Alone(Portfolio book, string underlying) =>
        ScaledMargin.Assess(book with { Legs = [.. book.Legs.Where(leg => leg.Underlying == underlying)] }).Figures.Requirement;

    private static Portfolio Two(double a, double b)
    {
        var market = Books.OfCheck().Underlyings[0];
        return new Portfolio([market, market with { Name = "B" }], [Books.Perp(a), Books.Perp(b) with { Underlying = "B" }], []);
    }

    private static void Refused(string refusal, Action assess) => Assert.Equal(refusal, Assert.Throws<RiskInputException>(assess).Refusal);
}
