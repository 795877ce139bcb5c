using System.Runtime.Intrinsics;

namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// Where the ascents start: the likelihood over a fixed grid, without derivatives and four points at a time. Every point that no
/// neighbour beats is a start, the best first.
/// <para>
/// The first grid is of persistence alpha + beta and of alpha's share in it, mu at the mean and omega at 1 - alpha - beta (variance
/// targeting). The second serves series that show little of a GARCH, whose maximum may have alpha = 0. There h_t = VL + beta^t (mean(e^2)
/// - VL) moves from the sample's mean square to VL, and every beta with VL = mean(e^2) is the same constant variance: a ridge of saddle
/// points, from which a gradient does not lead away. So it starts beside the ridge, at the best VL for spans of the move from one sample
/// to the whole series.
/// </para>
/// </summary>
internal static class GarchStarts
{
    /// <summary>The most starts taken from the grid.</summary>
    public const int Maximum = 6;

    /// <summary>omega of a start is not under this, in sample variances.</summary>
    private const double LeastOmega = 1e-6;

    /// <summary>How far under the best the log-likelihood of a point without alpha may be and still start an ascent.</summary>
    private const double Reach = 3;

    private static ReadOnlySpan<double> Persistences => [0.1, 0.4, 0.7, 0.85, 0.93, 0.97, 0.99, 0.997];

    private static ReadOnlySpan<double> Shares => [0.01, 0.03, 0.06, 0.12, 0.22, 0.4, 0.7, 1.0];

    /// <summary>How many spans of the second grid, each the series' length to the power 1/8 times the one before it.</summary>
    private const int Spans = 12;

    /// <summary>Fills <paramref name="starts"/> from the grid and returns how many there are: at least one.</summary>
    public static int Find(in GarchSample sample, Span<GarchParameters> starts)
    {
        Span<GarchParameters> points = stackalloc GarchParameters[Persistences.Length * Shares.Length];
        for (var i = 0; i < points.Length; i++)
        {
            var persistence = Persistences[i / Shares.Length];
            var alpha = persistence * Shares[i % Shares.Length];
            points[i] = new GarchParameters(0, 1 - persistence, alpha, persistence - alpha);
        }

        return Peaks(sample, points, Persistences.Length, double.NegativeInfinity, starts);
    }

    /// <summary>
    /// The same from the grid without alpha, of points that could yet come over <paramref name="best"/>: none, for most series.
    /// </summary>
    public static int FindWithoutAlpha(in GarchSample sample, double best, Span<GarchParameters> starts)
    {
        Span<GarchParameters> points = stackalloc GarchParameters[Spans];
        var stretch = Math.Sqrt(Math.Sqrt(Math.Sqrt(sample.Count)));
        var span = 1.5;
        foreach (ref var point in points)
        {
            var beta = 1 - (1 / span);
            point = new GarchParameters(0, Math.Max(LeastOmega, BestLevel(sample, beta) / span), 0, beta);
            span *= stretch;
        }

        return Peaks(sample, points, 1, best - Reach, starts);
    }

    /// <summary>The same from the row alpha + beta = 1 with next to no omega, where a variance has no level to return to.</summary>
    public static int FindIntegrated(in GarchSample sample, double best, Span<GarchParameters> starts)
    {
        Span<GarchParameters> points = stackalloc GarchParameters[Shares.Length];
        for (var i = 0; i < points.Length; i++)
        {
            points[i] = new GarchParameters(0, LeastOmega, Shares[i], 1 - Shares[i]);
        }

        return Peaks(sample, points, 1, best - Reach, starts);
    }

    /// <summary>
    /// VL with the highest likelihood for this beta, to first order around the constant variance: with w_t = 1 - beta^t the score with
    /// respect to VL is sum w_t (q_t - 1) / 2 and its information sum w_t^2 / 2.
    /// </summary>
    private static double BestLevel(in GarchSample sample, double beta)
    {
        var (weight, score, information) = (beta, 0.0, 0.0);
        foreach (var y in sample.Y)
        {
            score += (1 - weight) * ((y * y) - 1);
            information += (1 - weight) * (1 - weight);
            weight *= beta;
        }

        return 1 + (score / information);
    }

