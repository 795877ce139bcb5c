using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KeeperOracle.Host.Reports;
using KeeperOracle.Risk;

namespace KeeperOracle.Tests.Host.Reports;

public sealed class BacktestReportTests
{
    private static readonly ReportOptions Options = new("production", [0.975, 0.99], Paths: 300);

    private static readonly ReportSeries Made = BacktestReportBuilder.MadeSeries();

    private static readonly Lazy<BacktestReport> Report = new(() => BacktestReportBuilder.Build([Made], Options));

    private static readonly Lazy<string> Page = new(() => BacktestPage.Write(Report.Value));

    [Fact]
    public void Build_UnknownModel_Refused() =>
        Refused("UnknownModel", () => BacktestReportBuilder.Build([Made], Options with { Subject = "none" }));

    [Fact]
    public void Build_HistoryTooShort_Refused()
    {
        var few = new ReportSeries("X", "x.csv", [.. Made.Labels.Take(751)], Made.Closes[..751]);
        Refused("TooFewObservations", () => BacktestReportBuilder.Build([few], Options));
    }

    [Theory]
    [InlineData("2019-06-01")] // no model has the history by then
    [InlineData("2099-01-01")]
    public void Build_TestedFromOutside_Refused(string from) =>
        Refused("TestedFromOutside", () => BacktestReportBuilder.Build([Made], Options with { TestedFrom = from }));

    [Fact]
    public void Build_TestedFrom_StartsAtThatLabel()
    {
        var market = BacktestReportBuilder.Build([Made], Options with { TestedFrom = "2025-01-01", Paths = 10 }).Markets[0];
        Assert.Equal("2025-01-01", market.TestedFrom);
        Assert.Equal(market.Tested, market.Series.Labels.Count);
        Assert.Equal(-Math.Log(Made.Closes[^1] / Made.Closes[^2]), market.Series.Losses[^1], 12);
    }

    [Fact]
    public void Build_Policy_EachAimWithItsMiss()
    {
        var policy = Report.Value.Markets[0].Policy!;
        Assert.Equal([3, 0.5, 0.25], policy.Aims.Select(aim => aim.Limit));
        Assert.All(policy.Aims, aim => Assert.Equal(Math.Max(0, aim.Value - aim.Limit), aim.Miss, 8));
        Assert.Equal(policy.InitialMargin.Max() / policy.InitialMargin.Min(), policy.Aims[0].Value, 12);
    }

    [Fact]
    public void Build_NotDaily_NoPolicyAndNoThresholds()
    {
        var market = BacktestReportBuilder.Build([Made with { IsDaily = false }], Options with { Paths = 10 }).Markets[0];
        Assert.Null(market.Policy);
        Assert.Null(market.Thresholds);
    }

    [Fact]
    public void Json_CutOutReport_HasTheHashItNames()
    {
        var file = ReportJson.File(Report.Value);
        const int PrefixLength = 11 + 64 + 11; // {"sha256":" hash ","report":
        var hash = Encoding.ASCII.GetString(file, 11, 64);
        Assert.Equal(hash, Convert.ToHexStringLower(SHA256.HashData(file.AsSpan(PrefixLength, file.Length - PrefixLength - 2))));
        using var document = JsonDocument.Parse(file);
        var first = document.RootElement.GetProperty("report").GetProperty("markets")[0].GetProperty("models")[0].GetProperty("result");
        Assert.Equal("production", first.GetProperty("model").GetString());
        foreach (var test in (string[])["pof", "cci", "cc", "z2", "trafficLight"])
        {
            Assert.InRange(first.GetProperty(test).GetProperty("pValue").GetDouble(), 0, 1);
            Assert.Equal(JsonValueKind.Number, first.GetProperty(test).GetProperty("statistic").ValueKind);
        }

        Assert.Equal("green", first.GetProperty("trafficLight").GetProperty("zone").GetString());
    }

    [Fact]
    public void Build_SameInput_SameBytes()
    {
        var again = BacktestReportBuilder.Build([BacktestReportBuilder.MadeSeries()], Options);
        Assert.Equal(ReportJson.File(Report.Value), ReportJson.File(again));
        Assert.Equal(Page.Value, BacktestPage.Write(again));
    }

    [Fact]
    public void Hash_OneLossChanged_Changes()
    {
        var market = Report.Value.Markets[0];
        double[] losses = [.. market.Series.Losses];
        losses[17] += 1e-6;
        var changed = Report.Value with { Markets = [market with { Series = market.Series with { Losses = losses } }] };
        Assert.NotEqual(ReportJson.Hash(Report.Value), ReportJson.Hash(changed));
    }

    [Fact]
    public void Page_AnyReport_SelfContainedAndCarriesTheHash()
    {
        Assert.Contains(ReportJson.Hash(Report.Value), Page.Value, StringComparison.Ordinal);
        foreach (var foreign in (string[])["http:", "https:", "<script", "src=", "@import", "url(", "<link"])
        {
            Assert.DoesNotContain(foreign, Page.Value, StringComparison.OrdinalIgnoreCase);
        }

        Assert.DoesNotContain("NaN", Page.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("∞", Page.Value, StringComparison.Ordinal);
        Assert.InRange(Page.Value.Length, 10_000, 1_000_000);
    }

    [Fact]
    public void Page_Verdicts_StandInWords()
    {
        Assert.Contains(">kept<", Page.Value, StringComparison.Ordinal);
        Assert.Contains(">REJECTED: ", Page.Value, StringComparison.Ordinal);
        Assert.Contains(
            "<strong>ewma-normal</strong> is <strong class=\"rejected\">rejected</strong>", Page.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Page_NameWithMarkup_Escaped()
    {
        var market = Report.Value.Markets[0] with { Asset = "<b>&x", Source = "\"<i>" };
        var page = BacktestPage.Write(Report.Value with { Markets = [market] });
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<i>", page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;&amp;x", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Plot_HundredThousandPeriods_SmallAndKeepsItsPeak()
    {
        var values = new double[100_000];
        Array.Fill(values, 0.1);
        values[54_321] = 1;
        var plot = new ReportPlot(860, 300, 14, 400, values.Length, 1, "a line");
        plot.Line("l1", values);
        var svg = plot.Finish();
        Assert.InRange(svg.Length, 1_000, 20_000);
        Assert.Contains(" 10L", svg, StringComparison.Ordinal); // the top of the plot
    }

    private static void Refused(string refusal, Func<object> act) => Assert.Equal(refusal, Assert.Throws<RiskInputException>(act).Refusal);
}
