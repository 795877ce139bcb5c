using System.Text.RegularExpressions;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Documentation;

/// <summary>What the README tells a reader to write must be accepted as it stands.</summary>
public sealed partial class ReadmeTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("keeperoracle-readme-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData(1, ConfigurationUse.Keeper, "keeper")]
    [InlineData(2, ConfigurationUse.Oracle, "oracle-1")]
    public void Snippet_WithItsKeyFiles_IsAValidConfiguration(int own, ConfigurationUse use, string key)
    {
        var snippets = Snippet().Matches(File.ReadAllText(RepositoryFiles.PathOf("README.md"))).Select(match => match.Groups[1].Value).ToList();
        Assert.Equal(3, snippets.Count);
        var files = new[] { snippets[0], snippets[own] }.Select((text, i) =>
        {
            var file = Path.Combine(_directory, $"{i}.json");
            File.WriteAllText(file, text);
            return file;
        }).ToList();
        File.WriteAllText(Path.Combine(_directory, $"{key}.keystore.json"), "{}");
        File.WriteAllText(Path.Combine(_directory, $"{key}.password"), "x");

        var result = ConfigurationLoader.Load(files, new Dictionary<string, string>(), use);

        Assert.Empty(result.Problems);
    }

    [GeneratedRegex("```json\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
