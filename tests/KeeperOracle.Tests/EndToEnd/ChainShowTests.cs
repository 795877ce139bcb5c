using System.Text.Json;
using KeeperOracle.Host.Shows;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The shows that need a chain, as a person runs them.</summary>
[Collection(EndToEndCollections.Demo)]
public sealed class ChainShowTests
{
    public static TheoryData<string> Systems => [.. ShowCatalogue.OnChain.Select(show => show.System), .. ShowCatalogue.OnTwoChains.Select(show => show.System)];

    [Theory]
    [MemberData(nameof(Systems))]
    public async Task Demo_OfASystemOnAChain_HoldsAndExplainsItself(string system)
    {
        await using var process = ProductProcess.Start(["demo", "--system", system, "--root", RepositoryFiles.Root, "-o", "json"]);
        var result = await process.EndAsync(TimeSpan.FromMinutes(4));

        Assert.True(result.ExitCode == 0, result.ToString());
        using var report = JsonDocument.Parse(result.Output);
        Assert.True(report.RootElement.GetProperty("passed").GetBoolean());
        var steps = report.RootElement.GetProperty("steps").EnumerateArray().ToList();
        Assert.InRange(steps.Count, 3, 14);
        Assert.All(steps, step =>
        {
            Assert.EndsWith(".", step.GetProperty("sentence").GetString(), StringComparison.Ordinal);
            Assert.NotEmpty(step.GetProperty("inputs").EnumerateObject());
            Assert.NotEmpty(step.GetProperty("outputs").EnumerateObject());
        });
    }
}
