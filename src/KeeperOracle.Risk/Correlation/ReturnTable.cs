namespace KeeperOracle.Risk.Correlation;

/// <summary>A sample of several series as a flat span of T x n: what every estimator asks of it.</summary>
internal static class ReturnTable
{
    /// <summary>Fourth powers of anything up to here are finite; no return and no P&amp;L in any unit of account is larger.</summary>
    internal const double Largest = 1e60;

    /// <summary>Number of rows T.</summary>
    /// <exception cref="RiskInputException">`ShapeMismatch`, `TooFewObservations`, `NotFinite`, `TooLarge`</exception>
    internal static int RequireRows(int size, ReadOnlySpan<double> returns, int minimum)
    {
        if (size < 1 || returns.Length % size != 0)
        {
            throw new RiskInputException("ShapeMismatch", $"{returns.Length} returns are not whole rows of {size} series.");
        }

        var count = returns.Length / size;
        if (count < minimum)
        {
            throw new RiskInputException("TooFewObservations", $"{count} rows of returns; at least {minimum} are needed.");
        }

        for (var i = 0; i < returns.Length; i++)
        {
            RequireUsable(returns[i], i / size, i % size);
        }

        return count;
    }

    /// <summary>Mean of r r', n x n.</summary>
    internal static double[] SecondMoment(int size, ReadOnlySpan<double> returns)
    {
        var count = returns.Length / size;
        var moment = new double[size * size];
        for (var t = 0; t < count; t++)
        {
            var row = returns.Slice(t * size, size);
            for (var i = 0; i < size; i++)
            {
                for (var j = 0; j < size; j++)
                {
                    moment[(i * size) + j] += row[i] * row[j];
                }
            }
        }

        for (var i = 0; i < moment.Length; i++)
        {
            moment[i] /= count;
        }

        return moment;
    }

    /// <summary>A copy with the mean of each series taken off.</summary>
    internal static double[] Centred(int size, ReadOnlySpan<double> returns)
    {
        var count = returns.Length / size;
        var means = new double[size];
        for (var i = 0; i < returns.Length; i++)
        {
            means[i % size] += returns[i] / count;
        }

        var centred = new double[returns.Length];
        for (var i = 0; i < returns.Length; i++)
        {
            centred[i] = returns[i] - means[i % size];
        }

        return centred;
    }

    private static void RequireUsable(double value, int row, int series)
    {
        if (!double.IsFinite(value))
        {
            throw new RiskInputException("NotFinite", $"The return of series {series} in row {row} is {value}.");
        }

        if (Math.Abs(value) > Largest)
        {
            throw new RiskInputException(
                "TooLarge", $"The return of series {series} in row {row} is {value}, over {Largest}: check its unit.");
        }
    }
}
