namespace KeeperOracle.Risk.Models;

/// <summary>Quantile (R type 7: linear, index (n-1)p) of a sample in ascending order, and the mean of that quantile function over its upper tail.</summary>
internal static class SortedSample
{
    public static double Quantile(IReadOnlyList<double> ascending, double probability)
    {
        var position = (ascending.Count - 1) * probability;
        var below = (int)Math.Floor(position);
        return below >= ascending.Count - 1
            ? ascending[^1]
            : ascending[below] + ((position - below) * (ascending[below + 1] - ascending[below]));
    }

    /// <summary>1/(1-p) times the integral of the quantile function from p to 1: exact, since the function is linear between order statistics.</summary>
    public static double TailMean(IReadOnlyList<double> ascending, double probability)
    {
        var last = ascending.Count - 1;
        if (last == 0)
        {
            return ascending[0];
        }

        var start = last * probability;
        var integral = 0.0;
        var from = start;
        while (from < last)
        {
            var to = Math.Min(last, Math.Floor(from) + 1);
            integral += 0.5 * (At(ascending, from) + At(ascending, to)) * (to - from);
            from = to;
        }

        return integral / (last - start);
    }

    private static double At(IReadOnlyList<double> ascending, double position)
    {
        var below = Math.Min((int)position, ascending.Count - 2);
        return ascending[below] + ((position - below) * (ascending[below + 1] - ascending[below]));
    }
}
