namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// The inner problem of <see cref="SviFit"/>: for given m and s the best a, p, q. Of the convex problem every choice of which of p and q
/// stand at an end of [0, s] (and a at zero) is solved, and the best one that stays inside is the answer.
/// </summary>
internal sealed class SviLeastSquares(double[] k, double[] w, double[] weight)
{
    private enum End
    {
        Free,
        Lower,
        Upper,
    }

    public (double A, double P, double Q, double Error) Solve(double m, double s)
    {
        // Columns 1, sqrt(y^2+1)+y, sqrt(y^2+1)-y and the total variances; their weighted products.
        Span<double> products = stackalloc double[16];
        Span<double> row = stackalloc double[4];
        products.Clear();
        for (var i = 0; i < k.Length; i++)
        {
            var y = (k[i] - m) / s;
            var root = Math.Sqrt((y * y) + 1);
            (row[0], row[1], row[2], row[3]) = (1, y > 0 ? root + y : 1 / (root - y), y > 0 ? 1 / (root + y) : root - y, w[i]);
            for (var r = 0; r < 4; r++)
            {
                for (var c = 0; c < 4; c++)
                {
                    products[(4 * r) + c] += weight[i] * row[r] * row[c];
                }
            }
        }

        var best = Best(products, s, End.Free);
        best = best.A + (2 * Math.Sqrt(best.P * best.Q)) >= 0 ? best : Best(products, s, End.Lower);
        return best with { Error = Error(best, m, s) };
    }

    /// <param name="level">free, or not under zero: then free where that is over zero, else zero</param>
    private static (double A, double P, double Q, double Error) Best(ReadOnlySpan<double> products, double s, End level)
    {
        var best = (A: 0.0, P: 0.0, Q: 0.0, Error: double.PositiveInfinity);
        Span<double> x = stackalloc double[3];
        foreach (var a in level == End.Free ? [End.Free] : new[] { End.Free, End.Lower })
        {
            foreach (var p in Enum.GetValues<End>())
            {
                foreach (var q in Enum.GetValues<End>())
                {
                    if (!Candidate(products, s, [a, p, q], x) || (level != End.Free && x[0] < 0))
                    {
                        continue;
                    }

                    var error = Error(products, x);
                    if (error < best.Error)
                    {
                        best = (x[0], x[1], x[2], error);
                    }
                }
            }
        }

        return best;
    }

    /// <summary>Solves for what is free, by Cholesky's decomposition; false where that leaves the box or is not determined.</summary>
    private static bool Candidate(ReadOnlySpan<double> products, double s, ReadOnlySpan<End> ends, Span<double> x)
    {
        Span<double> factor = stackalloc double[9];
        Span<double> right = stackalloc double[3];
        for (var i = 0; i < 3; i++)
        {
            x[i] = ends[i] == End.Upper ? s : 0;
        }

        for (var i = 0; i < 3; i++)
        {
            if (ends[i] != End.Free)
            {
                continue;
            }

            right[i] = products[(4 * i) + 3];
            for (var j = 0; j < 3; j++)
            {
                right[i] -= ends[j] == End.Free ? 0 : products[(4 * i) + j] * x[j];
            }

            for (var j = 0; j <= i; j++)
            {
                if (ends[j] != End.Free)
                {
                    continue;
                }

                var sum = products[(4 * i) + j];
                for (var l = 0; l < j; l++)
                {
                    sum -= factor[(3 * i) + l] * factor[(3 * j) + l];
                }

                if (i == j && !(sum > 1e-14 * products[5 * i]))
                {
                    return false;
                }

                factor[(3 * i) + j] = i == j ? Math.Sqrt(sum) : sum / factor[4 * j];
            }

            for (var l = 0; l < i; l++)
            {
                right[i] -= factor[(3 * i) + l] * right[l];
            }

            right[i] /= factor[4 * i];
        }

        for (var i = 2; i >= 0; i--)
        {
            if (ends[i] == End.Free)
            {
                for (var l = i + 1; l < 3; l++)
                {
                    right[i] -= factor[(3 * l) + i] * right[l];
                }

                x[i] = right[i] /= factor[4 * i];
            }
        }

        return x[1] >= 0 && x[1] <= s && x[2] >= 0 && x[2] <= s;
    }

    /// <summary>The weighted sum of squares, quote by quote: from the products, most of its digits would be rounding.</summary>
    private double Error((double A, double P, double Q, double Error) fitted, double m, double s)
    {
        var sum = 0.0;
        for (var i = 0; i < k.Length; i++)
        {
            var y = (k[i] - m) / s;
            var root = Math.Sqrt((y * y) + 1);
            var error = fitted.A + ((fitted.P + fitted.Q) * root) + ((fitted.P - fitted.Q) * y) - w[i];
            sum += weight[i] * error * error;
        }

        return sum;
    }

    /// <summary>The weighted sum of squares, near enough to choose between candidates.</summary>
    private static double Error(ReadOnlySpan<double> products, ReadOnlySpan<double> x)
    {
        var sum = products[15];
        for (var i = 0; i < 3; i++)
        {
            sum -= 2 * x[i] * products[(4 * i) + 3];
            for (var j = 0; j < 3; j++)
            {
                sum += x[i] * x[j] * products[(4 * i) + j];
            }
        }

        return Math.Max(0, sum);
    }
}
