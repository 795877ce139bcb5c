using System.Text.RegularExpressions;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Documentation;

/// <summary>Every incident of the design's list has its replay, and but for those that have none a control that shows the damage.</summary>
public sealed partial class MuseumTests
{
    private static readonly string[] Incidents =
    [
        "BlackThursday", "CompoundDai", "Bzx", "Harvest", "ChainlinkNodes", "Luna", "Mango", "AaveCrv", "UsdeBinance", "MoonwellCbEth", "AaveCapo", "Resolv", "KelpLayerZero",
    ];

    /// <summary>What could be switched off there is not a setting: the vault's shares have no price from a pool, and the limit of rule 3 has a limit itself.</summary>
    private static readonly string[] WithoutControl = ["Harvest", "Resolv"];

    [Fact]
    public void EveryIncident_OfTheList_HasItsReplayAndItsControl()
    {
        var files = Directory.GetFiles(RepositoryFiles.PathOf("tests", "KeeperOracle.Tests", "EndToEnd", "Museum"), "*Tests.cs");
        var names = files.SelectMany(file => TestName().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).ToList();
        var replays = names.Where(name => !name.Contains("_Control", StringComparison.Ordinal)).Select(IncidentOf).ToHashSet();
        var controls = names.Where(name => name.Contains("_Control", StringComparison.Ordinal)).Select(IncidentOf).ToHashSet();
        Assert.Equal(Incidents.Order(), replays.Order());
        Assert.Equal(Incidents.Except(WithoutControl).Order(), controls.Order());
    }

    private static string IncidentOf(string test) => test.Split('_')[0];

    [GeneratedRegex(@"public async Task (\w+)\(")]
    private static partial Regex TestName();
}
