using System.Text.Json;
using MathNet.Numerics;

namespace KeeperOracle.Tests.Host.Shows;

/// <summary>
/// The `scaled` requirement as an outsider would write it who has only a show's JSON and its description: Black-76 with MathNet's normal
/// distribution, 31 scenarios, nothing of the product.
/// </summary>
internal static class OutsiderMargin
{
    private static readonly double[] Volatilities = [1.4, 1, .78];
    private static readonly (double Move, double Volatility, double Share)[] Tails = [(-.66, 1.4, .24), (-.33, 1.4, .48), (.5, 1.4, .32), (1, 1.4, .16)];

    public static double Range(double volatility) => Math.Clamp(2.326347874 * volatility * Math.Sqrt(5.0 / 365), .08, .5);

    /// <summary>Largest damped loss, and the requirement, of the legs on one market.</summary>
    public static (double WorstLoss, double Requirement) Of(JsonElement market, IEnumerable<JsonElement> all, double? fixedRange = null)
    {
        var legs = all.Where(leg => leg.GetProperty("underlying").GetString() == market.GetProperty("name").GetString()).ToList();
        double Book(double move, double volatility) => legs.Sum(leg => leg.Number("amount") * Value(market, leg, move, volatility));
        var range = fixedRange ?? Range(market.Number("volatility"));
        var grid = Enumerable.Range(-4, 9).SelectMany(quarter => Volatilities.Select(one => (Move: quarter * range / 4, Volatility: one, Share: 1.0)));
        var worst = Math.Max(0, grid.Concat(Tails).Max(one => one.Share * (Book(0, 1) - Book(one.Move, one.Volatility))));
        var naked = legs.Where(leg => Kind(leg) != "perp").GroupBy(leg => (Kind(leg), leg.GetProperty("expiry").GetString()))
            .Sum(group => Math.Max(0, -group.Sum(leg => leg.Number("amount"))));
        var perps = Math.Abs(legs.Where(leg => Kind(leg) == "perp").Sum(leg => leg.Number("amount")));
        return (worst, Math.Max(0, worst - Book(0, 1) + (market.Number("spot") * ((.01 * naked) + (.015 * perps)))));
    }

    public static double Requirement(IEnumerable<JsonElement> markets, IReadOnlyCollection<JsonElement> legs) =>
        markets.Sum(market => Of(market, legs).Requirement);

    public static double Cdf(double x) => SpecialFunctions.Erfc(-x / Math.Sqrt(2)) / 2;

    private static string Kind(JsonElement leg) => leg.GetProperty("kind").GetString()!;

    /// <summary>Of one contract; a perpetual counts from its mark.</summary>
    private static double Value(JsonElement market, JsonElement leg, double move, double volatility)
    {
        if (Kind(leg) == "perp")
        {
            return market.GetProperty("perp").Number("price") * move;
        }

        var expiry = market.GetProperty("expiries").EnumerateArray().Single(one => one.GetProperty("name").GetString() == leg.GetProperty("expiry").GetString());
        var (forward, strike, years) = (expiry.Number("forward") * (1 + move), leg.Number("strike"), expiry.Number("secondsToExpiry") / (365 * 86_400));
        var deviation = expiry.Number("impliedVolatility") * volatility * Math.Sqrt(years);
        var d1 = (Math.Log(forward / strike) / deviation) + (deviation / 2);
        var sign = Kind(leg) == "call" ? 1 : -1;
        return Math.Exp(-expiry.Number("rate") * years) * sign * ((forward * Cdf(sign * d1)) - (strike * Cdf(sign * (d1 - deviation))));
    }
}
