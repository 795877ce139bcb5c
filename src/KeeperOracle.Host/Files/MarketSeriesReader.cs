using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Host.Files;

/// <summary>
/// Reads the history of one market from CSV, plain or gzipped, from a path or from standard input (`-`). Three forms:
///
///   timestamp,open,high,low,close,volume     bars; the close is the price, volume may be left out
///   timestamp,price                          prices
///   return  or  return_pct                   returns as fractions, or in percent where the header ends in _pct; a timestamp column may
///                                            stand beside it, and a file of one column may call it anything
///
/// Further columns are not read. What is wrong is refused under a name, with its line: a history is not repaired here.
/// </summary>
internal static class MarketSeriesReader
{
    private const string Percent = "_pct";

    private static readonly string[] ReturnNames = ["return", "returns", "ret", "log_return", "log_returns", "r"];

    private static readonly string[] Known = ["timestamp", "open", "high", "low", "close", "volume", "price", "return", "return_pct"];

    /// <summary>Prices, and bars where all four columns are there. Needs at least two rows.</summary>
    public static MarketSeries ReadPrices(string file, bool allowGaps = false)
    {
        var table = CsvTable.Read(file);
        return PriceColumn(table) is null && ReturnsColumn(table) is not null
            ? throw table.MissingColumn(["price", "close"], Known, "A file of returns is given with --returns.")
            : Prices(table, allowGaps);
    }

    /// <summary>The returns column where the file has one, else what <see cref="ReadPrices"/> reads.</summary>
    public static MarketSeries ReadReturns(string file, bool allowGaps = false)
    {
        var table = CsvTable.Read(file);
        return ReturnsColumn(table) is { } column ? Returns(table, column, allowGaps) : Prices(table, allowGaps);
    }

    private static int? PriceColumn(CsvTable table) =>
        table.Find("price") is >= 0 and var price ? price : table.Find("close") is >= 0 and var close ? close : null;

    private static int? ReturnsColumn(CsvTable table)
    {
        var found = table.Columns
            .Select((name, place) => (Bare: name.EndsWith(Percent, StringComparison.Ordinal) ? name[..^Percent.Length] : name, place))
            .Where(column => Array.IndexOf(ReturnNames, column.Bare) >= 0)
            .Select(column => column.place)
            .ToArray();
        if (found.Length > 1)
        {
            var names = string.Join(", ", found.Select(place => table.Columns[place]));
            throw new InputFileException(
                "AmbiguousColumn", table.File, 1, $"it has {found.Length} columns of returns ({names}): leave one.");
        }

        var single = table.Columns.Count == 1 && Array.IndexOf(Known, table.Columns[0]) < 0;
        var percent = table.Columns.Index().Where(column => column.Item.EndsWith(Percent, StringComparison.Ordinal)).ToArray();
        return found.Length == 1 ? found[0]
            : single ? 0
            : percent.Length == 1 && PriceColumn(table) is null ? percent[0].Index
            : null;
    }

    private static MarketSeries Returns(CsvTable table, int column, bool allowGaps)
    {
        AtLeastTwo(table);
        var times = table.Find("timestamp") is >= 0 and var at ? SeriesTimes.Read(table, at) : null;
        var returns = table.Rows.Select(row => table.Number(row, column)).ToArray();
        var (spacing, gaps) = Spacing(table, times, allowGaps);
        return new MarketSeries
        {
            File = table.File,
            Times = times,
            GivenReturns = returns,
            Unit = table.Columns[column].EndsWith(Percent, StringComparison.Ordinal) ? ReturnUnit.Percent : ReturnUnit.Fraction,
            Spacing = spacing,
            Gaps = gaps,
        };
    }

    private static MarketSeries Prices(CsvTable table, bool allowGaps)
    {
        if (PriceColumn(table) is not { } price)
        {
            throw table.MissingColumn(["price", "close"], Known, "Write for example `timestamp,price`, or one column `return`.");
        }

        var time = table.Find("timestamp");
        if (time < 0)
        {
            throw table.MissingColumn(["timestamp"], Known, $"Prices have times in ISO-8601, such as {TimeText.Example}.");
        }

        AtLeastTwo(table);
        var bars = (string[])["open", "high", "low", "close"] is var names && Array.TrueForAll(names, name => table.Find(name) >= 0)
            ? table.Rows.Select(row => ReadBar(table, row)).ToArray()
            : null;
        var prices = table.Rows.Select(row => Price(table, row, price)).ToArray();
        var times = SeriesTimes.Read(table, time);
        var volumes = ReadVolumes(table);
        var (spacing, gaps) = Spacing(table, times, allowGaps);
        return new MarketSeries
        {
            File = table.File,
            Times = times,
            Prices = prices,
            Bars = bars,
            Volumes = volumes,
            Spacing = spacing,
            Gaps = gaps,
        };
    }

    private static void AtLeastTwo(CsvTable table)
    {
        if (table.Rows.Count == 1)
        {
            throw table.Refuse("OneRow", table.Rows[0], "it is the only row: a history needs at least two.");
        }
    }

    private static double Price(CsvTable table, CsvTable.Row row, int column)
    {
        var name = table.Columns[column];
        return table.Number(row, column) switch
        {
            0 => throw table.Refuse(
                "ZeroPrice", row, $"{name} is zero: a price is over zero. Leave the row out, or put the true price in."),
            < 0 and var value => throw table.Refuse("NegativePrice", row, $"{name} is {value:R}: a price is over zero."),
            var value => value,
        };
    }

    private static PriceBar ReadBar(CsvTable table, CsvTable.Row row)
    {
        double Of(string name) => Price(table, row, table.Find(name));
        var bar = new PriceBar(Of("open"), Of("high"), Of("low"), Of("close"));
        if (bar.High < bar.Low)
        {
            throw table.Refuse("HighUnderLow", row, $"high {bar.High:R} is under low {bar.Low:R}.");
        }

        foreach (var (name, value) in (ReadOnlySpan<(string, double)>)[("open", bar.Open), ("close", bar.Close)])
        {
            if (value > bar.High || value < bar.Low)
            {
                throw table.Refuse("OutsideHighLow", row, $"{name} {value:R} is outside low {bar.Low:R} to high {bar.High:R}.");
            }
        }

        return bar;
    }

    /// <summary>Null also where every cell is empty: an index is not traded.</summary>
    private static double[]? ReadVolumes(CsvTable table)
    {
        if (table.Find("volume") is not (>= 0 and var volume) || table.Rows.All(row => row.Cells[volume].Length == 0))
        {
            return null;
        }

        double Of(CsvTable.Row row) =>
            table.Number(row, volume) is >= 0 and var value
                ? value
                : throw table.Refuse("NegativeVolume", row, $"volume is {row.Cells[volume]}: it is zero or over it.");
        return [.. table.Rows.Select(Of)];
    }

    private static (TimeSpan? Spacing, IReadOnlyList<SeriesGap> Gaps) Spacing(CsvTable table, DateTimeOffset[]? times, bool allowGaps)
    {
        if (times is null || SeriesTimes.Spacing(times) is not { } spacing)
        {
            return (null, []);
        }

        var gaps = SeriesTimes.Gaps(table, times, spacing);
        return gaps.Count == 0 || allowGaps ? (spacing, gaps) : throw SeriesTimes.Refuse(table, gaps);
    }
}
