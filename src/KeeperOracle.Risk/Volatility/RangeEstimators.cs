namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// Volatility from bars of open O, high H, low L and close C, annualised with N bars a year: sqrt(N v), v the variance per bar. With C'
/// the close of the bar before, o = ln(O/C'), c = ln(C/O), u = ln(H/O), d = ln(L/O), and means over n bars unless said:
/// <code>
/// close-to-close        sample variance of ln(C/C')                                       divisor n-1
/// Parkinson             mean (u-d)^2 / (4 ln 2)                                           divisor n
/// Garman-Klass          mean [(u-d)^2 / 2 - (2 ln 2 - 1) c^2]                             divisor n
/// Rogers-Satchell       mean [u(u-c) + d(d-c)]                                            divisor n
/// Garman-Klass-Yang-Zhang   mean [o^2 + (u-d)^2 / 2 - (2 ln 2 - 1) c^2]                   divisor n
/// Yang-Zhang            V_o + k V_c + (1-k) V_RS,  k = .34 / (1.34 + (n+1)/(n-1))
///                       V_o, V_c sample variances of o and c, divisor n-1; V_RS Rogers-Satchell, divisor n
/// </code>
/// Which bars: Parkinson, Garman-Klass and Rogers-Satchell use nothing but the bar, so n is the number of bars given. The three that look
/// at the close before take it from the first bar given, of which they use nothing else: n is one less.
/// <para>
/// Assumptions: Parkinson and Garman-Klass a price without drift and without gaps between bars; Garman-Klass-Yang-Zhang gaps but no drift;
/// Rogers-Satchell drift but no gaps; Yang-Zhang both. All of them a price that moves continuously inside the bar: seen at few moments,
/// high and low are too close together and the volatility comes out too small.
/// </para>
/// Sources: Parkinson (1980), Garman and Klass (1980), Rogers and Satchell (1991), Yang and Zhang (2000).
/// </summary>
public static class RangeEstimators
{
    private const double Ln2 = 0.69314718055994530942;

    public static double CloseToClose(ReadOnlySpan<PriceBar> bars, double barsPerYear)
    {
        Check(bars, barsPerYear, least: 3);
        var returns = default(SampleVariance);
        for (var i = 1; i < bars.Length; i++)
        {
            returns.Add(Elementary.Log(bars[i].Close / bars[i - 1].Close));
        }

        return Math.Sqrt(barsPerYear * returns.Value);
    }

    public static double Parkinson(ReadOnlySpan<PriceBar> bars, double barsPerYear)
    {
        Check(bars, barsPerYear, least: 1);
        var sum = 0.0;
        foreach (var bar in bars)
        {
            var range = Elementary.Log(bar.High / bar.Low);
            sum += range * range;
        }

        return Math.Sqrt(barsPerYear * sum / (4 * Ln2 * bars.Length));
    }

    public static double GarmanKlass(ReadOnlySpan<PriceBar> bars, double barsPerYear)
    {
        Check(bars, barsPerYear, least: 1);
        var sum = 0.0;
        foreach (var bar in bars)
        {
            sum += GarmanKlass(bar);
        }

        return Math.Sqrt(barsPerYear * sum / bars.Length);
    }

    public static double RogersSatchell(ReadOnlySpan<PriceBar> bars, double barsPerYear)
    {
        Check(bars, barsPerYear, least: 1);
        return Math.Sqrt(barsPerYear * RogersSatchell(bars));
    }

    public static double GarmanKlassYangZhang(ReadOnlySpan<PriceBar> bars, double barsPerYear)
    {
        Check(bars, barsPerYear, least: 2);
        var sum = 0.0;
        for (var i = 1; i < bars.Length; i++)
        {
            var gap = Elementary.Log(bars[i].Open / bars[i - 1].Close);
            sum += (gap * gap) + GarmanKlass(bars[i]);
        }

        return Math.Sqrt(barsPerYear * sum / (bars.Length - 1));
    }

    public static double YangZhang(ReadOnlySpan<PriceBar> bars, double barsPerYear)
    {
        Check(bars, barsPerYear, least: 3);
        var n = bars.Length - 1;
        var (gaps, moves) = (default(SampleVariance), default(SampleVariance));
        for (var i = 1; i < bars.Length; i++)
        {
            gaps.Add(Elementary.Log(bars[i].Open / bars[i - 1].Close));
            moves.Add(Elementary.Log(bars[i].Close / bars[i].Open));
        }

        var k = 0.34 / (1.34 + ((n + 1.0) / (n - 1.0)));
        return Math.Sqrt(barsPerYear * (gaps.Value + (k * moves.Value) + ((1 - k) * RogersSatchell(bars[1..]))));
    }

    /// <summary>Variance of one bar. Not under zero: the close is no further from the open than the range is wide.</summary>
    private static double GarmanKlass(PriceBar bar)
    {
        var range = Elementary.Log(bar.High / bar.Low);
        var move = Elementary.Log(bar.Close / bar.Open);
        return (0.5 * range * range) - (((2 * Ln2) - 1) * move * move);
    }

    private static double RogersSatchell(ReadOnlySpan<PriceBar> bars)
    {
        var sum = 0.0;
        foreach (var bar in bars)
        {
            sum += (Elementary.Log(bar.High / bar.Close) * Elementary.Log(bar.High / bar.Open))
                + (Elementary.Log(bar.Low / bar.Close) * Elementary.Log(bar.Low / bar.Open));
        }

        return sum / bars.Length;
    }

    private static void Check(ReadOnlySpan<PriceBar> bars, double barsPerYear, int least)
    {
        if (!(barsPerYear > 0 && double.IsFinite(barsPerYear)))
        {
            throw new RiskInputException("BadInterval", $"{barsPerYear} bars a year: give a finite number over zero.");
        }

        if (bars.Length < least)
        {
            throw new RiskInputException(
                "TooFewObservations", $"{bars.Length} bars are too few for this estimator: give at least {least}.");
        }

        for (var i = 0; i < bars.Length; i++)
        {
            if (Problem(bars[i]) is { } problem)
            {
                throw new RiskInputException(
                    "BadBar", $"Bar {i} ({bars[i].Open:R}, {bars[i].High:R}, {bars[i].Low:R}, {bars[i].Close:R}): {problem}.");
            }
        }
    }

    /// <summary>What makes a bar unusable, or null.</summary>
    public static string? Problem(PriceBar bar)
    {
        if (!(double.IsFinite(bar.Open) && double.IsFinite(bar.High) && double.IsFinite(bar.Low) && double.IsFinite(bar.Close)))
        {
            return "a price is not a finite number";
        }

        if (bar.Low <= 0 || bar.High <= 0)
        {
            return "a price is not over zero";
        }

        if (bar.High < bar.Low)
        {
            return "the high is under the low";
        }

        if (bar.Low < 1e-150 || bar.High > 1e150)
        {
            return "a price lies outside 1e-150 to 1e150, where ratios of prices are numbers";
        }

        if (bar.Open < bar.Low || bar.Open > bar.High)
        {
            return "the open lies outside low and high";
        }

        return bar.Close < bar.Low || bar.Close > bar.High ? "the close lies outside low and high" : null;
    }

    /// <summary>Mean and sum of squared deviations in one pass (Welford), divisor n-1.</summary>
    private struct SampleVariance
    {
        private int _count;
        private double _mean;
        private double _squares;

        public readonly double Value => _squares / (_count - 1);

        public void Add(double value)
        {
            _count++;
            var step = value - _mean;
            _mean += step / _count;
            _squares += step * (value - _mean);
        }
    }
}
