using System.Runtime.InteropServices;
using KeeperOracle.Risk.Models;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Risk.Backtesting;

/// <summary>
/// The tests of expected shortfall of Acerbi and Szekely (2014). L loss (positive), X = -L, I exception (L over VaR), a = 1 - level, T
/// periods:
/// <para>Z1 = sum(X I / ES)/sum(I) + 1: how bad exceptions are, given that they happen; undefined without any, and held against simulated
/// samples that have one.</para>
/// <para>Z2 = sum(X I / ES)/(T a) + 1: how bad and how many. Both are 0 in expectation under a right model and negative where risk was
/// understated; Z2 = 1 without exceptions.</para>
/// <para>p-value: the share of simulated samples with a statistic at most the observed one (one-sided, (1 + count)/(1 + paths), so never
/// zero). The null is the model itself: every period's loss is drawn from the law the model forecast for it. All our models are of the form
/// location + scale x law, and the location is small against the tail, so that L/ES of an exception is that of the unit law, drawn by its
/// rank among the losses over the quantile: neither scale nor location matters and only exceptions need be drawn. Critical values are the 5
/// % and 1 % quantiles (type 7) of the same paths. For 250 periods at 97.5 % the authors give -.70 for Z2 at 5 %, over Student-t
/// laws.</para>
/// </summary>
public static class ShortfallTests
{
    /// <summary>Paths where the caller names no number: the p-value's standard error at 5 % is then .2 %.</summary>
    public const int DefaultPaths = 10_000;

    /// <summary>Both tests. Losses and forecasts per period, <paramref name="laws"/> the unit law behind each forecast.</summary>
    public static ShortfallOutcomes Run(
        ReadOnlySpan<double> losses, ReadOnlySpan<TailForecast> forecasts, double level, IReadOnlyList<ResidualLaw> laws, ulong seed,
        int paths = DefaultPaths)
    {
        var (z1, z2) = Statistics(losses, forecasts, level);
        if (laws.Count != losses.Length)
        {
            throw new RiskInputException("LengthMismatch", $"{losses.Length} losses need as many laws, not {laws.Count}.");
        }

        if (paths < 1)
        {
            throw new RiskInputException("TooFewPaths", $"A simulated p-value needs at least one path, not {paths}.");
        }

        var null1 = new List<double>(paths);
        var null2 = new List<double>(paths);
        Simulate(level, laws, seed, paths, null1, null2);
        return new ShortfallOutcomes(Outcome(z1, null1), Outcome(z2, null2)!);
    }

    /// <summary>The two statistics alone; Z1 is null without exceptions.</summary>
    public static (double? Z1, double Z2) Statistics(ReadOnlySpan<double> losses, ReadOnlySpan<TailForecast> forecasts, double level)
    {
        Check(losses, forecasts, level);
        var sum = 0.0;
        var exceptions = 0;
        for (var t = 0; t < losses.Length; t++)
        {
            if (losses[t] > forecasts[t].Var)
            {
                sum -= losses[t] / forecasts[t].Es;
                exceptions++;
            }
        }

        return (exceptions == 0 ? null : (sum / exceptions) + 1, (sum / (losses.Length * (1 - level))) + 1);
    }

    private static void Simulate(
        double level, IReadOnlyList<ResidualLaw> laws, ulong seed, int paths, List<double> null1, List<double> null2)
    {
        var random = new SeededRandom(seed);
        var a = 1 - level;
        var tables = new Dictionary<ResidualLaw, TailRatioTable>(ReferenceEqualityComparer.Instance);
        var byPeriod = new TailRatioTable[laws.Count];
        for (var t = 0; t < laws.Count; t++)
        {
            if (!tables.TryGetValue(laws[t], out var table))
            {
                table = new TailRatioTable(laws[t], level);
                tables.Add(laws[t], table);
            }

            byPeriod[t] = table;
        }

        // The gap to the next exception is geometric: one uniform an exception instead of one a period.
        var logStay = Elementary.Log(1 - a);
        for (var path = 0; path < paths; path++)
        {
            var sum = 0.0;
            var count = 0;
            for (var t = Gap(random, logStay); t < laws.Count; t += 1 + Gap(random, logStay))
            {
                sum += byPeriod[(int)t].At(random.NextUniform());
                count++;
            }

            null2.Add(1 - (sum / (laws.Count * a)));
            if (count > 0)
            {
                null1.Add(1 - (sum / count));
            }
        }
    }

    private static long Gap(SeededRandom random, double logStay) =>
        (long)Math.Min(int.MaxValue, Math.Floor(Elementary.Log(random.NextUniform()) / logStay));

    private static ShortfallOutcome Outcome(double? statistic, List<double> simulated)
    {
        if (simulated.Count == 0)
        {
            return new ShortfallOutcome(statistic, null, null, null);
        }

        simulated.Sort();
        double? p = null;
        if (statistic is { } z)
        {
            var atMost = simulated.FindIndex(s => s > z);
            p = (1.0 + (atMost < 0 ? simulated.Count : atMost)) / (1 + simulated.Count);
        }

        var ascending = CollectionsMarshal.AsSpan(simulated);
        return new ShortfallOutcome(statistic, p, HistoricalTail.Quantile(ascending, 0.05), HistoricalTail.Quantile(ascending, 0.01));
    }

    private static void Check(ReadOnlySpan<double> losses, ReadOnlySpan<TailForecast> forecasts, double level)
    {
        CoverageTests.CheckProbability(1 - level);
        if (losses.IsEmpty)
        {
            throw new RiskInputException("TooFewObservations", "A backtest needs at least one loss.");
        }

        if (losses.Length != forecasts.Length)
        {
            throw new RiskInputException("LengthMismatch", $"{losses.Length} losses cannot be held against {forecasts.Length} forecasts.");
        }

        for (var t = 0; t < losses.Length; t++)
        {
            if (!double.IsFinite(losses[t]) || !double.IsFinite(forecasts[t].Var) || !double.IsFinite(forecasts[t].Es))
            {
                throw new RiskInputException(
                    "NotFinite", $"Period {t + 1}: loss {losses[t]}, VaR {forecasts[t].Var} and ES {forecasts[t].Es} must be finite.");
            }

            if (forecasts[t].Es <= 0)
            {
                throw new RiskInputException(
                    "ShortfallNotPositive",
                    $"Period {t + 1}: an expected shortfall of {forecasts[t].Es} cannot scale a loss; it must be over zero.");
            }
        }
    }
}

/// <summary>A statistic, its simulated one-sided p-value, and the values under which 5 % and 1 % of right models fall.</summary>
public sealed record ShortfallOutcome(double? Statistic, double? PValue, double? CriticalValue5, double? CriticalValue1)
{
    /// <summary>Whether the model is kept; a sample that cannot decide keeps it.</summary>
    public bool Passes(double significance = CoverageTests.DefaultSignificance) => PValue is not { } p || p >= significance;
}

/// <summary>The two tests of expected shortfall.</summary>
public sealed record ShortfallOutcomes(ShortfallOutcome Z1, ShortfallOutcome Z2);
