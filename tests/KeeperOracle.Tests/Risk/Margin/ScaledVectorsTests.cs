using System.Numerics;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Margin;

/// <summary>Against tests/vectors/scenario-margin.json, made in 60-digit arithmetic; the contracts read the same file.</summary>
public sealed class ScaledVectorsTests
{
    private const int Scenarios = 31;

    [Fact]
    public void Assess_EveryBookOfTheVectors_AgreesInEveryScenario()
    {
        using var vectors = new Vectors("scenario-margin.json");
        List<double> Column(string name) => vectors.Fractions(name);
        List<int> Counts(string name) => [.. vectors.Integers(name).Select(count => (int)count)];
        var (legCounts, expiryCounts, worst) = (Counts("legCount"), Counts("expiryCount"), Counts("worstScenario"));
        var (legs, expiries) = (Legs(vectors), Expiries(vectors));
        var (leg, expiry) = (0, 0);
        for (var book = 0; book < legCounts.Count; book++)
        {
            var spot = Column("spot")[book];
            var portfolio = new Portfolio(
                [new Underlying("U", spot, 0, expiries.GetRange(expiry, expiryCounts[book]))], legs.GetRange(leg, legCounts[book]), []);

            var margin = ScaledMargin.Assess(portfolio, new ScaledParameters { FixedRange = Column("range")[book] });

            var tolerance = 1e-12 * portfolio.Legs.Sum(one => Math.Abs(one.Amount)) * spot;
            var risk = margin.Underlyings[0].Risk;
            Assert.Equal(Column("markToMarket")[book], risk.MarkToMarket, tolerance);
            Assert.Equal(Column("worst")[book], risk.WorstLoss, tolerance);
            Assert.Equal(worst[book], risk.WorstScenario);
            Assert.Equal(Column("contingency")[book], risk.Contingency, tolerance);
            Assert.Equal(Column("requirement")[book], risk.Requirement, tolerance);
            Assert.All(margin.Underlyings[0].Gains.Index(), gain => Assert.Equal(Column("gain")[(Scenarios * book) + gain.Index], gain.Item.Gain, tolerance));
            (leg, expiry) = (leg + legCounts[book], expiry + expiryCounts[book]);
        }

        Assert.Equal((legs.Count, expiries.Count), (leg, expiry));
    }

    private static List<Leg> Legs(Vectors vectors) =>
    [
        .. vectors.Integers("isCall").Select((isCall, i) => new Leg(
            isCall == BigInteger.One ? LegKind.Call : LegKind.Put,
            "U",
            vectors.Integers("legExpiry")[i].ToString(),
            vectors.Fractions("strike")[i],
            vectors.Fractions("amount")[i],
            vectors.Fractions("legVolatility")[i])),
    ];

    /// <summary>Named by their place in the book, as the legs name them.</summary>
    private static List<ExpiryMarket> Expiries(Vectors vectors)
    {
        var places = vectors.Integers("expiryCount").SelectMany(count => Enumerable.Range(0, (int)count)).ToList();
        return
        [
            .. vectors.Integers("seconds").Select((seconds, i) => new ExpiryMarket(
                places[i].ToString(System.Globalization.CultureInfo.InvariantCulture),
                (double)seconds,
                vectors.Fractions("forward")[i],
                0,
                vectors.Fractions("rate")[i],
                vectors.Fractions("fixed")[i])),
        ];
    }
}
