namespace KeeperOracle.Risk.Liquidation;

/// <summary>Bisection on a yes-or-no question that changes its answer once.</summary>
internal static class MonotoneSearch
{
    /// <summary>
    /// The least number of (low, high] that satisfies, to the last bit: low does not satisfy, high does, and nothing is asked of either.
    /// Halving a finite interval of doubles ends; the bound is over the 2,100 halvings that the widest one takes.
    /// </summary>
    public static double Least(double low, double high, Func<double, bool> satisfies)
    {
        for (var i = 0; i < 2200; i++)
        {
            var middle = low + ((high - low) / 2);
            if (middle <= low || middle >= high)
            {
                break;
            }

            (low, high) = satisfies(middle) ? (low, middle) : (middle, high);
        }

        return high;
    }
}
