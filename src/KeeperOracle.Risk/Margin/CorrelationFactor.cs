namespace KeeperOracle.Risk.Margin;

/// <summary>
/// Lower triangular L with L L' = the correlation matrix, by Cholesky without pivoting; a zero pivot (perfect correlation) leaves a zero
/// column. Own arithmetic of +, -, x, / and square roots only, since seeded scenarios hang on its last bits.
/// </summary>
internal static class CorrelationFactor
{
    private const double Tolerance = 1e-9;

    /// <exception cref="RiskInputException">`NotACorrelation`: wrong size, not symmetric, no unit diagonal, not positive
    /// semi-definite</exception>
    public static double[,] Of(double[,] correlation, int size)
    {
        Require(correlation, size);
        var factor = new double[size, size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var rest = correlation[i, j];
                for (var k = 0; k < j; k++)
                {
                    rest -= factor[i, k] * factor[j, k];
                }

                if (i == j && rest < -Tolerance)
                {
                    throw new RiskInputException(
                        "NotACorrelation", $"The matrix is not positive semi-definite (pivot {i} is {rest}): repair it first.");
                }

                factor[i, j] = i == j ? Math.Sqrt(Math.Max(0, rest)) : factor[j, j] > Tolerance ? rest / factor[j, j] : 0;
            }
        }

        return factor;
    }

    private static void Require(double[,] correlation, int size)
    {
        if (correlation.GetLength(0) != size || correlation.GetLength(1) != size)
        {
            throw new RiskInputException(
                "NotACorrelation",
                $"The matrix is {correlation.GetLength(0)} x {correlation.GetLength(1)}; the portfolio has {size} underlyings.");
        }

        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var (value, wanted) = (correlation[i, j], i == j ? 1 : correlation[j, i]);
                if (!(Math.Abs(value - wanted) <= Tolerance) || !(Math.Abs(value) <= 1 + Tolerance))
                {
                    throw new RiskInputException(
                        "NotACorrelation", $"Entry ({i}, {j}) is {value}: entries lie from -1 to 1, symmetric, 1 on the diagonal.");
                }
            }
        }
    }
}
