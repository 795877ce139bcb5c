using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.Volatility;

/// <summary>One answer of a price feed: units of account per token and the chain time at which it was given, in seconds.</summary>
public readonly record struct PriceObservation(Price Price, ulong Timestamp);

/// <summary>
/// Feeds answer at irregular times; an estimator wants a grid. The last answer at or before each grid point counts (no look-ahead), grid
/// points are multiples of the interval, and a span before the first answer is left out rather than invented.
/// </summary>
public static class PriceSampling
{
    /// <summary>
    /// Log returns between successive grid points up to and including the one at or before <paramref name="asOf"/>, then one last return
    /// from there to the newest answer, so that a crash inside the interval counts at once. Oldest first, at most
    /// <paramref name="maximum"/>. Throws where <see cref="FirstProblem"/> has something to say.
    /// </summary>
    public static double[] LogReturns(IReadOnlyList<PriceObservation> observations, ulong asOf, uint intervalSeconds, int maximum)
    {
        ArgumentNullException.ThrowIfNull(observations);
        if (observations.Count == 0)
        {
            return [];
        }

        if (FirstProblem(observations) is { } problem)
        {
            throw new ArgumentException(problem, nameof(observations));
        }

        var end = asOf - (asOf % intervalSeconds);
        var first = observations[0].Timestamp;
        var start = first + ((intervalSeconds - (first % intervalSeconds)) % intervalSeconds);
        if (start <= end && (end - start) / intervalSeconds >= (ulong)maximum)
        {
            start = end - ((ulong)(maximum - 1) * intervalSeconds);
        }

        var logs = new List<double>();
        var next = 0;
        for (var at = start; at <= end; at += intervalSeconds)
        {
            next = Advance(observations, next, at);
            logs.Add(Elementary.Log(observations[next].Price.PerToken.ToDouble()));
        }

        next = Advance(observations, next, asOf);
        if (observations[next].Timestamp > end)
        {
            logs.Add(Elementary.Log(observations[next].Price.PerToken.ToDouble()));
        }

        var returns = new double[Math.Max(0, logs.Count - 1)];
        for (var i = 0; i < returns.Length; i++)
        {
            returns[i] = logs[i + 1] - logs[i];
        }

        return returns;
    }

    private static int Advance(IReadOnlyList<PriceObservation> observations, int index, ulong at)
    {
        while (index + 1 < observations.Count && observations[index + 1].Timestamp <= at)
        {
            index++;
        }

        return index;
    }

    /// <summary>What makes a history unusable, or null: a price at or under zero, or an answer older than the one before it.</summary>
    public static string? FirstProblem(IReadOnlyList<PriceObservation> observations)
    {
        ArgumentNullException.ThrowIfNull(observations);
        for (var i = 0; i < observations.Count; i++)
        {
            if (observations[i].Price.PerToken <= Wad.Zero)
            {
                return $"price observation {i} is {observations[i].Price}: a price is over zero";
            }

            if (i > 0 && observations[i].Timestamp < observations[i - 1].Timestamp)
            {
                return $"price observation {i} (chain time {observations[i].Timestamp}) is older than the one before it ({observations[i - 1].Timestamp})";
            }
        }

        return null;
    }
}
