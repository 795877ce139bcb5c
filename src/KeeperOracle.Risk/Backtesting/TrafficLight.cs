namespace KeeperOracle.Risk.Backtesting;

/// <summary>Basel's verdict on a number of exceptions.</summary>
public enum TrafficLightZone
{
    /// <summary>Cumulative probability up to 95 %: no evidence against the model.</summary>
    Green,

    /// <summary>Over 95 % up to 99.99 %: questions, and a higher multiplier.</summary>
    Yellow,

    /// <summary>Over 99.99 %: the model is presumed wrong.</summary>
    Red,
}

/// <summary>
/// The traffic light of Basel (1996, "Supervisory framework for the use of backtesting"), for any number of observations and any level. The
/// number of exceptions of a right model is binomial(n, p), p = 1 - level. The zone is set by P(X &lt;= x): green to .95, yellow to .9999,
/// then red; at 250 observations and 99 % that is 0-4, 5-9, 10 and more. The p-value is P(X &gt;= x), one-sided: it is the exact test of
/// too many.
/// <para>Increase of the multiplier of 3: nothing in green, 1 in red; in yellow what brings the observed share back to the level under a
/// normal distribution, 3 (z(level)/z(1 - x/n) - 1), within 0 and 1. For 250 observations at 99 % the multiplier uses Basel's own rounded
/// table (.40 .50 .65 .75 .85) instead.</para>
/// </summary>
public static class TrafficLight
{
    private const double BaseMultiplier = 3;
    private static readonly double[] BaselYellow = [.40, .50, .65, .75, .85]; // 5 to 9 exceptions in 250 at 99 %

    /// <summary>The verdict on <paramref name="exceptions"/>; <paramref name="probability"/> is 1 - level.</summary>
    public static TrafficLightOutcome Judge(int observations, int exceptions, double probability)
    {
        CoverageTests.CheckCounts(observations, exceptions, probability);
        var below = 0.0; // P(X < x), from term to term: C(n,k+1)/C(n,k) = (n-k)/(k+1)
        var logTerm = observations * Elementary.Log(1 - probability);
        var logOdds = Elementary.Log(probability) - Elementary.Log(1 - probability);
        for (var k = 0; k < exceptions; k++)
        {
            below += Elementary.Exp(logTerm);
            logTerm += logOdds + Elementary.Log((double)(observations - k) / (k + 1));
        }

        var atMost = exceptions == observations ? 1 : Math.Min(1, below + Elementary.Exp(logTerm));
        var atLeast = UpperTail(observations, exceptions, logTerm, logOdds);
        var zone = atMost <= 0.95 ? TrafficLightZone.Green : atMost <= 0.9999 ? TrafficLightZone.Yellow : TrafficLightZone.Red;
        var increase = Increase(zone, observations, exceptions, probability);
        var isBaselTable = observations == 250 && Math.Abs(probability - 0.01) < 1e-12 && zone == TrafficLightZone.Yellow;
        return new TrafficLightOutcome(
            zone, exceptions, atLeast, atMost, increase, BaseMultiplier + (isBaselTable ? BaselYellow[exceptions - 5] : increase));
    }

    /// <summary>P(X &gt;= x) summed upward from its own first term, so that a small p-value keeps its digits.</summary>
    private static double UpperTail(int observations, int exceptions, double logTerm, double logOdds)
    {
        if (exceptions == 0)
        {
            return 1;
        }

        var sum = 0.0;
        for (var k = exceptions; k <= observations; k++)
        {
            var term = Elementary.Exp(logTerm);
            sum += term;
            if (k == observations || (term < sum * 1e-18 && k > exceptions + 1))
            {
                break;
            }

            logTerm += logOdds + Elementary.Log((double)(observations - k) / (k + 1));
        }

        return Math.Min(1, sum);
    }

    private static double Increase(TrafficLightZone zone, int observations, int exceptions, double probability)
    {
        if (zone != TrafficLightZone.Yellow)
        {
            return zone == TrafficLightZone.Green ? 0 : 1;
        }

        var promised = Elementary.NormalQuantile(1 - probability);
        var observed = Elementary.NormalQuantile(1 - ((double)exceptions / observations));
        return observed <= 0 ? 1 : Math.Clamp(BaseMultiplier * ((promised / observed) - 1), 0, 1);
    }
}

/// <summary>
/// Zone, the number of exceptions, P(X &gt;= x) as p-value, P(X &lt;= x), the increase of the multiplier by the normal rule, and the
/// multiplier.
/// </summary>
public sealed record TrafficLightOutcome(
    TrafficLightZone Zone, int Statistic, double PValue, double CumulativeProbability, double Increase, double Multiplier);
