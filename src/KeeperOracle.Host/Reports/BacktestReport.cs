using KeeperOracle.Risk.Backtesting;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Host.Reports;

/// <summary>One history to report on.</summary>
/// <param name="Asset">as the reader should see it, such as BTC/USDT</param>
/// <param name="Source">the file's name, or how the series was made</param>
/// <param name="Labels">of each close: a date, a time or a number</param>
/// <param name="Lows">of the same periods; null where a series has none, and the closes stand for them</param>
/// <param name="IsDaily">liquidation thresholds and policy are reported for daily closes only</param>
public sealed record ReportSeries(
    string Asset, string Source, IReadOnlyList<string> Labels, double[] Closes, double[]? Lows = null, bool IsDaily = true);

/// <summary>What is asked of a report.</summary>
/// <param name="Subject">the model it is about, by name; all others stand beside it</param>
/// <param name="Levels">of VaR and ES, ascending; the plots show the last</param>
/// <param name="TestedFrom"> The first label tested, or the first after it in ordinal order, as dates and times of one format are; null
/// tests all that every model can forecast.
/// </param>
/// <param name="Seed">of the simulated p-values</param>
/// <param name="Paths">simulated for each of them</param>
public sealed record ReportOptions(
    string Subject, IReadOnlyList<double> Levels, string? TestedFrom = null, ulong Seed = 1, int Paths = ShortfallTests.DefaultPaths);

/// <summary>
/// Everything the report says; the page and the JSON are written from this alone, and nothing in it depends on when or where it was made.
/// Losses, VaR, ES and margins are fractions of the position.
/// </summary>
/// <param name="Significance">under which a p-value rejects</param>
public sealed record BacktestReport(
    string Schema,
    string Subject,
    IReadOnlyList<string> Models,
    IReadOnlyList<double> Levels,
    double Significance,
    ulong Seed,
    int Paths,
    IReadOnlyList<MarketReport> Markets);

/// <summary>One history.</summary>
/// <param name="Periods">closes in it</param>
/// <param name="Tested">periods tested</param>
/// <param name="Thresholds">null where the closes are not daily</param>
/// <param name="Policy">likewise</param>
public sealed record MarketReport(
    string Asset,
    string Source,
    string From,
    string To,
    int Periods,
    string TestedFrom,
    string TestedTo,
    int Tested,
    IReadOnlyList<ModelReport> Models,
    IReadOnlyList<ThresholdReport>? Thresholds,
    PolicyReport? Policy,
    SeriesReport Series);

/// <summary>One model at one level.</summary>
/// <param name="Rejected">by which of POF, CCI, CC and Z2</param>
/// <param name="CalmCapital">mean ES over the calmer half of the periods</param>
/// <param name="Procyclicality">of the ES</param>
public sealed record ModelReport(
    BacktestResult Result, IReadOnlyList<string> Rejected, double CalmCapital, ProcyclicalityMetrics Procyclicality);

/// <summary>How often the liquidation threshold at one estimate of volatility was breached within its horizon.</summary>
public sealed record ThresholdReport(string Volatility, ThresholdOutcome Outcome);

/// <summary>The margin policy over the tested days but the last: what a new loan meets, against the plain EWMA.</summary>
/// <param name="Policy">its settings in words</param>
/// <param name="Exceptions">days before a loss over the one-day figure at the volatility in force</param>
/// <param name="Aims">the three aims, each with what was reached</param>
public sealed record PolicyReport(
    string Policy, ProcyclicalityMetrics Unmitigated, ProcyclicalityMetrics Initial, int Exceptions, int Days, double ExceptionProbability,
    IReadOnlyList<PolicyAim> Aims, double[] UnmitigatedMargin, double[] InitialMargin);

/// <summary>An aim: the value must be at or under the limit.</summary>
/// <param name="IsRatio">a ratio; else a share, shown in percent</param>
/// <param name="Unmitigated">the same of the plain EWMA</param>
/// <param name="Miss">by how much the value is over the limit; zero where it is met</param>
public sealed record PolicyAim(string Name, bool IsRatio, double Unmitigated, double Value, double Limit, double Miss);

/// <summary>The tested periods one by one, at the last level: losses, and VaR and ES by model.</summary>
public sealed record SeriesReport(
    double Level, IReadOnlyList<string> Labels, double[] Losses, IReadOnlyDictionary<string, double[]> Var,
    IReadOnlyDictionary<string, double[]> Es);
