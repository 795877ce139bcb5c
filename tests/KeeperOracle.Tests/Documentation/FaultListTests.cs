using System.Globalization;
using System.Text.RegularExpressions;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Documentation;

/// <summary>Every fault of the design's list has a test that carries its number in its name.</summary>
public sealed partial class FaultListTests
{
    private const int Last = 54;

    [Fact]
    public void EveryFault_OfTheList_HasATestByItsNumber()
    {
        var sources = Directory.EnumerateFiles(RepositoryFiles.PathOf("tests"), "*.*", SearchOption.AllDirectories)
            .Where(file => file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".sol", StringComparison.Ordinal));
        var numbers = sources.SelectMany(file => TestName().Matches(File.ReadAllText(file)))
            .SelectMany(name => Number().Matches(name.Groups[1].Value))
            .Select(number => int.Parse(number.Groups[1].Value, CultureInfo.InvariantCulture)).ToHashSet();
        var missing = Enumerable.Range(1, Last).Where(number => !numbers.Contains(number)).Select(number => $"F{number:00}");
        Assert.Equal("", string.Join(", ", missing));
        Assert.DoesNotContain(numbers, number => number is < 1 or > Last);
    }

    /// <summary>A method of xunit, or a function that forge runs.</summary>
    [GeneratedRegex(@"(?:public (?:async Task|Task|void) |function (?:test|testFuzz|invariant)_)((?:F\d\d_)+)")]
    private static partial Regex TestName();

    [GeneratedRegex(@"F(\d\d)_")]
    private static partial Regex Number();
}
