namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// Small dense linear algebra for the four parameters, over those that are free: a matrix is 16 numbers row by row, and the rows and
/// columns that are not free are as if they were not there. Only +, -, *, / and square roots, in one order.
/// </summary>
internal static class SymmetricSystem
{
    public const int Size = 4;

    /// <summary>A pivot under this share of its diagonal is lost in rounding: the matrix counts as singular.</summary>
    private const double LeastPivot = 1e-13;

    /// <summary>The lower Cholesky factor of the free part of <paramref name="matrix"/>; false where it is not positive definite.</summary>
    public static bool Factor(ReadOnlySpan<double> matrix, ReadOnlySpan<bool> free, Span<double> factor)
    {
        factor.Clear();
        for (var j = 0; j < Size; j++)
        {
            if (!free[j])
            {
                factor[(Size * j) + j] = 1;
                continue;
            }

            for (var i = j; i < Size; i++)
            {
                if (!free[i])
                {
                    continue;
                }

                var sum = matrix[(Size * i) + j];
                for (var k = 0; k < j; k++)
                {
                    sum -= factor[(Size * i) + k] * factor[(Size * j) + k];
                }

                if (i > j)
                {
                    factor[(Size * i) + j] = sum / factor[(Size * j) + j];
                }
                else if (sum > LeastPivot * matrix[(Size * j) + j])
                {
                    factor[(Size * j) + j] = Math.Sqrt(sum);
                }
                else
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Solves in place; entries that are not free must be zero and stay so.</summary>
    public static void Solve(ReadOnlySpan<double> factor, Span<double> vector)
    {
        for (var i = 0; i < Size; i++)
        {
            for (var k = 0; k < i; k++)
            {
                vector[i] -= factor[(Size * i) + k] * vector[k];
            }

            vector[i] /= factor[(Size * i) + i];
        }

        for (var i = Size - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < Size; k++)
            {
                vector[i] -= factor[(Size * k) + i] * vector[k];
            }

            vector[i] /= factor[(Size * i) + i];
        }
    }
}
