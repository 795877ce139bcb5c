namespace KeeperOracle.Risk.Backtesting;

/// <summary>
/// Tests of a series of VaR exceptions against the probability p = 1 - level that the model promised.
/// An exception is a loss strictly over the VaR forecast for its period.
/// <para>POF (Kupiec 1995), n periods, x exceptions: LR = -2 ln[(1-p)^(n-x) p^x] + 2 ln[(1-x/n)^(n-x) (x/n)^x], chi-square with 1 degree.
/// Two-sided: too few exceptions fail it as well as too many.</para>
/// <para>CCI (Christoffersen 1998) over the n-1 transitions nij from state i to state j (1 = exception), p01 = n01/(n00+n01),
/// p11 = n11/(n10+n11), pi = (n01+n11)/(n00+n01+n10+n11): LR = -2 ln[(1-pi)^(n00+n10) pi^(n01+n11)]
/// + 2 ln[(1-p01)^n00 p01^n01 (1-p11)^n10 p11^n11], 1 degree. It sees first-order clustering only.</para>
/// <para>CC = POF + CCI, 2 degrees.</para>
/// <para>TUFF (Kupiec 1995), first exception in period k: LR = -2 ln[p (1-p)^(k-1)] + 2 ln[(1/k)(1-1/k)^(k-1)], 1 degree.
/// Without an exception in n periods there is no k. The test is then decided only where the earliest possible one, k = n + 1, would
/// already be too late (n over 1/p and rejected at the significance asked for): that statistic is reported. Otherwise there is no
/// statistic and the model is not rejected.</para>
/// <para>0 ln 0 = 0 throughout, so that x = 0, x = n and empty transition cells have finite statistics. A likelihood ratio is never under
/// zero; what rounding leaves under it is reported as zero. p-values are asymptotic: with an expected count under about 5 they are rough,
/// and <see cref="TrafficLight"/>, which is exact, should be read beside them.</para>
/// </summary>
public static class CoverageTests
{
    /// <summary>The significance used where the caller names none.</summary>
    public const double DefaultSignificance = 0.05;

    /// <summary>Kupiec's proportion of failures. <paramref name="probability"/> is 1 - level.</summary>
    public static TestOutcome ProportionOfFailures(int observations, int exceptions, double probability)
    {
        CheckCounts(observations, exceptions, probability);
        var survivors = observations - exceptions;
        var promised = LogLikelihood(survivors, exceptions, probability);
        var observed = LogLikelihood(survivors, exceptions, (double)exceptions / observations);
        return TestOutcome.LikelihoodRatio(2 * (observed - promised), 1);
    }

    /// <summary>Christoffersen's independence test. Without any transition there is nothing to reject: statistic 0, p-value 1.</summary>
    public static IndependenceOutcome Independence(ExceptionTransitions transitions)
    {
        transitions.Check();
        var (n00, n01, n10, n11) = (transitions.N00, transitions.N01, transitions.N10, transitions.N11);
        var same = LogLikelihoodAtShare((long)n00 + n10, (long)n01 + n11);
        var byState = LogLikelihoodAtShare(n00, n01) + LogLikelihoodAtShare(n10, n11);
        var test = TestOutcome.LikelihoodRatio(2 * (byState - same), 1);
        return new IndependenceOutcome(test.Statistic, test.DegreesOfFreedom, test.PValue, transitions);
    }

    /// <summary>Christoffersen's conditional coverage: the sum of the two statistics.</summary>
    public static TestOutcome ConditionalCoverage(TestOutcome proportionOfFailures, TestOutcome independence) =>
        TestOutcome.LikelihoodRatio(proportionOfFailures.Statistic!.Value + independence.Statistic!.Value, 2);

    /// <summary>
    /// Time until first failure. <paramref name="firstException"/> counts periods from 1; null where there was none in
    /// <paramref name="observations"/> periods.
    /// </summary>
    public static FirstFailureOutcome TimeUntilFirstFailure(
        int observations, int? firstException, double probability, double significance = DefaultSignificance)
    {
        CheckCounts(observations, firstException is null ? 0 : 1, probability);
        if (firstException is { } period)
        {
            if (period < 1 || period > observations)
            {
                throw new RiskInputException(
                    "InconsistentCounts", $"The first exception is in period {period}, outside 1 to {observations}.");
            }

            return FirstFailure(FirstFailureRatio(period, probability), period);
        }

        var earliest = FirstFailureRatio(observations + 1L, probability);
        var tooLate = observations > 1 / probability && earliest.PValue < significance;
        return FirstFailure(tooLate ? earliest : TestOutcome.Undecided(1), null);
    }

    private static FirstFailureOutcome FirstFailure(TestOutcome test, int? period) =>
        new(test.Statistic, test.DegreesOfFreedom, test.PValue, period);

    private static TestOutcome FirstFailureRatio(long period, double probability)
    {
        var promised = LogLikelihood(period - 1, 1, probability);
        var observed = LogLikelihoodAtShare(period - 1, 1);
        return TestOutcome.LikelihoodRatio(2 * (observed - promised), 1);
    }

    /// <summary>ln[(1-q)^a q^b], with 0 ln 0 = 0.</summary>
    private static double LogLikelihood(long a, long b, double q) =>
        (a == 0 ? 0 : a * Elementary.Log(1 - q)) + (b == 0 ? 0 : b * Elementary.Log(q));

    private static double LogLikelihoodAtShare(long a, long b) => a + b == 0 ? 0 : LogLikelihood(a, b, (double)b / (a + b));

    internal static void CheckCounts(int observations, int exceptions, double probability)
    {
        if (observations < 1)
        {
            throw new RiskInputException("TooFewObservations", $"A coverage test needs at least one observation, not {observations}.");
        }

        if (exceptions < 0 || exceptions > observations)
        {
            throw new RiskInputException("InconsistentCounts", $"{exceptions} exceptions in {observations} observations cannot be.");
        }

        CheckProbability(probability);
    }

    internal static void CheckProbability(double probability)
    {
        if (probability is not (> 0 and < 1))
        {
            throw new RiskInputException(
                "LevelOutOfRange", $"The probability of an exception, 1 - level, lies between 0 and 1; it is {probability}.");
        }
    }
}
