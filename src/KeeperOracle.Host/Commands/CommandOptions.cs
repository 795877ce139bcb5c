using System.CommandLine;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Commands;

/// <summary>How a command prints its data.</summary>
public enum OutputFormat
{
    Table,
    Json,
    Ndjson,
}

/// <summary>Options that several commands have, and what they all do with a configuration.</summary>
internal static class CommandOptions
{
    private const string DefaultFile = "keeperoracle.json";

    public static Option<string[]> Configuration() => new("--config", "-c")
    {
        Description = $"Configuration file; repeat it to lay one over another, later wins. Default: {DefaultFile} in the working directory.",
        HelpName = "FILE",
        AllowMultipleArgumentsPerToken = false,
        DefaultValueFactory = _ => File.Exists(DefaultFile) ? [DefaultFile] : [],
    };

    public static Option<OutputFormat> Output()
    {
        var option = new Option<OutputFormat>("--output", "-o")
        {
            Description = "table for people, json or ndjson for programs.",
            HelpName = "table|json|ndjson",
            DefaultValueFactory = _ => OutputFormat.Table,
        };
        PlainValues.Require(option);
        return option;
    }

    public static Option<ulong?> Chain() => new("--chain") { Description = "Only this chain id.", HelpName = "ID" };

    /// <summary>The options, or null after every problem has been printed.</summary>
    public static KeeperOracleOptions? Load(IReadOnlyList<string> files, ConfigurationUse use)
    {
        if (files.Count == 0)
        {
            Console.Error.WriteLine($"No configuration: name a file with -c FILE, or put {DefaultFile} into the working directory.");
            return null;
        }

        var result = ConfigurationLoader.Load(files, ConfigurationLoader.ProcessEnvironment(), use);
        if (result.IsValid)
        {
            return result.Options;
        }

        WriteProblems(result.Problems);
        return null;
    }

    public static void WriteProblems(IReadOnlyList<ConfigurationProblem> problems)
    {
        Console.Error.WriteLine(problems.Count == 1 ? "The configuration has a problem:" : $"The configuration has {problems.Count} problems:");
        foreach (var problem in problems)
        {
            Console.Error.WriteLine($"  {problem}");
        }
    }

    /// <summary>The chains asked for; null after the problem has been printed.</summary>
    public static IReadOnlyList<ChainOptions>? Select(KeeperOracleOptions options, ulong? chain)
    {
        if (chain is not { } id)
        {
            return options.Chains;
        }

        if (options.FindChain(new ChainId(id)) is { } found)
        {
            return [found];
        }

        Console.Error.WriteLine($"Chain {id} is not in the configuration; it has {string.Join(", ", options.Chains.Select(known => known.Id))}.");
        return null;
    }
}
