using System.Collections.Immutable;
using KeeperOracle.Risk.Backtesting;

namespace KeeperOracle.Risk.Policy;

/// <summary>Everything about a policy that may be chosen: estimator and tools, and when an update is worth a report.</summary>
public sealed record PolicyCandidate(AppliedVolatility Volatility, UpdateSettings Update)
{
    public override string ToString() =>
        $"lambda {Volatility.Lambda}, stress weight {Volatility.StressWeight}, floor share {Volatility.FloorShare}, loosen at "
        + $"{Update.LoosenDeviation:P0}";
}

/// <summary>
/// How one policy did over some days: what it asked for and whether that was enough. The requirement is initial M in force, per unit of
/// notional. A day is an exception where the next day's log loss is over z99 sigma sqrt(1 d), sigma the initial volatility in force: the
/// one-day 99 % loss that stands between BF and LT, so 1 % of days are expected. (Five-day losses against M overlap, and no test of
/// independent exceptions may judge them.)
/// </summary>
/// <param name="Margins">asked for, a day</param>
/// <param name="Unmitigated">of the plain EWMA, same days</param>
/// <param name="Exceptions">whether the next day's loss was over the one-day figure</param>
public sealed record PolicyTrack(ImmutableArray<double> Margins, ImmutableArray<double> Unmitigated, ImmutableArray<bool> Exceptions)
{
    /// <summary>Share of days that may be exceptions.</summary>
    public const double ExceptionProbability = 0.01;

    public ProcyclicalityMetrics Metrics() => ProcyclicalityMetrics.Measure(Margins.AsSpan(), Unmitigated.AsSpan());

    public int ExceptionCount => Exceptions.Count(one => one);

    /// <summary>Kupiec's test rejects it at 5 %, and for too many exceptions: too few cost capital, they do not uncover.</summary>
    public bool UnderCovers =>
        ExceptionCount > ExceptionProbability * Exceptions.Length
        && !CoverageTests.ProportionOfFailures(Exceptions.Length, ExceptionCount, ExceptionProbability).Passes();

    /// <summary>The days of a replay whose returns have indices from <paramref name="from"/> up to, without,
    /// <paramref name="to"/>.</summary>
    /// <exception cref="RiskInputException">TooFewObservations</exception>
    public static PolicyTrack Of(ReadOnlySpan<PolicyDay> days, ReadOnlySpan<double> returns, int from, int to)
    {
        var margins = ImmutableArray.CreateBuilder<double>();
        var unmitigated = ImmutableArray.CreateBuilder<double>();
        var exceptions = ImmutableArray.CreateBuilder<bool>();
        foreach (var day in days)
        {
            if (day.Return < from || day.Return >= to || day.Return + 1 >= returns.Length)
            {
                continue;
            }

            margins.Add(day.Initial);
            unmitigated.Add(day.Unmitigated);
            exceptions.Add(-returns[day.Return + 1] > Factors.CollateralFactors.OneDayMove(day.InitialVolatility));
        }

        return margins.Count > 0
            ? new PolicyTrack(margins.ToImmutable(), unmitigated.ToImmutable(), exceptions.ToImmutable())
            : throw new RiskInputException(
                "TooFewObservations", $"No day of the replay has a return from {from} to {to} and one after it.");
    }
}
