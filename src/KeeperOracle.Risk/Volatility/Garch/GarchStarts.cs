using System.Runtime.Intrinsics;

namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// Where the ascents start: the likelihood over a fixed grid of persistence alpha + beta and of alpha's share in it, mu at the mean and omega at
/// 1 - alpha - beta (variance targeting), without derivatives and four points at a time. Every point that no neighbour beats is a start, the
/// best first.
/// </summary>
internal static class GarchStarts
{
    /// <summary>The most starts taken from the grid.</summary>
    public const int Maximum = 6;

    private const int Columns = 8;

    /// <summary>omega of a start is not under this, so that a grid point at alpha + beta = 1 has a variance to return to.</summary>
    private const double LeastOmega = 0.003;

    private static ReadOnlySpan<double> Persistences => [0.1, 0.4, 0.7, 0.85, 0.93, 0.97, 0.99, 1.0];

    private static ReadOnlySpan<double> Shares => [0.01, 0.03, 0.06, 0.12, 0.22, 0.4, 0.7, 1.0];

    /// <summary>Fills <paramref name="starts"/> and returns how many there are: at least one.</summary>
    public static int Find(in GarchSample sample, Span<GarchParameters> starts)
    {
        Span<double> values = stackalloc double[Persistences.Length * Columns];
        for (var i = 0; i < values.Length; i += 4)
        {
            Evaluate(sample, i).CopyTo(values[i..]);
        }

        Span<double> heights = stackalloc double[Maximum];
        var found = 0;
        for (var i = 0; i < values.Length; i++)
        {
            if (IsPeak(values, i))
            {
                found = Insert(Point(i), values[i], starts, heights, found);
            }
        }

        return found;
    }

    private static GarchParameters Point(int index)
    {
        var persistence = Persistences[index / Columns];
        var alpha = persistence * Shares[index % Columns];
        return new GarchParameters(0, Math.Max(LeastOmega, 1 - persistence), alpha, persistence - alpha);
    }

    /// <summary>-1/2 sum(ln h + q/h) at four grid points. Two samples share a division: q/h + r/k = (q k + r h) / (h k).</summary>
    private static Vector256<double> Evaluate(in GarchSample sample, int index)
    {
        var (a, b, c, d) = (Point(index), Point(index + 1), Point(index + 2), Point(index + 3));
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

    private static bool IsPeak(ReadOnlySpan<double> values, int index)
    {
        var (row, column) = (index / Columns, index % Columns);
        for (var i = Math.Max(0, row - 1); i <= Math.Min(Persistences.Length - 1, row + 1); i++)
        {
            for (var j = Math.Max(0, column - 1); j <= Math.Min(Columns - 1, column + 1); j++)
            {
                var other = (i * Columns) + j;

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
