using System.Globalization;
using System.Text.Json;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The demo as a person starts it: two chains, four oracle nodes of which one lies, one keeper, and a crash.</summary>
[Collection(EndToEndCollections.Demo)]
public sealed class DemoTests
{
    private const int KillSeed = 20_260_101;

    [Fact]
    public async Task Demo_ShortForm_HoldsEveryExpectationAndLeavesNothingBehind()
    {
        await using var demo = DemoPlay.Start("--once", "--hours", "14", "--accounts", "6", "-o", "json");
        var result = await demo.EndAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        using var report = JsonDocument.Parse(result.Output); // fails on anything but one JSON value
        Assert.Equal("", DemoPlay.FailuresOf(report.RootElement));
        Assert.Equal(27, report.RootElement.GetProperty("expectations").GetArrayLength());
        Assert.Equal(14, report.RootElement.GetProperty("hours").GetInt32());
        Assert.Equal(0, report.RootElement.GetProperty("keeperRestarts").GetInt32());
        Assert.All([0, 1], chain => Assert.True(DemoPlay.LiquidationsOf(report.RootElement, chain) > 0));
        Assert.Equal([], demo.Leftovers());
        demo.Clean();
    }

    [Fact]
    public async Task Demo_KeeperKilledAgainAndAgain_LosesAndDoublesNothing()
    {
        const int Hours = 11;
        await using var demo = DemoPlay.Start("--once", "--hours", $"{Hours}", "--accounts", "6", "-o", "json");
        var kills = await KillOnceAnHourAsync(demo, Hours - 2);
        var result = await demo.EndAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        using var report = JsonDocument.Parse(result.Output);
        Assert.Equal("", DemoPlay.FailuresOf(report.RootElement));
        Assert.True(kills >= 8, $"only {kills} kills hit\n{result.Errors}");
        Assert.True(report.RootElement.GetProperty("keeperRestarts").GetInt32() >= kills, result.ToString());
        Assert.All([0, 1], chain => Assert.True(DemoPlay.LiquidationsOf(report.RootElement, chain) > 0));
        Assert.Equal([], demo.Leftovers());

        var replay = await ProductProcess.RunInAsync(
            demo.Directory, "replay", "-c", demo.FileOf("common.json"), "-c", demo.FileOf("keeper.json"));
        Assert.True(replay.ExitCode == 0, replay.ToString());
        Assert.Contains("byte-identical", replay.Output, StringComparison.Ordinal);
        demo.Clean();
    }

    [Fact]
    public async Task Demo_CtrlCWhileThePathIsPlayed_EndsAsCancelledAndLeavesNothingBehind()
    {
        await using var demo = DemoPlay.Start("--hours", "48", "--accounts", "2");
        await Until.TrueAsync(() => demo.HoursPlayed >= 1, "the first hour", () => demo.Process.Errors);
        Signals.SendToGroup("INT", demo.Process.Id);
        var result = await demo.EndAsync();
        Assert.True(result.ExitCode == 130, result.ToString());
        Assert.Equal("", result.Output);
        Assert.DoesNotContain("Unhandled", result.Errors, StringComparison.Ordinal);
        Assert.Equal([], demo.Leftovers());
        demo.Clean();
    }

    [Fact]
    public async Task Demo_CtrlCAfterThePath_JudgesAndLeavesNothingBehind()
    {
        await using var demo = DemoPlay.Start("--hours", "6", "--accounts", "2", "-o", "json");
        await demo.Process.SaysAsync("the path is over");
        await Until.TrueAsync(() => demo.HoursPlayed > 6, "an hour after the path", () => demo.Process.Errors);
        Signals.SendToGroup("INT", demo.Process.Id);
        var result = await demo.EndAsync();
        Assert.True(result.ExitCode is 0 or 1, result.ToString());
        using var report = JsonDocument.Parse(result.Output);
        var lost = report.RootElement.GetProperty("expectations").EnumerateArray()
            .Where(expectation => expectation.GetProperty("name").GetString()!.EndsWith("no transaction was doubled", StringComparison.Ordinal)
                || expectation.GetProperty("name").GetString()!.StartsWith("replay of the journal", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, lost.Count);
        Assert.All(lost, expectation => Assert.True(expectation.GetProperty("held").GetBoolean(), expectation.ToString()));
        Assert.Equal([], demo.Leftovers());
        demo.Clean();
    }

    [SharedDataFact("data", "1h", "eth-usd_1h_bitfinex-spot_2020-crash.csv")]
    public async Task Demo_PricesOfMarch2020_HoldsEveryExpectation()
    {
        var file = SharedDataFactAttribute.PathOf("data", "1h", "eth-usd_1h_bitfinex-spot_2020-crash.csv");
        await using var demo = DemoPlay.Start("--once", "--hours", "24", "--accounts", "8", "-o", "json", "--prices", file);
        var result = await demo.EndAsync();
        using var report = JsonDocument.Parse(result.Output);
        Assert.Equal("", DemoPlay.FailuresOf(report.RootElement));
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.All([0, 1], chain => Assert.True(DemoPlay.LiquidationsOf(report.RootElement, chain) > 0));
        demo.Clean();
    }

    /// <summary>Within each hour, at a seeded moment: SIGKILL to whatever process keeper.pid names, if it is still the keeper of this run.</summary>
    private static async Task<int> KillOnceAnHourAsync(DemoPlay demo, int lastHour)
    {
        var random = new Random(KillSeed);
        var kills = 0;
        for (var hour = 0; hour <= lastHour; hour++)
        {
            await Until.TrueAsync(
                () => demo.Process.HasExited || (hour == 0 ? demo.HasDirectory && File.Exists(demo.FileOf("keeper.pid")) : demo.HoursPlayed >= hour),
                $"hour {hour}",
                () => demo.Process.Errors);
            await Task.Delay(random.Next(600));
            if (demo.Process.HasExited)
            {
                break;
            }

            kills += KillKeeper(demo) ? 1 : 0;
        }

        return kills;
    }

    private static bool KillKeeper(DemoPlay demo)
    {
        try
        {
            if (!int.TryParse(File.ReadAllText(demo.FileOf("keeper.pid")), CultureInfo.InvariantCulture, out var pid)
                || !File.ReadAllText($"/proc/{pid}/cmdline").Contains(demo.FileOf("keeper.json"), StringComparison.Ordinal))
            {
                return false;
            }

            Signals.Send("KILL", pid);
            return true;
        }
        catch (IOException)
        {
            return false; // it had just ended, or its file is being written
        }
    }
}
