using System.Text;
using KeeperOracle.Host.Files;

namespace KeeperOracle.Host.Reports;

/// <summary>
/// Reads back the JSON twin that `vol backtest --report` writes (see <see cref="ReportJson"/>), as far as a parameter update needs it: the
/// hash by which it names the report it rests on. A twin proves that it was not altered since, not that its figures are right: those are
/// checked by making the report anew.
/// </summary>
internal static class ReportTwin
{
    /// <summary>The report's SHA-256, of which the file's own statement was checked against the file's content.</summary>
    /// <exception cref="InputFileException">`ReportAltered`, and whatever else keeps the file from being such a twin</exception>
    public static string HashOf(string file) => JsonInput.Read(file, CheckedHash);

    private static string CheckedHash(JsonInput twin)
    {
        var stated = twin.Text("sha256");
        if (twin.Verbatim("report") is not { } report)
        {
            twin.Refuse("MissingKey", "report", "it is missing: the twin of a backtest report holds it.");
            return stated;
        }

        var found = ReportJson.Hash(Encoding.UTF8.GetBytes(report));
        if (stated.Length > 0 && stated != found)
        {
            twin.Refuse(
                "ReportAltered",
                "sha256",
                $"it states {stated}, and the report in the file hashes to {found}: the file was changed after it was written. Make it anew "
                + "with `vol backtest --report`.");
        }

        _ = twin.Object("report", ReadSchema);
        return found;
    }

    private static JsonInput ReadSchema(JsonInput report)
    {
        _ = report.Choice("schema", [BacktestReportBuilder.Schema]);
        report.SkipRest();
        return report;
    }
}
