namespace KeeperOracle.Risk.Volatility;

/// <summary>What every estimator asks of returns before it squares them.</summary>
internal static class ObservedReturns
{
    private const double Largest = 1e100;

    /// <summary>Refuses the first return that is not a number, or whose square would be past every number.</summary>
    public static void Check(ReadOnlySpan<double> returns)
    {
        for (var i = 0; i < returns.Length; i++)
        {
            if (!double.IsFinite(returns[i]))
            {
                throw new RiskInputException("NotFinite", $"Return {i} is {returns[i]}: remove it or give its value.");
            }

            if (Math.Abs(returns[i]) > Largest)
            {
                throw new RiskInputException("ScaleOutOfRange", $"Return {i} is {returns[i]:R}: bring the series under {Largest:R}.");
            }
        }
    }
}
