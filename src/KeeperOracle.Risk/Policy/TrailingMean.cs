using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace KeeperOracle.Risk.Policy;

/// <summary>
/// Mean of the last <paramref name="Length"/> values, day by day. The sum is carried along, one value in and one out: after ten thousand
/// days it is off by some 1e-13 of itself, and two runs over the same days are equal to the bit.
/// </summary>
/// <param name="Length">how many values count, at least one</param>
/// <param name="Values">oldest first, at most <paramref name="Length"/></param>
/// <param name="Sum">of the values there are</param>
public sealed record TrailingMean(int Length, ImmutableArray<double> Values, double Sum)
{
    public static TrailingMean Over(int length) =>
        length >= 1 ? new(length, [], 0) : throw new RiskInputException("WindowEmpty", $"A mean over {length} values: give at least 1.");

    /// <summary>0 while there are no values.</summary>
    public double Mean => Values.IsEmpty ? 0 : Sum / Values.Length;

    /// <summary>Whether the window is filled.</summary>
    public bool IsFull => Values.Length == Length;

    /// <exception cref="RiskInputException">NotFinite</exception>
    public TrailingMean Add(double value)
    {
        if (!double.IsFinite(value))
        {
            throw new RiskInputException("NotFinite", $"Value {value} in a mean: give a finite number.");
        }

        var kept = Values.AsSpan()[(IsFull ? 1 : 0)..];
        var values = new double[kept.Length + 1];
        kept.CopyTo(values);
        values[^1] = value;
        var sum = (IsFull ? Sum - Values[0] : Sum) + value;
        return new TrailingMean(Length, ImmutableCollectionsMarshal.AsImmutableArray(values), sum);
    }
}

/// <summary>
/// The stressed level of a series, day by day: its highest one-year average so far. Until there is a year, the average of what there is,
/// which may still fall; from then on it only rises.
/// <para>
/// Given EWMA volatilities it is sigma_stress, "the highest one-year average of the EWMA over the asset's history". The mean is that of the
/// volatility, not the root of the mean variance, which is never lower.
/// </para>
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
