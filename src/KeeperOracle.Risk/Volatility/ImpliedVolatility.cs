using KeeperOracle.Risk.Numerics;
using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Risk.Volatility;

/// <summary>What a price says of its volatility.</summary>
public enum ImpliedVolatilityStatus
{
    /// <summary>Exactly one volatility gives the price.</summary>
    Solved,

    /// <summary>The price is the intrinsic value: volatility 0, or any that is too small to be seen in the price.</summary>
    AtIntrinsic,

    /// <summary>The price is less than the discounted intrinsic value: no volatility gives it.</summary>
    UnderIntrinsic,

    /// <summary>A call at or over its discounted forward, a put at or over its discounted strike: no finite volatility gives it.</summary>
    OverBound,

    /// <summary>No time is left, or forward or strike is zero: the price does not depend on volatility, and it is another one.</summary>
    NotAttainable,
}

/// <param name="Volatility">
/// annualised (from <see cref="ImpliedVolatility.Total"/>: times the square root of time); zero unless solved
/// </param>
public readonly record struct ImpliedVolatilityResult(ImpliedVolatilityStatus Status, double Volatility);

/// <summary>
/// The volatility at which Black-76 gives a price. The option out of the money at the same strike (its price is this one's less the
/// intrinsic value), as a share s of the smaller one of F and K, depends on nothing but a = |ln(F/K)| and the total volatility v:
/// <code>
/// s(v) = N(d1) - e^a N(d2) = n(d1) [Y(d1) - Y(d2)],  d1 = -a/v + v/2,  d2 = d1 - v,  Y = N/n,  ds/dv = n(d1)
/// </code>
/// It is convex up to v = sqrt(2a), where d1 = 0, and concave beyond. Halley's method is used on what is nearly a straight line: under the
/// bend ln s in 1/v^2, above a half ln(1 - s) in v^2, and s itself between; never outside the bracket that earlier steps have left
/// (P. Jaeckel, "Let's be rational", Wilmott 2015, has the idea of the three pieces). Where v is small the difference of Y is the integral
/// of Y' = 1 + z Y, so that nothing cancels.
/// Error: a few units in the last place of v, plus what the last digit of the price is worth, e s/(v n(d1)) relative; near the intrinsic
/// value of an option in the money most of the price's digits are the intrinsic value's.
/// Refusals, as of <see cref="Black76"/>: NegativeForward, NegativeStrike, NegativeTime, NotFinite. That no volatility has the price is an
/// answer.
/// </summary>
public static class ImpliedVolatility
{
    private const int MostSteps = 100;
    private const double LnSqrtTwoPi = 0.9189385332046727;

    /// <summary>Half of a total volatility under which the difference of Y is integrated.</summary>
    private const double Narrow = 0.25;

    // Gauss-Legendre, 8 points: the positive nodes and their weights.
    private static readonly double[] Nodes =
        [0.18343464249564980494, 0.52553240991632898582, 0.79666647741362673959, 0.96028985649753623168];

    private static readonly double[] Weights =
        [0.36268378337836198297, 0.31370664587788728734, 0.22238103445337447054, 0.10122853629037625915];

    /// <param name="price">discounted, as <see cref="Black76.Price(OptionKind, double, double, double, double, double)"/> gives it</param>
    /// <param name="forward">per unit of the underlying</param>
    /// <param name="strike">in the forward's unit</param>
    /// <param name="years">to expiry, of 365 days</param>
    /// <param name="rate">continuously compounded, annual</param>
    /// <returns>the annualised volatility</returns>
    public static ImpliedVolatilityResult Of(OptionKind kind, double price, double forward, double strike, double years, double rate)
    {
        PricingInput.AtLeastZero(years, "time to expiry", "NegativeTime");
        PricingInput.Finite(rate, "rate");
        PricingInput.Finite(price, "price");
        var undiscounted = OptionValue.Bounded(price / Math.Max(Black76.Discount(rate, years), double.Epsilon));
        var total = Total(kind, undiscounted, forward, strike);
        if (total.Status != ImpliedVolatilityStatus.Solved)
        {
            return total;
        }

        return years == 0 ? new(ImpliedVolatilityStatus.NotAttainable, 0) : total with { Volatility = total.Volatility / Math.Sqrt(years) };
    }

    /// <summary>The total volatility sigma sqrt(T) at which s [F N(s d1) - K N(s d2)] is the undiscounted price.</summary>
    public static ImpliedVolatilityResult Total(OptionKind kind, double undiscountedPrice, double forward, double strike)
    {
        var sign = Black76.Sign(kind);
        PricingInput.Finite(undiscountedPrice, "price");
        PricingInput.AtLeastZero(forward, "forward", "NegativeForward");
        PricingInput.AtLeastZero(strike, "strike", "NegativeStrike");
        var timeValue = undiscountedPrice - Math.Max(0, sign * (forward - strike));
        if (timeValue <= 0)
        {
            return new(timeValue < 0 ? ImpliedVolatilityStatus.UnderIntrinsic : ImpliedVolatilityStatus.AtIntrinsic, 0);
        }

        var smaller = Math.Min(forward, strike);
        if (smaller == 0)
        {
            return new(ImpliedVolatilityStatus.NotAttainable, 0);
        }

        var share = timeValue / smaller;
        return share >= 1 || undiscountedPrice >= (sign > 0 ? forward : strike)
            ? new(ImpliedVolatilityStatus.OverBound, 0)
            : new(ImpliedVolatilityStatus.Solved, Solve(Distance(forward, strike), share));
    }

