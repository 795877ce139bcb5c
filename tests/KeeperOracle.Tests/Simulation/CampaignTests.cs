using System.Diagnostics.CodeAnalysis;
using KeeperOracle.Simulation;

namespace KeeperOracle.Tests.Simulation;

/// <summary>
/// The whole keeper on virtual time under every fault at once. `scripts/simulate` plays more of it, or one seed with all it did. It takes all
/// cores, so it runs when no other test does: those that talk to a node would starve.
/// </summary>
[Collection(SimulationCollection.Name)]
public sealed class CampaignTests
{
    private const ulong Runs = 20_000;
    private const ulong Replays = 1_000;

    [Fact]
    public void Campaign_TwentyThousandSeeds_NothingLostDoubledOrStuck()
    {
        var result = Campaign.Run(from: 1, Runs);
        Assert.Empty(result.Bad.Select(bad => $"seed {bad.Seed}: {string.Join("; ", bad.Faults)}"));
        // A campaign in which little happens would prove little.
        Assert.True(result.Events >= 200 * (long)Runs);
        Assert.True(result.Landed >= 4 * (long)Runs);
        Assert.True(result.Crashes >= (long)Runs / 2);
        Assert.True(result.Reorganisations >= (long)Runs / 2);
    }

    [Fact]
    public void Campaign_SameSeedAgain_SameBytes()
    {
        var differing = new List<ulong>();
        Parallel.For(0, (long)Replays, i =>
        {
            var seed = 1_000_000 + (ulong)i;
            if (new World(seed).Play().Digest != new World(seed).Play().Digest)
            {
                lock (differing)
                {
                    differing.Add(seed);
                }
            }
        });
        Assert.Empty(differing);
    }
}

[CollectionDefinition(Name, DisableParallelization = true)]
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "xunit's own word for a group of test classes.")]
public sealed class SimulationCollection
{
    internal const string Name = "simulation: all cores";
}
