using System.Net;
using System.Text.RegularExpressions;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Host.Reports;

/// <summary>A machine without data: the command reports on a made path, and the command that the page names gives the same bytes again.</summary>
public sealed partial class MadeReportTests
{
    [Fact]
    public async Task Backtest_ReportWithoutHistory_MadePathAndThePagesOwnCommandRepeatsIt()
    {
        var folder = Directory.CreateTempSubdirectory("keeperoracle-made-").FullName;
        var first = await ProductProcess.RunInAsync(folder, "vol", "backtest", "--report", "report.html", "--paths", "50", "-o", "json");
        Assert.True(first.ExitCode == 0, first.ToString());
        Assert.Contains("MadeHistory", first.Errors, StringComparison.Ordinal);
        var (page, twin) = (Path.Combine(folder, "report.html"), Path.Combine(folder, "report.json"));
        var (html, json) = (await File.ReadAllTextAsync(page), await File.ReadAllBytesAsync(twin));
        File.Delete(page);
        File.Delete(twin);

        var command = WebUtility.HtmlDecode(NamedCommand().Match(html).Groups[1].Value);
        var again = await ProductProcess.RunInAsync(folder, command.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.True(again.ExitCode == 0, again.ToString());
        Assert.Equal(html, await File.ReadAllTextAsync(page));
        Assert.Equal(json, await File.ReadAllBytesAsync(twin));
        Directory.Delete(folder, recursive: true);
    }

    [GeneratedRegex("<code>keeperoracle ([^<]*)</code>")]
    private static partial Regex NamedCommand();
}
