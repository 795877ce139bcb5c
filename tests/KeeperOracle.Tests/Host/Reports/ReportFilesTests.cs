using KeeperOracle.Host.Files;
using KeeperOracle.Host.Reports;
using KeeperOracle.Risk;

namespace KeeperOracle.Tests.Host.Reports;

public sealed class ReportFilesTests
{
    private static readonly DateTimeOffset Start = new(2024, 2, 28, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Series_DailyBars_DatesClosesAndLows()
    {
        var series = ReportFiles.Series(
            new MarketSeries
            {
                File = "folder/btc.csv",
                Times = [Start, Start.AddDays(1)],
                Prices = [10, 11],
                Bars = [new(9, 12, 8, 10), new(10, 12, 9, 11)],
                Spacing = TimeSpan.FromDays(1),
            },
            "BTC");
        Assert.Equal(["2024-02-28", "2024-02-29"], series.Labels);
        Assert.Equal([8, 9], series.Lows!);
        Assert.Equal("btc.csv", series.Source);
        Assert.True(series.IsDaily);
    }

    [Fact]
    public void Series_HourlyPrices_TimesAndNotDaily()
    {
        var series = ReportFiles.Series(
            new MarketSeries { File = "x", Times = [Start, Start.AddHours(1)], Prices = [10, 11], Spacing = TimeSpan.FromHours(1) }, "X");
        Assert.Equal(["2024-02-28T00:00Z", "2024-02-28T01:00Z"], series.Labels);
        Assert.False(series.IsDaily);
        Assert.Null(series.Lows);
    }

    [Fact]
    public void Series_ReturnsInPercentWithoutTimes_ClosesRebuiltAndNumbersInOrdinalOrder()
    {
        var series = ReportFiles.Series(
            new MarketSeries { File = "x", GivenReturns = [.. Enumerable.Repeat(10.0, 12)], Unit = ReturnUnit.Percent }, "X");
        Assert.Equal(13, series.Closes.Length);
        Assert.Equal(Math.Exp(0.2), series.Closes[2], 12);
        Assert.Equal(series.Labels.Order(StringComparer.Ordinal), series.Labels);
    }

    [Fact]
    public void Series_ReturnsWithTimes_FirstCloseOneSpacingEarlier() =>
        Assert.Equal(
            ["2024-02-27", "2024-02-28"],
            ReportFiles.Series(
                new MarketSeries { File = "x", GivenReturns = [0.1], Times = [Start], Spacing = TimeSpan.FromDays(1) }, "X").Labels);

    [Fact]
    public void Series_OfTheMadeHistory_IsTheMadeSeries()
    {
        var (made, series) = (BacktestReportBuilder.MadeSeries(), ReportFiles.Series(ReportFiles.MadeHistory(), "made-path"));
        Assert.Equal(made.Labels, series.Labels);
        Assert.Equal(made.Closes, series.Closes);
        Assert.True(series.IsDaily);
    }

    [Fact]
    public void Write_NameOfTheTwin_Refused() =>
        Assert.Equal("ReportName", Assert.Throws<RiskInputException>(() => ReportFiles.Write(null!, "report.json")).Refusal);

    [Fact]
    public void Write_Report_PageAndTwinOfTheSameHash()
    {
        var folder = Directory.CreateTempSubdirectory("report").FullName;
        try
        {
            var report = BacktestReportBuilder.Build(
                [BacktestReportBuilder.MadeSeries()], new ReportOptions("production", [0.99], Paths: 10));
            var page = Path.Combine(folder, "report.html");
            var twin = ReportFiles.Write(report, page);
            Assert.Equal(Path.Combine(folder, "report.json"), twin);
            Assert.Contains(ReportJson.Hash(report), File.ReadAllText(page), StringComparison.Ordinal);
            Assert.Equal(ReportJson.File(report), File.ReadAllBytes(twin));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
