using MathNet.Numerics.LinearAlgebra;

namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// The distribution of P = theta + sum_i (b_i y_i + l_i y_i^2 / 2), y independent standard normals: what a delta-gamma book is after its
/// gamma is diagonalised. Its characteristic function is e^(i theta t) prod (1 - i l t)^-1/2 exp(-b^2 t^2 / (2 (1 - i l t))), and
///
/// F(x) = 1/2 - (1/pi) sum_k Im[phi(w_k) e^(-i w_k x)]/(k + 1/2), w_k = (k + 1/2) d: the midpoint rule, whose error is the probability
/// outside a window of 2 pi/d (here 40 deviations either side of the mean). Its integral G(x) = E[(x - P)+] is the same sum once more
/// divided by w_k, so that with x the quantile at q = 1 - level, VaR = -x and ES = -x + G(x)/q. The sum ends at 1e-15. Where it would be
/// longer than 16,384 terms (few assets, little delta: phi falls like a power) its second half is faded out smoothly, which leaves F good
/// to 1e-6 but within a tenth of a deviation of the edge of its support, where the density is infinite.
/// Eigenvalues come from MathNet.Numerics; nothing signed depends on them.
/// </summary>
public sealed class QuadraticDistribution
{
    private const double HalfWidth = 40; // in deviations: chi-square tails fall like e^(-x sqrt 2)
    private const int MostTerms = 16_384;
    private const double Negligible = 1e-15;
    private const int Turns = 64; // of a rotation before its rounding is taken off

    private readonly double _mean;
    private readonly double _deviation;
    private readonly double _step;
    private readonly double[] _real; // of phi about the mean, each divided by pi (k + 1/2)
    private readonly double[] _imaginary;
    private readonly double _integralAtEdge;

    private QuadraticDistribution(double mean, double deviation, double[] slopes, double[] curvatures, double centre)
    {
        _mean = mean;
        _deviation = deviation;
        _step = deviation > 0 ? Math.PI / (HalfWidth * deviation) : 0;
        var (real, imaginary) = (new List<double>(), new List<double>());
        while (deviation > 0 && real.Count < MostTerms)
        {
            var half = real.Count + 0.5;
            var (re, im, modulus) = CharacteristicFunction(half * _step, slopes, curvatures, centre);
            var weight = Fading(real.Count) / (Math.PI * half);
            real.Add(re * weight);
            imaginary.Add(im * weight);
            if (modulus / half < Negligible)
            {
                break;
            }
        }

        (_real, _imaginary) = ([.. real], [.. imaginary]);
        _integralAtEdge = deviation > 0 ? Integral(-HalfWidth * deviation) : 0;
    }

    /// <summary>VaR and ES of the P&amp;L.</summary>
    /// <exception cref="RiskInputException">`LevelOutOfRange`</exception>
    public TailForecast Forecast(double level)
    {
        TailInput.RequireLevel(level);
        if (!(_deviation > 0))
        {
            return TailInput.Finished(-_mean, -_mean);
        }

        var q = 1 - level;
        var edge = HalfWidth * _deviation;
        var x = BracketedRoot.Find("quantile", at => Distribution(at) - q, -edge, edge, 1e-13 * _deviation, 200);
        return TailInput.Finished(-(_mean + x), -(_mean + x) + ((Integral(x) - _integralAtEdge) / q));
    }

    /// <summary>Probability that the P&amp;L is at most <paramref name="pnl"/>.</summary>
    public double Cdf(double pnl) => _deviation > 0
        ? Math.Clamp(Distribution(Math.Clamp(pnl - _mean, -HalfWidth * _deviation, HalfWidth * _deviation)), 0, 1)
        : pnl >= _mean ? 1 : 0;

