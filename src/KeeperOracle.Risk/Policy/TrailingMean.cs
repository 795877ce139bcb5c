using System.Collections.Immutable;

namespace KeeperOracle.Risk.Policy;

/// <summary>
/// Mean of the last <paramref name="Length"/> values, day by day: the values themselves are the state, so nothing drifts and two runs over
/// the same days are equal to the bit.
/// </summary>
/// <param name="Length">how many values count, at least one</param>
/// <param name="Values">oldest first, at most <paramref name="Length"/></param>
/// <param name="Mean">of the values there are; 0 while there are none</param>
public sealed record TrailingMean(int Length, ImmutableArray<double> Values, double Mean)
{
    public static TrailingMean Over(int length) =>
        length >= 1 ? new(length, [], 0) : throw new RiskInputException("WindowEmpty", $"A mean over {length} values: give at least 1.");

    /// <summary>Whether the window is filled.</summary>
    public bool IsFull => Values.Length == Length;

    /// <exception cref="RiskInputException">NotFinite</exception>
    public TrailingMean Add(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new RiskInputException("NotFinite", $"Value {value} in a mean: give a finite number.");
        }

        var values = (IsFull ? Values.RemoveAt(0) : Values).Add(value);
        var sum = 0.0;
        foreach (var one in values)
        {
            sum += one;
        }

        return new TrailingMean(Length, values, sum / values.Length);
    }
}

/// <summary>
/// The stressed level of a series, day by day: its highest one-year average so far. Until there is a year, the average of what there is,
/// which may still fall; from then on it only rises.
/// </summary>
/// <param name="Year">trailing year</param>
/// <param name="Level">in the unit of the series; 0 before the first day</param>
public sealed record StressLevel(TrailingMean Year, double Level)
{
    public const int DaysOfAYear = 365;

    public static StressLevel Empty { get; } = new(TrailingMean.Over(DaysOfAYear), 0);

    /// <summary>Whether a whole year has been seen; before that the level is no stress, only an average.</summary>
    public bool HasAYear => Year.IsFull;

    public StressLevel Add(double value)
    {
        var year = Year.Add(value);
        return new StressLevel(year, HasAYear ? Math.Max(Level, year.Mean) : year.Mean);
    }
}
