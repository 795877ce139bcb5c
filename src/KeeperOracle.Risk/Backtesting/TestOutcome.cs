namespace KeeperOracle.Risk.Backtesting;

/// <summary>
/// What a test found: its statistic, the degrees of freedom of its chi-square distribution, and the probability of a statistic at least as
/// extreme under a right model. Statistic and p-value are null where the sample cannot decide (see the test).
/// </summary>
public record TestOutcome(double? Statistic, int DegreesOfFreedom, double? PValue)
{
    /// <summary>A likelihood ratio against its chi-square distribution, closed for 1 and 2 degrees of freedom.</summary>
    internal static TestOutcome LikelihoodRatio(double ratio, int degrees)
    {
        var statistic = Math.Max(0, ratio);
        var p = degrees switch
        {
            1 => Math.Min(1, 2 * Elementary.NormalCdf(-Math.Sqrt(statistic))),
            2 => Elementary.Exp(-statistic / 2),
            _ => throw new ArgumentOutOfRangeException(nameof(degrees), degrees, "The coverage tests have 1 or 2 degrees of freedom."),
        };
        return new TestOutcome(statistic, degrees, p);
    }

    internal static TestOutcome Undecided(int degrees) => new(null, degrees, null);

    /// <summary>Whether the model is kept at this significance; a sample that cannot decide keeps it.</summary>
    public bool Passes(double significance = CoverageTests.DefaultSignificance) => PValue is not { } p || p >= significance;
}

/// <summary>How often a period in state i (1 = exception) was followed by one in state j.</summary>
public readonly record struct ExceptionTransitions(int N00, int N01, int N10, int N11)
{
    public static ExceptionTransitions Of(ReadOnlySpan<bool> exceptions)
    {
        Span<int> counts = stackalloc int[4];
        counts.Clear();
        for (var t = 1; t < exceptions.Length; t++)
        {
            counts[(exceptions[t - 1] ? 2 : 0) + (exceptions[t] ? 1 : 0)]++;
        }

        return new ExceptionTransitions(counts[0], counts[1], counts[2], counts[3]);
    }

    internal void Check()
    {
        if (N00 < 0 || N01 < 0 || N10 < 0 || N11 < 0)
        {
            throw new RiskInputException("InconsistentCounts", $"Transitions are counts, not {N00}, {N01}, {N10}, {N11}.");
        }
    }
}

/// <summary>The independence test and the transitions it counted.</summary>
public sealed record IndependenceOutcome(double? Statistic, int DegreesOfFreedom, double? PValue, ExceptionTransitions Transitions)
    : TestOutcome(Statistic, DegreesOfFreedom, PValue);

/// <summary>Time until first failure: the period of the first exception, from 1, or null.</summary>
public sealed record FirstFailureOutcome(double? Statistic, int DegreesOfFreedom, double? PValue, int? FirstException)
    : TestOutcome(Statistic, DegreesOfFreedom, PValue);
