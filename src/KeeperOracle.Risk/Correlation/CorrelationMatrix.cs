using MathNet.Numerics.LinearAlgebra;

namespace KeeperOracle.Risk.Correlation;

/// <summary>
/// A correlation matrix: symmetric, ones on the diagonal, entries in [-1, 1], positive semidefinite. The type is the proof: every
/// estimator, overlay and repair of this folder returns one, and whatever needs a correlation takes one.
///
/// Estimators: <see cref="EwmaCorrelation"/> S = L S + (1-L) r r'; <see cref="DynamicConditionalCorrelation"/> DCC(1,1);
/// <see cref="LedoitWolf"/> shrinkage to the identity. Repair: <see cref="NearestCorrelation"/> (Higham, and eigenvalue clipping).
/// Stress: <see cref="StressedCorrelation"/>, a convex combination, so positive semidefinite again.
///
/// Shapes: n series; a matrix is a flat span of n x n, row after row; a sample of returns is a flat span of T x n, time after time
/// (all series of one time beside each other), oldest first. Returns are fractions per sample; correlations have no unit.
///
/// Rounding: differences to 1e-9 from symmetry, from a diagonal of one and from a smallest eigenvalue of zero are taken for rounding
/// (other libraries write .9999999999999999 on a diagonal) and the first two are evened out; anything larger is refused.
///
/// Eigenvalues come from MathNet.Numerics. They decide whether a matrix is accepted, and its repair; nothing signed depends on them.
/// </summary>
public sealed class CorrelationMatrix
{
    private const double Rounding = 1e-9;
    private const double SmallestPivot = 1e-12;
    private readonly double[] _values;

    /// <summary>Checks and copies.</summary>
    /// <exception cref="RiskInputException">
    /// `ShapeMismatch`, `NotFinite`, `NotSymmetric`, `DiagonalNotOne`, `CorrelationOutOfRange`, `NotPositiveSemidefinite`
    /// </exception>
    public CorrelationMatrix(int size, ReadOnlySpan<double> values)
    {
        _values = Checked(size, values);
        Size = size;
        var smallest = SmallestEigenvalue(size, _values);
        if (smallest < -Rounding * size)
        {
            throw new RiskInputException(
                "NotPositiveSemidefinite",
                $"The smallest eigenvalue is {smallest}: no series are correlated so. NearestCorrelation finds the nearest that can be.");
        }
    }

    private CorrelationMatrix(double[] trusted, int size) => (_values, Size) = (trusted, size);

    /// <summary>Number of series.</summary>
    public int Size { get; }

    /// <summary>n x n, row after row.</summary>
    public ReadOnlySpan<double> Values => _values;

    public double this[int row, int column] => _values[(row * Size) + column];

    /// <summary>No correlation at all.</summary>
    public static CorrelationMatrix Identity(int size) => Uniform(size, 0);

    /// <summary>The same correlation between every two series, at least -1/(n-1).</summary>
    public static CorrelationMatrix Uniform(int size, double correlation)
    {
        var values = new double[Math.Max(0, size) * Math.Max(0, size)];
        Array.Fill(values, correlation);
        for (var i = 0; i < size; i++)
        {
            values[(i * size) + i] = 1;
        }

        return new CorrelationMatrix(size, values);
    }

    /// <summary>
    /// The correlation of a covariance matrix, n x n: c_ij / sqrt(c_ii c_jj). The covariance must be positive semidefinite, as a sum of
    /// outer products is.
    /// </summary>
    /// <exception cref="RiskInputException">`ZeroVariance` of a series that never moves, and those of the constructor</exception>
    public static CorrelationMatrix FromCovariance(int size, ReadOnlySpan<double> covariance)
    {
        RequireShape(size, covariance.Length, size);
        var values = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            if (covariance[(i * size) + i] is not (> 0 and < double.PositiveInfinity))
            {
                throw new RiskInputException(
                    "ZeroVariance", $"Series {i} has variance {covariance[(i * size) + i]}: a correlation needs one over zero.");
            }
        }