    /// <summary>From delta (n) and gamma (n x n) in independent standard normals.</summary>
    internal static QuadraticDistribution Of(double theta, double[] delta, double[] gamma)
    {
        var n = delta.Length;
        var decomposition = Matrix<double>.Build.Dense(n, n, gamma).Evd(Symmetricity.Symmetric);
        var curvatures = decomposition.EigenValues.Real().ToArray();
        var slopes = (decomposition.EigenVectors.Transpose() * Vector<double>.Build.Dense(delta)).ToArray();
        var (centre, variance) = (0.0, 0.0);
        for (var i = 0; i < n; i++)
        {
            centre += 0.5 * curvatures[i];
            variance += (slopes[i] * slopes[i]) + (0.5 * curvatures[i] * curvatures[i]);
        }

        return new QuadraticDistribution(theta + centre, Math.Sqrt(variance), slopes, curvatures, centre);
    }

    private double Distribution(double x) => 0.5 - Sum(x, integrated: false);

    // An antiderivative of the above: E[(x - P)+] but for a constant.
    private double Integral(double x) => (0.5 * x) - Sum(x, integrated: true);

    // Sum of Im[c e^(-i w x)], or of Re[c e^(-i w x)]/w: e^(-i w x) turns by the same angle from term to term.
    private double Sum(double x, bool integrated)
    {
        var (turnSine, turnCosine) = SineAndCosine(_step * x);
        var (sum, sine, cosine) = (0.0, 0.0, 0.0);
        for (var k = 0; k < _real.Length; k++)
        {
            (sine, cosine) = k % Turns == 0
                ? SineAndCosine((k + 0.5) * _step * x)
                : ((sine * turnCosine) + (cosine * turnSine), (cosine * turnCosine) - (sine * turnSine));
            sum += integrated
                ? ((_real[k] * cosine) + (_imaginary[k] * sine)) / ((k + 0.5) * _step)
                : (_imaginary[k] * cosine) - (_real[k] * sine);
        }

        return sum;
    }

    // One over the first half of the terms, then down to zero with two derivatives that vanish at both ends.
    private static double Fading(int term)
    {
        var u = Math.Max(0, (2.0 * term / MostTerms) - 1);
        return 1 - (u * u * u * (10 - (u * (15 - (6 * u)))));
    }

    // Of P less its mean. The square root of each factor is taken on its own: a root of the product would lose count of the turns.
    private static (double Real, double Imaginary, double Modulus) CharacteristicFunction(
        double t, double[] slopes, double[] curvatures, double centre)
    {
        var (re, im, log, phase) = (1.0, 0.0, 0.0, -centre * t);
        for (var i = 0; i < slopes.Length; i++)
        {
            var turn = curvatures[i] * t;
            var size = 1 + (turn * turn);
            var push = slopes[i] * slopes[i] * t * t / (2 * size);
            log -= push;
            phase -= push * turn;

            // (1 - i turn)^(-1/2) = sqrt((1 + i turn)/size), by the half-angle formulas.
            var root = Math.Sqrt(size);
            var rootRe = Math.Sqrt((root + 1) / (2 * size));
            var rootIm = Math.CopySign(Math.Sqrt((root - 1) / (2 * size)), turn);
            (re, im) = ((re * rootRe) - (im * rootIm), (re * rootIm) + (im * rootRe));
        }

        var scale = Elementary.Exp(log);
        var (sine, cosine) = SineAndCosine(phase);
        (re, im) = (scale * ((re * cosine) - (im * sine)), scale * ((re * sine) + (im * cosine)));
        return (re, im, Math.Sqrt((re * re) + (im * im)));
    }

    // Taylor series after taking off quarter turns; the C library's differ between machines. Good to 1e-15 for angles up to 1e6.
    private static (double Sine, double Cosine) SineAndCosine(double angle)
    {
        const double quarterHigh = 1.57079632673412561417; // pi/2 to 33 bits: a product with the count of quarters is exact
        const double quarterLow = 6.07710050650619224932e-11;
        var quarters = Math.Floor((angle * (2 / Math.PI)) + 0.5);
        var x = angle - (quarters * quarterHigh) - (quarters * quarterLow);
        var (sine, cosine, term) = (0.0, 0.0, 1.0);
        for (var n = 0; n < 18; n += 2)
        {
            cosine += term;
            sine += term *= x / (n + 1);
            term *= -x / (n + 2);
        }

        return ((long)quarters & 3) switch
        {
            0 => (sine, cosine),
            1 => (cosine, -sine),
            2 => (-sine, -cosine),
            _ => (-cosine, sine),
        };
    }
}