    /// <summary>|ln(F/K)|, also right to its last digits where it is small.</summary>
    internal static double Distance(double forward, double strike)
    {
        var excess = Math.Abs(forward - strike) / Math.Min(forward, strike);
        if (!(excess < 0.5))
        {
            return Math.Abs(Black76.LogMoneyness(forward, strike));
        }

        var rounded = 1 + excess;
        return rounded == 1 ? excess : Elementary.Log(rounded) * (excess / (rounded - 1));
    }

    /// <summary>s(v), to the last digits at any size.</summary>
    internal static double Share(double a, double v) => Elementary.NormalDensity(D1(a, v)) * Difference(a, v);

    private static double Solve(double a, double share)
    {
        var bend = Math.Sqrt(2 * a);
        var atBend = a > 0 ? Share(a, bend) : 0;
        if (share < atBend)
        {
            return Iterate(a, share, Lower, bend, 0, bend);
        }

        // The slope is nowhere more than n(0), so the first is under the true volatility too.
        return share <= 0.5
            ? Iterate(a, share, Middle, bend + ((share - atBend) * Elementary.Exp(LnSqrtTwoPi)), bend, double.PositiveInfinity)
            : Iterate(a, share, Upper, UpperStart(a, share), bend, double.PositiveInfinity);
    }

    /// <summary>From s &lt; N(d1), so that the true volatility is no smaller.</summary>
    private static double UpperStart(double a, double share)
    {
        var d1 = -Elementary.NormalQuantile(1 - share);
        return d1 + Math.Sqrt((d1 * d1) + (2 * a));
    }

    private static double Iterate(
        double a, double share, Func<double, double, double, (double Excess, double Next)> step, double start, double low, double high)
    {
        var v = start;
        for (var i = 0; i < MostSteps; i++)
        {
            var (excess, next) = step(a, share, v);
            if (excess > 0)
            {
                high = v;
            }
            else
            {
                low = v;
            }

            // The error after a step is about the third power of the step.
            if (Math.Abs(next - v) <= 1e-7 * v)
            {
                return next;
            }

            if (!(next > low && next < high))
            {
                next = double.IsPositiveInfinity(high) ? 2 * low : (low + high) / 2;
            }

            v = next;
        }

        return v;
    }

    /// <summary>Halley's step for ln s in u = 1/v^2.</summary>
    private static (double Excess, double Next) Lower(double a, double share, double v)
    {
        var (d1, d) = (D1(a, v), Difference(a, v));
        var excess = Elementary.Log(d) - (0.5 * d1 * d1) - LnSqrtTwoPi - Elementary.Log(share);
        var perU = -v * v * v / 2; // dv/du
        var slope = perU / d;
        var bending = -perU * ((1.5 * v * v / d) + (perU * (1 - (d * Bending(a, v))) / (d * d)));
        var u = (1 / (v * v)) + HalleyStep(excess, slope, bending);
        return (excess, 1 / Math.Sqrt(u));
    }

    /// <summary>Halley's step for s in v, all divided by the slope n(d1).</summary>
    private static (double Excess, double Next) Middle(double a, double share, double v)
    {
        var excess = Difference(a, v) - (share / Elementary.NormalDensity(D1(a, v)));
        return (excess, v + HalleyStep(excess, 1, Bending(a, v)));
    }

    /// <summary>Halley's step for ln(1 - s) in w = v^2, where 1 - s = n(d1) [Y(-d1) + Y(d2)].</summary>
    private static (double Excess, double Next) Upper(double a, double share, double v)
    {
        var d1 = D1(a, v);
        var e = Y(-d1) + Y(d1 - v);
        var value = Elementary.Log(e) - (0.5 * d1 * d1) - LnSqrtTwoPi - Elementary.Log(1 - share);
        var perW = 1 / (2 * v); // dv/dw
        var slope = -perW / e;
        var bending = perW * ((perW / (v * e)) - (perW * (1 + (e * Bending(a, v))) / (e * e)));
        return (-value, Math.Sqrt((v * v) + HalleyStep(value, slope, bending)));
    }

    private static double HalleyStep(double value, double slope, double bending)
    {
        var newton = value / slope;
        return -newton / Math.Max(0.5, 1 - (newton * bending / (2 * slope)));
    }

    private static double D1(double a, double v) => (v / 2) - (a / v);

    /// <summary>d ln n(d1)/dv = d1 d2/v.</summary>
    private static double Bending(double a, double v)
    {
        var (h, t) = (a / v, v / 2);
        return (h - t) * (h + t) / v;
    }

    /// <summary>Y(d1) - Y(d2).</summary>
    private static double Difference(double a, double v)
    {
        var (h, t) = (-a / v, v / 2);
        if (t > Narrow)
        {
            return Y(h + t) - Y(h - t);
        }

        var sum = 0.0;
        for (var i = 0; i < Nodes.Length; i++)
        {
            var offset = t * Nodes[i];
            sum += Weights[i] * (Slope(h + offset) + Slope(h - offset));
        }

        return t * sum;
    }

    /// <summary>Y' = 1 + z Y.</summary>
    private static double Slope(double z) => Math.FusedMultiplyAdd(z, Y(z), 1);

    /// <summary>N(z)/n(z): the Mills ratio of -z.</summary>
    private static double Y(double z)
    {
        if (z > 0)
        {
            return Elementary.NormalCdf(z) / Elementary.NormalDensity(z);
        }

        if (z >= -Elementary.NormalEnd)
        {
            return Elementary.MillsRatio<Lane1>(-z).Value;
        }

        var q = 1 / (z * z); // the asymptotic series: the first term left out is under 1e-17
        var series = 1 - (q * (1 - (q * (3 - (q * (15 - (q * (105 - (q * (945 - (q * 10395)))))))))));
        return -series / z;
    }
}
