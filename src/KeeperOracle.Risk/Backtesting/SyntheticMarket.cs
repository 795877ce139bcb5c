namespace KeeperOracle.Risk.Backtesting;

/// <summary>
/// A made price path for trying the backtest without data: GARCH(1,1) returns with Student-t(5) shocks of unit variance (omega for a daily
/// volatility of 3.5 %, alpha .09, beta .89, no drift), and after three fifths of the days one crash of -35 % whose square enters the
/// recursion. It has clustered volatility, fat tails and a shock, and says nothing of any market.
/// </summary>
public static class SyntheticMarket
{
    private const double Alpha = 0.09;
    private const double Beta = 0.89;
    private const double LongRunVariance = 0.035 * 0.035;
    private const int DegreesOfFreedom = 5;
    private const double CrashReturn = -0.43078291609245428; // ln .65

    /// <summary>Prices of <paramref name="days"/> + 1 days from 1000 on; the same seed gives the same path on every machine.</summary>
    public static double[] Prices(ulong seed, int days)
    {
        if (days < 1)
        {
            throw new RiskInputException("TooFewObservations", $"A path of {days} days has no return.");
        }

        var random = new SeededRandom(seed);
        var prices = new double[days + 1];
        prices[0] = 1000;
        var variance = LongRunVariance;
        for (var t = 0; t < days; t++)
        {
            var move = t == days * 3 / 5 ? CrashReturn : Math.Sqrt(variance) * UnitStudent(random);
            prices[t + 1] = prices[t] * Elementary.Exp(move);
            variance = (LongRunVariance * (1 - Alpha - Beta)) + (Alpha * move * move) + (Beta * variance);
        }

        return prices;
    }

    private static double UnitStudent(SeededRandom random)
    {
        var chiSquare = 0.0;
        for (var i = 0; i < DegreesOfFreedom; i++)
        {
            var z = random.NextNormal();
            chiSquare += z * z;
        }

        // t = z / sqrt(chi2/nu) has variance nu/(nu-2); this has one.
        return random.NextNormal() * Math.Sqrt((DegreesOfFreedom - 2) / chiSquare);
    }
}
