namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// What returns inside a period say of its variance, from log returns r_1..r_n that together cover <paramref name="PeriodSeconds"/>
/// seconds:
/// <code>
/// realised variance    RV = sum r_i^2                         everything: the diffusion and the jumps
/// bipower variation    BV = pi/2 sum |r_i| |r_{i-1}|, i &gt; 1    the diffusion alone, as n grows (Barndorff-Nielsen and Shephard 2004)
/// jump share           (RV - BV) / RV                         0 where BV is larger, which noise makes it half of the time without jumps
/// </code>
/// RV and BV are per period; no mean is removed and BV is not corrected for its n-1 terms. Returns taken too often see the bounce between
/// bid and ask as variance: five minutes is usual.
/// </summary>
public readonly record struct RealisedVariance(double Variance, double BipowerVariation, double JumpShare, double PeriodSeconds)
{
    private const double HalfPi = 1.57079632679489661923;

    /// <summary>Annualised volatility of everything.</summary>
    public double Volatility => Ewma.Annualise(Variance, PeriodSeconds);

    /// <summary>Annualised volatility without the jumps.</summary>
    public double DiffusionVolatility => Ewma.Annualise(BipowerVariation, PeriodSeconds);

    /// <summary>Refuses `TooFewObservations` (under two returns), `NotFinite`, `ScaleOutOfRange` and `BadInterval`.</summary>
    public static RealisedVariance Of(ReadOnlySpan<double> logReturns, double periodSeconds)
    {
        if (!(periodSeconds > 0 && double.IsFinite(periodSeconds)))
        {
            throw new RiskInputException("BadInterval", $"A period of {periodSeconds} seconds: give a finite number over zero.");
        }

        if (logReturns.Length < 2)
        {
            throw new RiskInputException(
                "TooFewObservations", $"{logReturns.Length} returns are too few for a realised variance: give at least two.");
        }

        ObservedReturns.Check(logReturns);
        var (squares, products) = (logReturns[0] * logReturns[0], 0.0);
        for (var i = 1; i < logReturns.Length; i++)
        {
            squares += logReturns[i] * logReturns[i];
            products += Math.Abs(logReturns[i]) * Math.Abs(logReturns[i - 1]);
        }

        var bipower = HalfPi * products;
        var jumps = squares > bipower ? (squares - bipower) / squares : 0;
        return new RealisedVariance(squares, bipower, jumps, periodSeconds);
    }
}
