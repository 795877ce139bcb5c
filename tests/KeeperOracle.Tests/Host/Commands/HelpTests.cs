using System.CommandLine;
using KeeperOracle.Host.Commands;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Host.Commands;

public sealed class HelpTests
{
    private const string Prompt = "  keeperoracle ";

    [Fact]
    public void Help_EveryExample_ParsesAndIsOfItsOwnCommand()
    {
        var root = RootCommandTree.Build();
        var examples = Verbs(root).SelectMany(verb => Examples(verb).Select(line => (verb, line))).ToList();

        Assert.True(examples.Count > 10, $"{examples.Count} examples");
        foreach (var (verb, line) in examples)
        {
            var parsed = root.Parse(line.Split(" <", 2)[0]);
            Assert.True(parsed.Errors.Count == 0, $"{line}: {string.Join(' ', parsed.Errors.Select(error => error.Message))}");
            Assert.Same(verb, parsed.CommandResult.Command);
        }
    }

    [Fact]
    public void Readme_EveryCommandLine_Parses()
    {
        const string Script = "    scripts/keeperoracle ";
        var lines = File.ReadAllLines(RepositoryFiles.PathOf("README.md")).Where(line => line.StartsWith(Script, StringComparison.Ordinal)).ToList();

        Assert.True(lines.Count > 10, $"{lines.Count} lines");
        foreach (var line in lines)
        {
            var parsed = RootCommandTree.Build().Parse(line[Script.Length..].Split('#')[0]);
            Assert.True(parsed.Errors.Count == 0, $"{line}: {string.Join(' ', parsed.Errors.Select(error => error.Message))}");
        }
    }

    [Fact]
    public void Help_EveryOption_HasADescription() => Assert.All(
        Verbs(RootCommandTree.Build()).SelectMany(verb => verb.Options.Select(option => (verb, option))),
        pair => Assert.False(string.IsNullOrWhiteSpace(pair.option.Description), $"{pair.verb.Name} {pair.option.Name}"));

    private static IEnumerable<Command> Verbs(Command command) =>
        command.Subcommands.Count == 0 ? [command] : command.Subcommands.SelectMany(Verbs);

    private static IEnumerable<string> Examples(Command verb) =>
        (verb.Description ?? "").Split('\n').Where(line => line.StartsWith(Prompt, StringComparison.Ordinal)).Select(line => line[Prompt.Length..]);
}
