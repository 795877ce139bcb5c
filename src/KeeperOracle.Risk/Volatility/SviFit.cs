using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Risk.Volatility;

/// <summary>One quote of an expiry.</summary>
/// <param name="Strike">over zero</param>
/// <param name="Volatility">annualised, over zero</param>
/// <param name="Weight">of its squared error in total variance, at least zero</param>
public readonly record struct SviQuote(double Strike, double Volatility, double Weight = 1);

/// <param name="RootMeanSquareError">of volatility, unweighted, in 1.00</param>
/// <param name="Butterfly">whether what was fitted is free of butterfly arbitrage: the fit itself only bounds the wings</param>
public sealed record SviFitResult(SviSlice Slice, double RootMeanSquareError, SviArbitrageCheck Butterfly);

/// <summary>
/// Fits a slice to quotes by weighted least squares of total variance, the quasi-explicit way (Zeliade Systems, "Quasi-explicit
/// calibration of Gatheral's SVI model", 2009): for given m and s, with y = (k - m)/s, total variance is linear,
/// <code>
/// w = a + p (sqrt(y^2 + 1) + y) + q (sqrt(y^2 + 1) - y),   b = (p + q)/s,   rho = (p - q)/(p + q)
/// </code>
/// so that least squares under 0 &lt;= p, q &lt;= s (the wings' slopes from 0 to 2) is solved exactly; over m and ln s a simplex
/// (Nelder and Mead 1965) goes down from the three best points of a grid. Where the least total variance would be negative, a is kept at
/// zero or over. Deterministic.
/// Quotes that a straight line or a constant explains leave m and s open: the volatilities are still fitted, the parameters not unique.
/// Refusals: TooFewQuotes (under five strikes of positive weight), NotFinite, StrikeNotPositive, VolatilityNotPositive, WeightNegative,
/// RepeatedStrike, ForwardNotPositive, TimeNotPositive.
/// </summary>
public static class SviFit
{
    private const int Starts = 3;
    private const double NarrowestShare = 1e-3; // least s, as a share of the range of strikes
    private const double WidestShare = 10;

    public static SviFitResult Fit(IReadOnlyList<SviQuote> quotes, double forward, double years)
    {
        Refuse(quotes, forward, years);
        var k = quotes.Select(quote => Black76.LogMoneyness(quote.Strike, forward)).ToArray();
        var w = quotes.Select(quote => quote.Volatility * quote.Volatility * years).ToArray();
        var problem = new SviLeastSquares(k, w, [.. quotes.Select(quote => quote.Weight)]);
        var (low, range) = (k.Min(), k.Max() - k.Min());

        double Error(double m, double lnS) => problem.Solve(m, Elementary.Exp(lnS)).Error;
        var (leastLn, mostLn) = (Elementary.Log(NarrowestShare * range), Elementary.Log(WidestShare * range));
        var starts =
            from i in Enumerable.Range(0, 13)
            from j in Enumerable.Range(0, 10)
            let m = low + (range * (i - 2) / 8)
            let lnS = leastLn + ((mostLn - leastLn) * j / 9)
            orderby Error(m, lnS)
            select (M: m, LnS: lnS);
        var best = starts.Take(Starts)
            .Select(start => PlaneSimplex.Minimise(
                (m, lnS) => Error(Math.Clamp(m, low - range, low + (2 * range)), Math.Clamp(lnS, leastLn, mostLn)),
                (start.M, start.LnS), (range / 16, (mostLn - leastLn) / 18)))
            .MinBy(end => end.Value);
        var width = Elementary.Exp(Math.Clamp(best.Y, leastLn, mostLn));
        var centre = Math.Clamp(best.X, low - range, low + (2 * range));
        return Result(quotes, problem.Solve(centre, width), centre, width, forward, years);
    }

    private static SviFitResult Result(
        IReadOnlyList<SviQuote> quotes,
        (double A, double P, double Q, double Error) linear,
        double m,
        double s,
        double forward,
        double years)
    {
        var sum = linear.P + linear.Q;
        var b = sum / s;

        // Inside (-1, 1), so that one wing may be flat but for what rounding cannot see.
        var rho = sum > 0 ? Math.Clamp((linear.P - linear.Q) / sum, -1 + 1e-12, 1 - 1e-12) : 0;
        var a = Math.Max(linear.A, -b * s * Math.Sqrt((1 - rho) * (1 + rho)));
        var slice = new SviSlice(a, b, rho, m, s, forward, years);
        var squares = quotes.Sum(quote =>
        {
            var w = Math.Max(0, slice.Unclamped(Black76.LogMoneyness(quote.Strike, forward)).Variance);
            var error = Math.Sqrt(w / years) - quote.Volatility;
            return error * error;
        });
        return new(slice, Math.Sqrt(squares / quotes.Count), SviArbitrage.Butterfly(slice));
    }

    private static void Refuse(IReadOnlyList<SviQuote> quotes, double forward, double years)
    {
        Positive(forward, "forward", "ForwardNotPositive");
        Positive(years, "time to expiry", "TimeNotPositive");
        var strikes = new HashSet<double>();
        foreach (var quote in quotes)
        {
            Positive(quote.Strike, "strike", "StrikeNotPositive");
            Positive(quote.Volatility, "volatility", "VolatilityNotPositive");
            PricingInput.AtLeastZero(quote.Weight, "weight", "WeightNegative");
            if (!strikes.Add(quote.Strike))
            {
                throw new RiskInputException("RepeatedStrike", $"The strike {quote.Strike} is quoted more than once: keep one quote.");
            }
        }

        var counted = quotes.Count(quote => quote.Weight > 0);
        if (counted < 5)
        {
            throw new RiskInputException(
                "TooFewQuotes", $"{counted} quotes of positive weight: the five parameters of a slice need at least 5.");
        }
    }

    private static void Positive(double value, string what, string refusal)
    {
        PricingInput.Finite(value, what);
        if (value <= 0)
        {
            throw new RiskInputException(refusal, $"The {what} is {value}: it must be over zero.");
        }
    }
}
