using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// Implied volatility of one expiry by Gatheral's stochastic-volatility-inspired formula (raw parameters): total variance at the
/// log-moneyness k = ln(K/F) is
/// <code>
/// w(k) = a + b (rho (k - m) + sqrt((k - m)^2 + s^2)),   volatility(K) = sqrt(w(k)/T)
/// </code>
/// with k first brought into +-4 sqrt(T) volatility(m) = +-4 sqrt(a + b s), as Derive's feeds use it: outside, the volatility stays what it
/// is at the end, where the straight wings would be wrong by up to twice.
/// Refusals: NotFinite, SlopeNegative (b), CorrelationOutOfRange (rho, -1 &lt; rho &lt; 1), WidthNotPositive (s), VarianceNegative
/// (a + b s sqrt(1 - rho^2), the least total variance), ForwardNotPositive, TimeNotPositive.
/// </summary>
public sealed record SviSlice
{
    private const double ClampDeviations = 4;

    /// <param name="a">level of total variance</param>
    /// <param name="b">half the difference of the wings' slopes, at least zero</param>
    /// <param name="rho">skew</param>
    /// <param name="m">log-moneyness at which the smile is centred</param>
    /// <param name="s">width of the smile's bottom, over zero</param>
    /// <param name="forward">that k is counted from</param>
    /// <param name="years">to expiry, of 365 days</param>
    public SviSlice(double a, double b, double rho, double m, double s, double forward, double years)
    {
        (double Value, string Name)[] all =
            [(a, "a"), (b, "b"), (rho, "rho"), (m, "m"), (s, "s"), (forward, "forward"), (years, "time to expiry")];
        foreach (var (value, name) in all)
        {
            PricingInput.Finite(value, $"slice's {name}");
        }

        Refuse(b < 0, "SlopeNegative", $"b is {b}: it must be at least zero.");
        Refuse(Math.Abs(rho) >= 1, "CorrelationOutOfRange", $"rho is {rho}: it must be inside (-1, 1).");
        Refuse(s <= 0, "WidthNotPositive", $"s is {s}: it must be over zero.");
        Refuse(forward <= 0, "ForwardNotPositive", $"The slice's forward is {forward}: it must be over zero.");
        Refuse(years <= 0, "TimeNotPositive", $"The slice's time to expiry is {years} years: it must be over zero.");
        (A, B, Rho, M, S, Forward, Years) = (a, b, rho, m, s, forward, years);
        var least = LeastTotalVariance;
        Refuse(least < 0, "VarianceNegative", $"The least total variance, a + b s sqrt(1 - rho^2), is {least}: raise a.");
        Clamp = ClampDeviations * Math.Sqrt(Math.Max(0, a + (b * s)));
    }

    public double A { get; }

    public double B { get; }

    public double Rho { get; }

    public double M { get; }

    public double S { get; }

    public double Forward { get; }

    public double Years { get; }

    /// <summary>The largest |k| that counts.</summary>
    public double Clamp { get; }

    /// <summary>a + b s sqrt(1 - rho^2), taken on at k = m - rho s/sqrt(1 - rho^2).</summary>
    public double LeastTotalVariance => A + (B * S * Math.Sqrt((1 - Rho) * (1 + Rho)));

    /// <summary>Annualised volatility at a strike over zero.</summary>
    public double Volatility(double strike)
    {
        PricingInput.Finite(strike, "strike");
        Refuse(strike <= 0, "StrikeNotPositive", $"The strike is {strike}: it must be over zero.");
        return Math.Sqrt(TotalVariance(Black76.LogMoneyness(strike, Forward)) / Years);
    }

    /// <summary>Total variance, k clamped.</summary>
    public double TotalVariance(double k) => Math.Max(0, Unclamped(Math.Clamp(k, -Clamp, Clamp)).Variance);

    /// <summary>w, w' and w'' of the formula itself, without the clamp.</summary>
    public (double Variance, double Slope, double Curvature) Unclamped(double k)
    {
        var y = k - M;
        var root = Math.Sqrt((y * y) + (S * S));
        var ratio = S / root;
        return (A + (B * ((Rho * y) + root)), B * (Rho + (y / root)), B * ratio * ratio / root);
    }

    private static void Refuse(bool wrong, string refusal, string message)
    {
        if (wrong)
        {
            throw new RiskInputException(refusal, message);
        }
    }
}
