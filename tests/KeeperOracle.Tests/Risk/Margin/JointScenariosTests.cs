using KeeperOracle.Risk;
using KeeperOracle.Risk.Correlation;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Margin;

public sealed class JointScenariosTests
{
    private static readonly CorrelationMatrix Usual = CorrelationMatrix.Uniform(2, .8);
    private static readonly CorrelationMatrix Stressed = CorrelationMatrix.Uniform(2, .98);

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 1)]
    [InlineData(3, 3)]
    public void Assess_CorrelationOfAnotherNumberOfUnderlyings_IsRefused(int estimated, int stressed) =>
        Refused("ShapeMismatch", () => JointScenarios.Assess(
            Two(1, 1), CorrelationMatrix.Identity(estimated), CorrelationMatrix.Identity(stressed), 1));

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
