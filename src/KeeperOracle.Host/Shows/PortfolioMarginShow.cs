using KeeperOracle.Risk;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 15: a portfolio against its legs taken alone. Known from elsewhere: both requirements with every scenario priced one by one,
/// and many generated books, in none of which the portfolio may need more.
/// </summary>
internal static class PortfolioMarginShow
{
    private const int Books = 500;
    private const ulong Seed = 15;

    private static readonly IReadOnlyList<Underlying> Markets =
    [
        new("ETH", 3000, .80, [new("30d", 30 * 86_400, 3010, .70, .04), new("90d", 90 * 86_400, 3030, .65, .04)], new PerpMarket(3002)),
        new("BTC", 60_000, .60, [new("30d", 30 * 86_400, 60_200, .55, .04), new("90d", 90 * 86_400, 60_600, .52, .04)], new PerpMarket(60_040)),
    ];

    public static Show Show => new("15", "Portfolio margin beside isolated margin: hedges are recognised", Steps);

    private static IEnumerable<ShowStep> Steps()
    {
        Leg put = new(LegKind.Put, "ETH", "30d", 3000, -10), call = new(LegKind.Call, "ETH", "30d", 3400, -10);
        yield return Beside("Ten puts sold on ETH at 3,000, alone", [put], hedged: null);
        yield return Beside("Ten calls sold at 3,400 beside them, when price cannot rise and fall at once", [put, call], hedged: null);
        yield return Beside("Ten puts bought at 2,700 as a hedge", [put, call, new(LegKind.Put, "ETH", "30d", 2700, 10)], hedged: [put, call]);
        yield return Generated();
    }

    private static ShowStep Beside(string what, Leg[] legs, Leg[]? hedged)
    {
        var comparison = IsolatedMargin.Compare(new Portfolio([Markets[0]], legs, []));
        var (portfolio, isolated) = (Plain(legs), legs.Sum(leg => Plain([leg])));
        var before = hedged is null ? (double?)null : Plain(hedged);
        var agree = ShowStep.Near(comparison.Portfolio, portfolio, 1e-9) && ShowStep.Near(comparison.Isolated, isolated, 1e-9);
        return ShowStep.Of(
            $"{what}: as one portfolio {comparison.Portfolio:N2} must be secured, leg by leg {comparison.Isolated:N2}."
            + (before is null ? "" : $" Without the hedge it was {before:N2} as one portfolio."),
            new { legs, market = Markets[0] },
            new { comparison.Portfolio, comparison.Isolated, comparison.Offset, comparison.Legs },
            $"priced one by one {portfolio:N2} and {isolated:N2}, the portfolio not over the sum"
            + (before is null ? "" : ", and the hedge lowers the requirement"),
            agree && portfolio <= isolated * (1 + 1e-12) && (before is null || portfolio < before));
    }

    private static ShowStep Generated()
    {
        var random = new SeededRandom(Seed);
        var (over, disagree, largest, shares, tightest) = (0, 0, 0.0, new List<double>(), Array.Empty<Leg>());
        for (var book = 0; book < Books; book++)
        {
            var legs = Enumerable.Range(0, 2 + random.NextInt(7)).Select(_ => RandomLeg(random)).ToArray();
            var comparison = IsolatedMargin.Compare(new Portfolio(Markets, legs, []));
            var (portfolio, isolated) = (Plain(legs), legs.Sum(leg => Plain([leg])));
            disagree += ShowStep.Near(comparison.Portfolio, portfolio, 1e-9) && ShowStep.Near(comparison.Isolated, isolated, 1e-9) ? 0 : 1;
            over += portfolio > (isolated * (1 + 1e-12)) + 1e-9 ? 1 : 0;
            if (isolated > 0)
            {
                shares.Add(portfolio / isolated);
                (largest, tightest) = shares[^1] > largest && shares[^1] < .999 ? (shares[^1], legs) : (largest, tightest);
            }
        }

        return ShowStep.Of(
            $"{Books} generated books of 2 to 8 legs on ETH and BTC: in {over} of them the portfolio needs more than its legs alone. On "
            + $"average it needs {shares.Average():P0} of their sum; the book where hedges help least, but help, needs {largest:P1}.",
            new { books = Books, seed = Seed, markets = Markets, leastHelped = tightest },
            new { over, disagree, averageShare = shares.Average(), largestShare = largest },
            "0 books over the sum of their legs, both sides of all of them the same priced one by one",
            over == 0 && disagree == 0);
    }

    private static Leg RandomLeg(SeededRandom random)
    {
        var market = Markets[random.NextInt(2)];
        var amount = Math.Round((20 * random.NextUniform()) - 10, 1);
        return random.NextInt(5) == 0
            ? new Leg(LegKind.Perp, market.Name, null, 0, amount)
            : new Leg(
                random.NextInt(2) == 0 ? LegKind.Call : LegKind.Put,
                market.Name,
                market.Expiries[random.NextInt(2)].Name,
                Math.Round(market.Spot * (.6 + (.8 * random.NextUniform()))),
                amount);
    }

    private static double Plain(IReadOnlyList<Leg> legs) => PlainRevaluation.RequirementOf(new Portfolio(Markets, legs, []));
}
