using System.Text.Json;
using KeeperOracle.Host;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Shows;
using Microsoft.Extensions.Time.Testing;

namespace KeeperOracle.Tests.Host.Shows;

public sealed class ShowRunTests
{
    private static readonly ShowStep Good = ShowStep.Of(
        "Two and two are 4.", new { a = 2, worstLoss = 2.123456789012345 }, new { sum = 4 }, "counted on fingers", holds: true);

    private static readonly ShowStep Bad = ShowStep.Of(
        "Two and two are 5.", new { series = new double[100], market = new { spot = 3000.0 } }, new { sum = 5 }, "counted on fingers", holds: false);

    [Theory]
    [InlineData(OutputFormat.Table)]
    [InlineData(OutputFormat.Json)]
    [InlineData(OutputFormat.Ndjson)]
    public void Run_StepThatFails_EndsAsFailedInEveryFormat(OutputFormat format)
    {
        Assert.Equal(ExitCode.Ok, Run(format, Good, Good).Code);
        Assert.Equal(ExitCode.Failed, Run(format, Good, Bad, Good).Code);
    }

    [Fact]
    public void Run_Json_HasEveryStepInFullAndWhetherAllHold()
    {
        using var document = JsonDocument.Parse(Run(OutputFormat.Json, Good, Bad).Output);
        var report = document.RootElement;

        Assert.Equal(["system", "title", "steps", "passed"], report.EnumerateObject().Select(member => member.Name));
        Assert.False(report.GetProperty("passed").GetBoolean());
        var (good, bad) = (report.GetProperty("steps")[0], report.GetProperty("steps")[1]);
        Assert.Equal(["sentence", "inputs", "outputs", "holds", "expectation"], good.EnumerateObject().Select(member => member.Name));
        Assert.Equal(2.123456789012345, good.GetProperty("inputs").Number("worstLoss"));
        Assert.Equal(100, bad.GetProperty("inputs").GetProperty("series").GetArrayLength());
        Assert.Equal([true, false], [good.GetProperty("holds").GetBoolean(), bad.GetProperty("holds").GetBoolean()]);
    }

    [Fact]
    public void Run_Ndjson_IsOneLine() => Assert.Single(Run(OutputFormat.Ndjson, Good, Bad).Output.TrimEnd().Split('\n'));

    [Fact]
    public void Run_Table_SaysWhatHoldsAndWhatFails()
    {
        var text = Run(OutputFormat.Table, Good, Bad).Output;

        Assert.StartsWith("System X. A title\n", text, StringComparison.Ordinal);
        Assert.Contains("from   a 2; worst loss 2.123457\n", text, StringComparison.Ordinal);
        Assert.Contains("from   market spot 3000; in -o json: series\n", text, StringComparison.Ordinal);
        Assert.Contains("holds  counted on fingers\n", text, StringComparison.Ordinal);
        Assert.Contains("FAILS  counted on fingers\n", text, StringComparison.Ordinal);
        Assert.EndsWith("1 of 2 steps FAIL.\n", text, StringComparison.Ordinal);
        Assert.EndsWith("All 1 steps hold.\n", Run(OutputFormat.Table, Good).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_StepThatTakesLong_SaysWhereItIsFromTwoSecondsOn()
    {
        var time = new FakeTimeProvider();
        IEnumerable<ShowStep> Slow(TimeSpan second)
        {
            time.Advance(TimeSpan.FromSeconds(1.9));
            yield return Good;
            time.Advance(second);
            yield return Good;
        }

        Assert.Equal("", Run(OutputFormat.Json, () => Slow(TimeSpan.Zero), time).Progress);
        Assert.Equal("demo: system X, step 2, 2 s so far\n", Run(OutputFormat.Json, () => Slow(TimeSpan.FromSeconds(.1)), time).Progress);
    }

    [Fact]
    public void Run_CancelledBetweenTwoSteps_GoesNoFurther()
    {
        using var cancellation = new CancellationTokenSource();
        var asked = 0;
        IEnumerable<ShowStep> Steps()
        {
            asked++;
            yield return Good;
            cancellation.Cancel();
            asked++;
            yield return Good;
            asked++;
        }

        Assert.Throws<OperationCanceledException>(() => ShowRun.Run(
            new Show("X", "A title", Steps), OutputFormat.Json, TextWriter.Null, TextWriter.Null, new FakeTimeProvider(), cancellation.Token));
        Assert.Equal(2, asked);
    }

    private static (int Code, string Output, string Progress) Run(OutputFormat format, params ShowStep[] steps) =>
        Run(format, () => steps, new FakeTimeProvider());

    private static (int Code, string Output, string Progress) Run(OutputFormat format, Func<IEnumerable<ShowStep>> play, TimeProvider time)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var progress = new StringWriter { NewLine = "\n" };
        var code = ShowRun.Run(new Show("X", "A title", play), format, output, progress, time, CancellationToken.None);
        return (code, output.ToString(), progress.ToString());
    }
}
