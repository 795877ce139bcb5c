using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Reports;
using KeeperOracle.Host.Shows;

namespace KeeperOracle.Host.Story;

/// <summary>Plays the story. As a table each step is printed when it is done; as JSON all of it is at the end.</summary>
internal static class StoryRun
{
    /// <param name="only">the scene to print; null for all</param>
    /// <param name="output">for the data</param>
    /// <param name="progress">for people who wait</param>
    /// <returns>an exit code: failed where a step does not hold</returns>
    public static async Task<int> RunAsync(
        DemoTools tools, int? only, OutputFormat format, TextWriter output, TextWriter progress, TimeProvider time, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        await progress.WriteLineAsync("story: starting two local chains, deploying the protocol to both and connecting them");
        await using var cast = await StoryCast.GatherAsync(tools, cancellationToken);
        await progress.WriteLineAsync($"story: two chains, four oracle nodes, a relay and two keepers are up after {Seconds()} s; their files are in {cast.Stage.Directory}");
        var text = format == OutputFormat.Table ? new ShowText(output) : null;
        var played = new List<SceneReport>();
        foreach (var scene in StoryScene.All.Where(scene => only is null || scene.Number <= only))
        {
            var isShown = only is null || scene.Number == only;
            await progress.WriteLineAsync($"story: scene {scene.Number}, {scene.Title} ({Seconds()} s)");
            var report = await PlayAsync(scene, cast, isShown ? text : null, cancellationToken);
            played.Add(report);
            if (!report.Passed && !isShown)
            {
                await progress.WriteLineAsync($"story: scene {scene.Number}, which comes before, does not hold: {report.Steps.FirstOrDefault(step => !step.Holds)?.Expectation}");
                return ExitCode.Failed;
            }
        }

        var race = await StoryRace.TellAsync(cast, played[^1].Number, cancellationToken);
        text?.WriteRace(race);
        var all = new StoryReport(cast.Stage.Directory, cast.Restarts, race, [.. played.Where(scene => only is null || scene.Number == only)]);
        if (text is null)
        {
            Output.Json(all, output, indented: format == OutputFormat.Json);
        }
        else
        {
            WriteTimelines(cast.Timelines);
            var steps = all.Scenes.SelectMany(scene => scene.Steps).Append(race).ToList();
            var failed = steps.Count(step => !step.Holds);
            await output.WriteLineAsync(failed == 0 ? $"All {steps.Count - 1} steps of {all.Scenes.Count} scenes hold, and so does the race; {all.Restarts} processes were started again." : $"{failed} of {steps.Count} steps FAIL.");
        }

        return all.Passed ? ExitCode.Ok : ExitCode.Failed;

        string Seconds() => $"{time.GetElapsedTime(began).TotalSeconds:N0}";
    }

    /// <summary>Alice's days by either keeper, once scene 9 has told them.</summary>
    private static void WriteTimelines(IReadOnlyList<StoryTimeline> timelines)
    {
        foreach (var one in timelines)
        {
            Output.Table(["keeper", .. TimelinePage.Columns], one.Timeline.Select(entry => (string[])[one.Keeper, .. TimelinePage.Cells(entry)]));
        }
    }

    private static async Task<SceneReport> PlayAsync(StoryScene scene, StoryCast cast, ShowText? text, CancellationToken cancellationToken)
    {
        var steps = new List<ShowStep>();
        text?.Begin(scene);
        await foreach (var step in scene.Play(cast, cancellationToken).WithCancellation(cancellationToken))
        {
            steps.Add(step);
            text?.Write(steps.Count, step);
        }

        return new SceneReport(scene.Number, scene.Title, steps);
    }
}
