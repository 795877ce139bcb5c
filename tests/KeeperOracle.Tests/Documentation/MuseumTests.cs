using System.Text.RegularExpressions;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Documentation;

/// <summary>Every incident of the design's list has its replay, and a control that shows the damage without the protection.</summary>
public sealed partial class MuseumTests
{
    private static readonly string[] Incidents =
    [
        "BlackThursday", "CompoundDai", "Bzx", "Harvest", "ChainlinkNodes", "Luna", "Mango", "AaveCrv", "UsdeBinance", "MoonwellCbEth", "AaveCapo", "Resolv", "KelpLayerZero",
    ];

    /// <summary>Theirs is inside the replay: the widest window, and what the limit has held back, for nobody can take that limit away.</summary>
    private static readonly string[] ControlInside = ["Harvest", "Resolv"];

    [Fact]
    public void EveryIncident_OfTheList_HasItsReplayAndItsControl()
    {
        var files = Directory.GetFiles(RepositoryFiles.PathOf("tests", "KeeperOracle.Tests", "EndToEnd", "Museum"), "*Tests.cs");
        var names = files.SelectMany(file => TestName().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).ToList();
        var replays = names.Where(name => !name.Contains("_Control", StringComparison.Ordinal)).Select(IncidentOf).ToHashSet();
        var controls = names.Where(name => name.Contains("_Control", StringComparison.Ordinal)).Select(IncidentOf).ToHashSet();
        Assert.Equal(Incidents.Order(), replays.Order());
        Assert.Equal(Incidents.Except(ControlInside).Order(), controls.Order());
    }

    private static string IncidentOf(string test) => test.Split('_')[0];

    [GeneratedRegex(@"public async Task (\w+)\(")]
    private static partial Regex TestName();
}
