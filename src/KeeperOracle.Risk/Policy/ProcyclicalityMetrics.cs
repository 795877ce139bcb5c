using System.Collections.Immutable;

namespace KeeperOracle.Risk.Policy;

/// <summary>
/// How much a margin requirement amplifies the cycle, measured on a daily series of requirements per unit of notional (a fraction over
/// zero; holding the notional fixed keeps the price level out of it). After Murphy, Vasios and Vause (Bank of England Financial Stability
/// Paper 29, 2014, and Staff Working Paper 597, 2016):
/// <code>
/// peak to trough = max M / min M                     over the whole series
/// n-day rise     = max over t of M_t / M_(t-n) - 1   what a member must find in n days, relative to what was posted
/// mean cost      = mean M / mean M0 - 1              against the unmitigated requirement M0 of the same days
/// </code>
/// A rise is negative where the requirement never rose over that many days, and null where the series is too short to have one.
/// Limits: a peak to trough over one series says nothing of its frequency; both measures grow with the length of the history.
/// </summary>
/// <param name="Observations">days measured</param>
/// <param name="PeakToTrough">at least 1</param>
/// <param name="WorstRise1Day">.5 is a rise of half</param>
/// <param name="WorstRise5Day">likewise over five days</param>
/// <param name="WorstRise20Day">likewise over twenty days</param>
/// <param name="MeanMargin">average requirement, in the unit of the series</param>
/// <param name="MeanCost">.25 is a quarter more capital than unmitigated, on average; 0 against itself</param>
public sealed record ProcyclicalityMetrics(
    int Observations,
    double PeakToTrough,
    double? WorstRise1Day,
    double? WorstRise5Day,
    double? WorstRise20Day,
    double MeanMargin,
    double MeanCost)
{
    /// <summary>Metrics of a requirement that has nothing to be compared with: its cost is 0.</summary>
    /// <exception cref="RiskInputException">TooFewObservations, NotFinite, NotPositive</exception>
    public static ProcyclicalityMetrics Measure(ReadOnlySpan<double> margins) => Measure(margins, margins);

    /// <summary>Metrics of a requirement, its cost against <paramref name="unmitigated"/> of the same days, oldest first.</summary>
    /// <exception cref="RiskInputException">TooFewObservations, LengthMismatch, NotFinite, NotPositive</exception>
    public static ProcyclicalityMetrics Measure(ReadOnlySpan<double> margins, ReadOnlySpan<double> unmitigated)
    {
        if (margins.Length != unmitigated.Length)
        {
            throw new RiskInputException(
                "LengthMismatch", $"{margins.Length} requirements against {unmitigated.Length} unmitigated ones: give one of each a day.");
        }

        var state = ProcyclicalityState.Empty;
        for (var i = 0; i < margins.Length; i++)
        {
            state = state.Add(margins[i], unmitigated[i]);
        }

        return state.Metrics();
    }
}

/// <summary>The same metrics day by day, as the keeper publishes them every epoch: all that has to be kept between two days.</summary>
/// <param name="Recent">the last twenty requirements, oldest first</param>
public sealed record ProcyclicalityState(
    int Observations,
    double Peak,
    double Trough,
    double Sum,
    double UnmitigatedSum,
    double? Rise1,
    double? Rise5,
    double? Rise20,
    ImmutableArray<double> Recent)
{
    private const int LongestRise = 20;

    public static ProcyclicalityState Empty { get; } = new(0, 0, double.PositiveInfinity, 0, 0, null, null, null, []);

    /// <summary>One more day.</summary>
    /// <exception cref="RiskInputException">NotFinite, NotPositive</exception>
    public ProcyclicalityState Add(double margin, double unmitigated)
    {
        Require(margin, "requirement");
        Require(unmitigated, "unmitigated requirement");
        var kept = Recent.Length == LongestRise ? Recent.RemoveAt(0) : Recent;
        return new ProcyclicalityState(
            Observations + 1,
            Math.Max(Peak, margin),
            Math.Min(Trough, margin),
            Sum + margin,
            UnmitigatedSum + unmitigated,
            Worse(Rise1, margin, 1),
            Worse(Rise5, margin, 5),
            Worse(Rise20, margin, LongestRise),
            kept.Add(margin));
    }

    /// <exception cref="RiskInputException">TooFewObservations</exception>
    public ProcyclicalityMetrics Metrics() =>
        Observations == 0
            ? throw new RiskInputException("TooFewObservations", "Pro-cyclicality needs at least one requirement: the series is empty.")
            : new ProcyclicalityMetrics(
                Observations, Peak / Trough, Rise1, Rise5, Rise20, Sum / Observations, (Sum / UnmitigatedSum) - 1);

    private double? Worse(double? worst, double margin, int days)
    {
        if (Recent.Length < days)
        {
            return worst;
        }

        var rise = (margin / Recent[^days]) - 1;
        return worst is { } known ? Math.Max(known, rise) : rise;
    }

    private void Require(double value, string name)
    {
        if (!double.IsFinite(value))
        {
            throw new RiskInputException("NotFinite", $"The {name} of day {Observations} is {value}: give a finite number.");
        }

        if (!(value > 0))
        {
            throw new RiskInputException("NotPositive", $"The {name} of day {Observations} is {value}: ratios need one over zero.");
        }
    }
}
