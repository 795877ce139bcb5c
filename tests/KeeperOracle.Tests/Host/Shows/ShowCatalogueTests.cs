using System.Text.Json;
using KeeperOracle.Host;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Shows;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Host.Shows;

public sealed class ShowCatalogueTests
{
    public static TheoryData<string> Systems => [.. ShowCatalogue.All.Select(show => show.System)];

    [Theory]
    [InlineData("18", "--system '18': UnknownSystem: there are shows of 1, 2, 3, 4, 5, 6, 7,")]
    [InlineData("0", "UnknownSystem")]
    [InlineData("all", "UnknownSystem")]
    [InlineData("5 --once", "--once is of the demo on two chains")]
    [InlineData("5 --story", "--story is of the story and has no part in a show (--system)")]
    [InlineData("5 --scene 3", "--scene is of the story and has no part in a show (--system)")]
    [InlineData("5 --hours 12", "--hours is of the demo on two chains")]
    [InlineData("5 --prices a.csv", "--prices is of the demo on two chains")]
    [InlineData("5 --seed 7", "--seed is of the demo on two chains")]
    public void Parse_UnknownSystemOrOptionOfTheDemo_IsRefusedByName(string arguments, string words)
    {
        var errors = RootCommandTree.Build().Parse($"demo --system {arguments}").Errors;

        Assert.Contains(words, Assert.Single(errors).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--scene 10", "--scene 10 is outside 1 to 9.")]
    [InlineData("--scene 0", "--scene 0 is outside 1 to 9.")]
    [InlineData("--story --once", "--once is of the demo on two chains and has no part in the story (--story, --scene).")]
    [InlineData("--scene 2 --hours 12", "--hours is of the demo on two chains and has no part in the story (--story, --scene).")]
    public void Parse_SceneOutOfRangeOrOptionOfTheDemo_IsRefusedByName(string arguments, string words) =>
        Assert.Equal(words, Assert.Single(RootCommandTree.Build().Parse($"demo {arguments}").Errors).Message);

    [Theory]
    [InlineData("5")]
    [InlineData("b")]
    [InlineData("C --root . -o json")]
    public void Parse_SystemWithShow_IsTaken(string arguments) => Assert.Empty(RootCommandTree.Build().Parse($"demo --system {arguments}").Errors);

    [Fact]
    public void Shows_TakenTogether_AreOneForEachSystemOfTheProduct()
    {
        Assert.Equal(20, ShowCatalogue.All.Count + ShowCatalogue.OnChain.Count + ShowCatalogue.OnTwoChains.Count);
        string[] all = [.. ShowCatalogue.All.Select(show => show.System), .. ShowCatalogue.OnChain.Select(show => show.System), .. ShowCatalogue.OnTwoChains.Select(show => show.System)];
        Assert.Equal(all.Length, all.Distinct().Count());
    }

    [Theory]
    [MemberData(nameof(Systems))]
    public void Play_EveryShow_HoldsAndExplainsItself(string system)
    {
        var (code, report) = (PlayedShows.Of(system).ExitCode, PlayedShows.Of(system).Report);
        var steps = report.GetProperty("steps").EnumerateArray().ToList();

        Assert.Equal("", string.Join('\n', steps.Where(step => !step.GetProperty("holds").GetBoolean())
            .Select(step => $"{step.GetProperty("sentence")} FAILS {step.GetProperty("expectation")}")));
        Assert.Equal(ExitCode.Ok, code);
        Assert.True(report.GetProperty("passed").GetBoolean());
        Assert.InRange(steps.Count, 3, 8);
        Assert.All(steps, step =>
        {
            Assert.EndsWith(".", step.GetProperty("sentence").GetString(), StringComparison.Ordinal);
            Assert.False(string.IsNullOrWhiteSpace(step.GetProperty("expectation").GetString()));
            Assert.NotEmpty(step.GetProperty("inputs").EnumerateObject());
            Assert.NotEmpty(step.GetProperty("outputs").EnumerateObject());
        });
    }

    [Fact]
    public async Task Demo_OfOneSystem_PrintsItsTableAndNothingElse()
    {
        var result = await ProductProcess.RunAsync("demo", "--system", "b");

        Assert.True(result.ExitCode == ExitCode.Ok, result.ToString());
        Assert.StartsWith("System B. Greeks and correlation", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("steps hold.\n", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Play_Twice_GivesTheSameNumbers()
    {
        using var output = new StringWriter();
        ShowRun.Run(ShowCatalogue.Find("15")!, OutputFormat.Json, output, TextWriter.Null, TimeProvider.System, CancellationToken.None);

        Assert.True(JsonElement.DeepEquals(PlayedShows.Of("15").Report, JsonDocument.Parse(output.ToString()).RootElement));
    }
}