        for (var i = 0; i < size; i++)
        {
            values[(i * size) + i] = 1;
            for (var j = 0; j < i; j++)
            {
                var scale = Math.Sqrt(covariance[(i * size) + i]) * Math.Sqrt(covariance[(j * size) + j]);
                var value = covariance[(i * size) + j] / scale;

                // Cauchy-Schwarz bounds it by one; division may round to the next double beyond.
                var rounded = Math.Abs(value) <= 1 + Rounding ? Math.Clamp(value, -1, 1) : value;
                values[(i * size) + j] = rounded;
                values[(j * size) + i] = rounded;
            }
        }

        return new CorrelationMatrix(size, values);
    }

    /// <summary>
    /// F with F F' equal to this matrix to 1e-12, n x n: Cholesky's factor with complete pivoting, which also factors a singular
    /// matrix (correlations of one). Its rows keep the order of the series; with pivoting it need not be triangular.
    /// </summary>
    public double[] Factor()
    {
        var n = Size;
        var rest = (double[])_values.Clone();
        var factor = new double[n * n];
        for (var step = 0; step < n; step++)
        {
            var pivot = LargestDiagonal(rest, n);
            var size = rest[(pivot * n) + pivot];
            if (size <= SmallestPivot)
            {
                break;
            }

            var root = Math.Sqrt(size);
            for (var i = 0; i < n; i++)
            {
                factor[(i * n) + step] = rest[(i * n) + pivot] / root;
            }

            for (var i = 0; i < n; i++)
            {
                for (var j = 0; j < n; j++)
                {
                    rest[(i * n) + j] -= factor[(i * n) + step] * factor[(j * n) + step];
                }
            }
        }

        return factor;
    }

    /// <summary>A convex combination of two proved matrices needs no second proof.</summary>
    internal static CorrelationMatrix Blend(CorrelationMatrix first, CorrelationMatrix second, double weightOfSecond)
    {
        var values = new double[first._values.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = ((1 - weightOfSecond) * first._values[i]) + (weightOfSecond * second._values[i]);
        }

        for (var i = 0; i < first.Size; i++)
        {
            values[(i * first.Size) + i] = 1; // (1 - w) + w may round to the double beside one
        }

        return new CorrelationMatrix(values, first.Size);
    }

    /// <summary>All that a matrix must be but positive semidefinite; a copy with rounding evened out.</summary>
    internal static double[] Checked(int size, ReadOnlySpan<double> values)
    {
        RequireShape(size, values.Length, size);
        var copy = values.ToArray();
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var (below, above) = (values[(i * size) + j], values[(j * size) + i]);
                RequireEntry(i, j, below, above);
                var entry = i == j ? 1 : (0.5 * below) + (0.5 * above);
                copy[(i * size) + j] = entry;
                copy[(j * size) + i] = entry;
            }
        }

        return copy;
    }

    internal static double SmallestEigenvalue(int size, double[] symmetric) =>
        Matrix<double>.Build.Dense(size, size, symmetric).Evd(Symmetricity.Symmetric).EigenValues.Real().Minimum();

    internal static void RequireShape(int size, int length, int rows)
    {
        if (size < 1 || length != (long)size * rows)
        {
            throw new RiskInputException(
                "ShapeMismatch", $"{length} values are not {rows} rows of {size}: give every series in every row.");
        }
    }

    private static void RequireEntry(int i, int j, double below, double above)
    {
        if (!double.IsFinite(below) || !double.IsFinite(above))
        {
            throw new RiskInputException("NotFinite", $"The correlation of {i} and {j} is not a number.");
        }

        if (Math.Abs(below - above) > Rounding)
        {
            throw new RiskInputException("NotSymmetric", $"The correlation of {i} and {j} is {below}, but of {j} and {i} {above}.");
        }

        if (i == j && Math.Abs(below - 1) > Rounding)
        {
            throw new RiskInputException("DiagonalNotOne", $"Series {i} has correlation {below} with itself; it must be 1.");
        }

        if (i != j && (Math.Abs(below) > 1 || Math.Abs(above) > 1))
        {
            throw new RiskInputException("CorrelationOutOfRange", $"The correlation of {i} and {j} is {below}; it lies between -1 and 1.");
        }
    }

    private static int LargestDiagonal(double[] values, int n)
    {
        var largest = 0;
        for (var i = 1; i < n; i++)
        {
            largest = values[(i * n) + i] > values[(largest * n) + largest] ? i : largest;
        }

        return largest;
    }
}
