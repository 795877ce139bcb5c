using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Host.Files;

/// <summary>What somebody's own model forecast and what came: the losses and forecasts, or only which periods were exceptions.</summary>
/// <param name="Losses">as fractions, positive; null where the file has hits only</param>
/// <param name="Forecasts">VaR and ES of each period; ES is not a number where <paramref name="HasShortfall"/> is false. Null as the
/// losses</param>
internal sealed record ForecastSample(bool[] Exceptions, double[]? Losses, TailForecast[]? Forecasts, bool HasShortfall);

/// <summary>
/// Reads such a sample from CSV, plain or gzipped, oldest first, in one of two forms:
///
///   return,var[,es]     each as a fraction, or in percent where its header ends in _pct; `loss` may stand for `return`, with the
///                       other sign
///   hit                 1 where the loss was over the VaR, else 0; also `exception`
///
/// VaR and ES are positive losses. An exception is a loss over the VaR. A timestamp column is checked for order, further columns are not
/// read.
/// </summary>
internal static class ForecastFile
{
    private static readonly string[] Known =
        ["timestamp", "return", "loss", "var", "es", "return_pct", "loss_pct", "var_pct", "es_pct", "hit", "exception"];

    public static ForecastSample Read(string file)
    {
        var table = CsvTable.Read(file);
        if (table.Find("timestamp") is >= 0 and var time)
        {
            SeriesTimes.Read(table, time);
        }

        foreach (var name in (string[])["hit", "exception"])
        {
            if (table.Find(name) is >= 0 and var hit)
            {
                return new ForecastSample([.. table.Rows.Select(row => Hit(table, row, hit))], null, null, false);
            }
        }

        return ReadForecasts(table);
    }

    private static ForecastSample ReadForecasts(CsvTable table)
    {
        var losses = Column(table, "return") is { } returns ? Array.ConvertAll(returns, value => -value)
            : Column(table, "loss") ?? throw table.MissingColumn(["return", "loss", "hit"], Known, "Write for example `return,var,es`.");
        var risks = Column(table, "var") ?? throw table.MissingColumn(["var"], Known, "Write for example `return,var,es`.");
        var shortfalls = Column(table, "es");
        for (var i = 0; i < risks.Length; i++)
        {
            if (risks[i] <= 0)
            {
                throw table.Refuse("VarNotPositive", table.Rows[i], $"var is {risks[i]:R}: a VaR is written as a positive loss.");
            }

            if (shortfalls is not null && shortfalls[i] < risks[i])
            {
                throw table.Refuse("ShortfallUnderVar", table.Rows[i], $"es {shortfalls[i]:R} is under var {risks[i]:R}: an expected "
                    + "shortfall never is.");
            }
        }

        return new ForecastSample(
            [.. losses.Zip(risks, (loss, risk) => loss > risk)],
            losses,
            [.. risks.Select((risk, i) => new TailForecast(risk, shortfalls?[i] ?? double.NaN))],
            shortfalls is not null);
    }

    /// <summary>As fractions; null where there is no such column.</summary>
    private static double[]? Column(CsvTable table, string name) =>
        table.Find(name) is >= 0 and var plain ? [.. table.Rows.Select(row => table.Number(row, plain))]
        : table.Find(name + "_pct") is >= 0 and var percent ? [.. table.Rows.Select(row => table.Number(row, percent) / 100)]
        : null;

    private static bool Hit(CsvTable table, CsvTable.Row row, int column) => table.Number(row, column) switch
    {
        0 => false,
        1 => true,
        var other => throw table.Refuse("NotAHit", row, $"{table.Columns[column]} is {other:R}: write 1 for an exception and 0 for none."),
    };
}
