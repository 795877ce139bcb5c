using KeeperOracle.Risk.Backtesting;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Host.Files;

/// <summary>What a return of the file is written in.</summary>
public enum ReturnUnit
{
    /// <summary>.01 is one percent.</summary>
    Fraction,

    /// <summary>1 is one percent.</summary>
    Percent,
}

/// <summary>
/// The history of one market as a file gives it, oldest first: prices (with bars where the file has all four columns) at strictly
/// increasing times, or returns, with times or without.
/// </summary>
internal sealed class MarketSeries
{
    /// <summary>As it was named; for messages.</summary>
    public required string File { get; init; }

    /// <summary>One for each price or return; a bar's is its opening. Null for returns without a timestamp column.</summary>
    public IReadOnlyList<DateTimeOffset>? Times { get; init; }

    /// <summary>The price column, or the close. Null where the file holds returns.</summary>
    public double[]? Prices { get; init; }

    /// <summary>Null where the file has no complete bars.</summary>
    public PriceBar[]? Bars { get; init; }

    /// <summary>The volume column; null where there is none.</summary>
    public double[]? Volumes { get; init; }

    /// <summary>The returns column, in <see cref="Unit"/>. Null where the file holds prices.</summary>
    public double[]? GivenReturns { get; init; }

    public ReturnUnit Unit { get; init; }

    /// <summary>The usual distance of two rows; null without times.</summary>
    public TimeSpan? Spacing { get; init; }

    /// <summary>Rows that do not follow at the usual distance; empty unless gaps were allowed.</summary>
    public IReadOnlyList<SeriesGap> Gaps { get; init; } = [];

    /// <summary>
    /// The returns column as it stands, or the log returns of the prices (one fewer than prices). Over a gap the whole move counts as one
    /// return.
    /// </summary>
    public double[] Returns() => GivenReturns ?? Backtest.LogReturns(Prices);

    /// <summary><see cref="Returns"/> as fractions, whatever the file is written in.</summary>
    public double[] Fractions() => Unit == ReturnUnit.Percent ? Array.ConvertAll(Returns(), percent => percent / 100) : Returns();

    /// <summary>The time of each of <see cref="Returns"/>: when it was complete. Null without times.</summary>
    public IReadOnlyList<DateTimeOffset>? ReturnTimes() => GivenReturns is null ? [.. Times!.Skip(1)] : Times;
}

/// <summary>Two neighbouring rows at an unusual distance.</summary>
/// <param name="Line">of the later one</param>
internal readonly record struct SeriesGap(int Line, DateTimeOffset From, DateTimeOffset To, TimeSpan Expected)
{
    public TimeSpan Found => To - From;

    /// <summary>Rows that are not there; zero where the two rows are too near.</summary>
    public long Missing => Math.Max(0, (long)Math.Round(Found / Expected) - 1);
}
