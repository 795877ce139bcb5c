using System.Globalization;
using System.Text;
using System.Text.Json;
using KeeperOracle.Risk;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Host.Commands;

public sealed class VolBacktestReportTests
{
    [Fact]
    public async Task Backtest_WithReport_WritesPageAndTwinAndKeepsStdoutData()
    {
        var folder = Directory.CreateTempSubdirectory("keeperoracle-report-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "prices.csv"), Prices(1300));

        var result = await ProductProcess.RunInAsync(
            folder, "vol", "backtest", "--prices", "prices.csv", "--report", "page.html", "--paths", "50", "--from", "2023-05-01", "-o", "json");

        Assert.True(result.ExitCode == 0, result.ToString());
        var output = JsonDocument.Parse(result.Output).RootElement;
        var note = JsonDocument.Parse(result.Errors).RootElement.GetProperty("note");
        var twin = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "page.json"))).RootElement;
        var market = twin.GetProperty("report").GetProperty("markets")[0];
        Assert.Equal("2023-05-01", output.GetProperty("from").GetString());
        Assert.Equal("2023-05-01", market.GetProperty("testedFrom").GetString());
        Assert.Equal(output.GetProperty("observations").GetInt32(), market.GetProperty("tested").GetInt32());
        Assert.Contains(twin.GetProperty("sha256").GetString()!, note.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("<svg", await File.ReadAllTextAsync(Path.Combine(folder, "page.html")), StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    private static string Prices(int days)
    {
        var random = new SeededRandom(5);
        var text = new StringBuilder("timestamp,price\n");
        var price = 1000.0;
        for (var day = 0; day < days; day++)
        {
            price *= Elementary.Exp(0.03 * random.NextNormal());
            text.Append(CultureInfo.InvariantCulture, $"{new DateOnly(2020, 1, 1).AddDays(day):yyyy-MM-dd},{price:R}\n");
        }

        return text.ToString();
    }
}
