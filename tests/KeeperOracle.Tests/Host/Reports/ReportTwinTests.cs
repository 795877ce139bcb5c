using System.Text;
using KeeperOracle.Host.Files;
using KeeperOracle.Host.Reports;
using KeeperOracle.Tests.Host.Files;

namespace KeeperOracle.Tests.Host.Reports;

public sealed class ReportTwinTests : IDisposable
{
    private static readonly BacktestReport Report =
        new(BacktestReportBuilder.Schema, "production", ["production"], [0.975, 0.99], 0.05, 1, 50, []);

    private readonly InputFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void HashOf_ReportChanged_RefusedAsAltered() =>
        Refuses("ReportAltered", Twin().Replace("\"paths\":50", "\"paths\":51", StringComparison.Ordinal));

    [Fact]
    public void HashOf_HashChanged_RefusedAsAltered() =>
        Refuses("ReportAltered", Twin().Replace(ReportJson.Hash(Report), new string('0', 64), StringComparison.Ordinal));

    /// <summary>The hash is over the bytes as they stand, white space included.</summary>
    [Fact]
    public void HashOf_WhiteSpaceInTheReport_RefusedAsAltered() =>
        Refuses("ReportAltered", Twin().Replace("\"paths\":", "\"paths\": ", StringComparison.Ordinal));

    [Fact]
    public void HashOf_NoReport_RefusedAsMissing() => Refuses("MissingKey", $"{{\"sha256\":\"{ReportJson.Hash(Report)}\"}}");

    [Fact]
    public void HashOf_NoHash_RefusedAsMissing() =>
        Refuses("MissingKey", $"{{\"report\":{Encoding.UTF8.GetString(ReportJson.CanonicalBytes(Report))}}}");

    [Fact]
    public void HashOf_FittingHashOfSomethingElse_Refused() =>
        Refuses("UnknownValue", Encoding.UTF8.GetString(ReportJson.File(Report with { Schema = "another-1" })));

    [Fact]
    public void HashOf_ThePage_RefusedAsNoJson() => Refuses("NotJson", BacktestPage.Write(Report));

    [Fact]
    public void HashOf_TwinAsWritten_IsTheReportsHash() =>
        Assert.Equal(ReportJson.Hash(Report), ReportTwin.HashOf(ReportFiles.Write(Report, _folder.PathOf("page.html"))));

    private static string Twin() => Encoding.UTF8.GetString(ReportJson.File(Report));

    private void Refuses(string refusal, string text) => Assert.Equal(
        refusal,
        Assert.Throws<InputFileException>(() => ReportTwin.HashOf(_folder.Write("twin.json", text))).Problems[0].Refusal);
}
