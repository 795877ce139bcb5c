using System.CommandLine;
using System.CommandLine.Parsing;
using KeeperOracle.Host.Files;

namespace KeeperOracle.Host.Commands;

/// <summary>How the commands name a history: --prices or --returns, and --allow-gaps.</summary>
internal sealed class SeriesOptions
{
    private readonly Option<string?> _prices = new("--prices")
    {
        Description = "Prices: CSV, also gzipped, with timestamp,price or timestamp,open,high,low,close,volume; - for stdin.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _returns = new("--returns")
    {
        Description = "Returns: CSV with a column of returns as fractions, or in percent where its header ends in _pct. Of a file of "
            + "prices the log returns are taken.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _allowGaps = new("--allow-gaps")
    {
        Description = "Takes rows at unequal distances as they are and says how many there are; the move over a gap counts as one return.",
    };

    public IReadOnlyList<Option> All => [_prices, _returns, _allowGaps];

    public bool IsGiven(CommandResult result) => result.GetValue(_prices) is not null || result.GetValue(_returns) is not null;

    /// <summary>What is wrong, or null: exactly one of the two files is named.</summary>
    public string? Check(CommandResult result) => (result.GetValue(_prices), result.GetValue(_returns)) switch
    {
        (null, null) => "A history is needed: --prices FILE or --returns FILE.",
        (not null, not null) => "--prices and --returns are two ways to name one history: give one of them.",
        _ => null,
    };

    /// <summary>What is wrong where only prices will do, or null.</summary>
    public string? CheckPrices(CommandResult result) => result.GetValue(_prices) is null ? "A history is needed: --prices FILE." : null;

    public MarketSeries Read(ParseResult parsed, OutputFormat format)
    {
        var allowGaps = parsed.GetValue(_allowGaps);
        var series = parsed.GetValue(_prices) is { } prices
            ? MarketSeriesReader.ReadPrices(prices, allowGaps)
            : MarketSeriesReader.ReadReturns(parsed.GetValue(_returns)!, allowGaps);
        if (series.Gaps.Count > 0)
        {
            var longest = series.Gaps.MaxBy(gap => gap.Missing);
            FileCommand.WriteNote(
                format,
                "GapsAllowed",
                $"{series.File} has {series.Gaps.Count} rows out of step ({series.Gaps.Sum(gap => gap.Missing)} rows missing, most "
                    + $"before line {longest.Line}: {longest.Missing}); the move over a gap counts as one return.");
        }

        return series;
    }
}
