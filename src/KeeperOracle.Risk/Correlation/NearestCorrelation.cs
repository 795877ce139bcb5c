using MathNet.Numerics.LinearAlgebra;

namespace KeeperOracle.Risk.Correlation;

/// <summary>
/// Repair of a symmetric matrix with unit diagonal that is not positive semidefinite (correlations estimated pair by pair, or changed by
/// hand). <see cref="Higham"/> finds the nearest correlation matrix in the Frobenius norm by alternating projections with Dykstra's
/// correction (Higham 2002, "Computing the nearest correlation matrix", algorithm 3.3); <see cref="ClipEigenvalues"/> is the quick form:
/// negative eigenvalues to zero, diagonal scaled back to one, farther away but one decomposition. Both results are proved by their type.
/// </summary>
public static class NearestCorrelation
{
    private const double Tolerance = 1e-12;
    private const int MostIterations = 2000;

    /// <summary>What repair gives.</summary>
    /// <param name="Distance">Frobenius norm of the change</param>
    /// <param name="Converged">false where the limit of iterations was met: the matrix is a correlation matrix, but not yet the
    /// nearest</param>
    public sealed record Repaired(CorrelationMatrix Matrix, double Distance, int Iterations, bool Converged);

    /// <exception cref="RiskInputException">`ShapeMismatch`, `NotFinite`, `NotSymmetric`, `DiagonalNotOne`,
    /// `CorrelationOutOfRange`</exception>
    public static Repaired Higham(int size, ReadOnlySpan<double> values)
    {
        var given = Matrix<double>.Build.Dense(size, size, CorrelationMatrix.Checked(size, values));
        var current = given.Clone();
        var correction = Matrix<double>.Build.Dense(size, size);
        var converged = false;
        var iterations = 0;
        while (!converged && iterations < MostIterations)
        {
            var shifted = current - correction;
            var projected = Semidefinite(shifted);
            correction = projected - shifted;
            var next = projected.Clone();
            next.SetDiagonal(Vector<double>.Build.Dense(size, 1));
            converged = (next - current).FrobeniusNorm() <= Tolerance * size;
            current = next;
            iterations++;
        }

        var matrix = UnitDiagonal(Semidefinite(current));
        return new Repaired(matrix, Distance(matrix, given), iterations, converged);
    }

    /// <summary>The quick form.</summary>
    /// <exception cref="RiskInputException">as <see cref="Higham"/></exception>
    public static Repaired ClipEigenvalues(int size, ReadOnlySpan<double> values)
    {
        var given = Matrix<double>.Build.Dense(size, size, CorrelationMatrix.Checked(size, values));
        var matrix = UnitDiagonal(Semidefinite(given));
        return new Repaired(matrix, Distance(matrix, given), 1, true);
    }

    private static Matrix<double> Semidefinite(Matrix<double> symmetric)
    {
        var decomposition = symmetric.Evd(Symmetricity.Symmetric);
        var eigenvalues = decomposition.EigenValues.Real();
        if (eigenvalues.Minimum() >= 0)
        {
            return symmetric.Clone();
        }

        var vectors = decomposition.EigenVectors;
        return vectors * Matrix<double>.Build.DenseOfDiagonalVector(eigenvalues.PointwiseMaximum(0)) * vectors.Transpose();
    }

    // The diagonal of a projection is at least that of the matrix, so never zero here.
    private static CorrelationMatrix UnitDiagonal(Matrix<double> semidefinite) =>
        CorrelationMatrix.FromCovariance(semidefinite.RowCount, semidefinite.ToRowMajorArray());

    private static double Distance(CorrelationMatrix matrix, Matrix<double> given) =>
        (Matrix<double>.Build.Dense(matrix.Size, matrix.Size, matrix.Values.ToArray()) - given).FrobeniusNorm();
}
