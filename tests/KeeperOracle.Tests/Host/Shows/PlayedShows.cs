using System.Collections.Concurrent;
using System.Text.Json;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Shows;
using Microsoft.Extensions.Time.Testing;

namespace KeeperOracle.Tests.Host.Shows;

/// <summary>Every show without a chain, and that part of system 5, played once for all tests, with what `-o json` writes of it.</summary>
internal static class PlayedShows
{
    private static readonly ConcurrentDictionary<string, Lazy<Played>> All = new();

    public static Played Of(string system) => All.GetOrAdd(system, name => new Lazy<Played>(() => Play(name == "5" ? MarginEngineShow.Show : ShowCatalogue.Find(name)!))).Value;

    /// <summary>Inputs and outputs of a step, counted from 1.</summary>
    public static (JsonElement From, JsonElement Gives) Step(string system, int number)
    {
        var step = Of(system).Report.GetProperty("steps")[number - 1];
        return (step.GetProperty("inputs"), step.GetProperty("outputs"));
    }

    public static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(one => one.GetDouble())];

    public static double Number(this JsonElement element, string name) => element.GetProperty(name).GetDouble();

    private static Played Play(Show show)
    {
        using var output = new StringWriter();
        using var progress = new StringWriter();
        var code = ShowRun.Run(show, OutputFormat.Json, output, progress, new FakeTimeProvider(), CancellationToken.None);
        return new Played(code, JsonDocument.Parse(output.ToString()).RootElement);
    }

    internal sealed record Played(int ExitCode, JsonElement Report);
}