    /// <summary>Fills the starts with the points over the least that no neighbour beats.</summary>
    private static int Peaks(
        in GarchSample sample, ReadOnlySpan<GarchParameters> points, int rows, double least, Span<GarchParameters> starts)
    {
        Span<double> values = stackalloc double[points.Length];
        for (var i = 0; i < values.Length; i += 4)
        {
            Evaluate(sample, points.Slice(i, 4)).CopyTo(values[i..]);
        }

        Span<double> heights = stackalloc double[Maximum];
        var found = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] > least && IsPeak(values, points.Length / rows, i))
            {
                found = Insert(points[i], values[i], starts, heights, found);
            }
        }

        return found;
    }

    /// <summary>-1/2 sum(ln h + q/h) at four grid points. Two samples share a division: q/h + r/k = (q k + r h) / (h k).</summary>
    private static Vector256<double> Evaluate(in GarchSample sample, ReadOnlySpan<GarchParameters> points)
    {
        var (a, b, c, d) = (points[0], points[1], points[2], points[3]);
        var omega = Vector256.Create(a.Omega, b.Omega, c.Omega, d.Omega);
        var alpha = Vector256.Create(a.Alpha, b.Alpha, c.Alpha, d.Alpha);
        var beta = Vector256.Create(a.Beta, b.Beta, c.Beta, d.Beta);
        var h = omega + ((alpha + beta) * sample.MeanSquare(0));
        var (squares, product, logarithms) = (Vector256<double>.Zero, Vector256<double>.One, LogarithmSum.Empty);
        var y = sample.Y;
        var t = 0;
        for (; t + 1 < y.Length; t += 2)
        {
            var q = Vector256.Create(y[t] * y[t]);
            var r = Vector256.Create(y[t + 1] * y[t + 1]);
            var k = Vector256.FusedMultiplyAdd(beta, h, Vector256.FusedMultiplyAdd(alpha, q, omega));
            var both = h * k;
            squares += Vector256.FusedMultiplyAdd(q, k, r * h) / both;
            product *= both;
            h = Vector256.FusedMultiplyAdd(beta, k, Vector256.FusedMultiplyAdd(alpha, r, omega));
            if ((t & 14) == 14)
            {
                logarithms.Add(product);
                product = Vector256<double>.One;
            }
        }

        if (t < y.Length)
        {
            squares += Vector256.Create(y[t] * y[t]) / h;
            product *= h;
        }

        logarithms.Add(product);
        return -0.5 * (logarithms.ByLane() + squares);
    }

    private static bool IsPeak(ReadOnlySpan<double> values, int columns, int index)
    {
        var (row, column) = (index / columns, index % columns);
        for (var i = Math.Max(0, row - 1); i <= Math.Min((values.Length / columns) - 1, row + 1); i++)
        {
            for (var j = Math.Max(0, column - 1); j <= Math.Min(columns - 1, column + 1); j++)
            {
                var other = (i * columns) + j;

                // Of two equal points the first is the peak: a plateau has one start.
                if (values[other] > values[index] || (values[other] == values[index] && other < index))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Keeps the starts in the order of their height, the lowest falling out when there are too many.</summary>
    private static int Insert(GarchParameters point, double height, Span<GarchParameters> starts, Span<double> heights, int count)
    {
        var at = count;
        while (at > 0 && height > heights[at - 1])
        {
            at--;
        }

        if (at == Maximum)
        {
            return count;
        }

        var kept = Math.Min(count, Maximum - 1);
        for (var i = kept; i > at; i--)
        {
            (starts[i], heights[i]) = (starts[i - 1], heights[i - 1]);
        }

        (starts[at], heights[at]) = (point, height);
        return kept + 1;
    }
}
