using System.Diagnostics.CodeAnalysis;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>Names of the groups of heavy tests. Both run after all others and never side by side: each starts several processes.</summary>
internal static class EndToEndCollections
{
    public const string Demo = "end to end: demo";
    public const string World = "end to end: one chain";
}

[CollectionDefinition(EndToEndCollections.Demo, DisableParallelization = true)]
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "xunit's own word for a group of test classes.")]
public sealed class DemoCollection;

[CollectionDefinition(EndToEndCollections.World, DisableParallelization = true)]
[SuppressMessage("Naming", "CA1711:Identifiers should not have incorrect suffix", Justification = "xunit's own word for a group of test classes.")]
public sealed class WorldCollection : ICollectionFixture<ProtocolWorld>;
