using System.CommandLine;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Drill;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Commands;

/// <summary>`keeper drill`: the command line of <see cref="DrillRun"/>.</summary>
internal static class KeeperCommand
{
    private const string Help =
        "Forks each configured chain on this machine, moves its feeds, and lets the keeper liquidate whoever falls under health 1: how many, at what cost, " +
        "how soon, who is left and why. The live chain is read and not touched, and no configured key is opened. Exit code 0 nobody is left under health 1, " +
        "4 some are, 1 not held, 3 the configuration or the chain must be mended, 6 a node does not answer or cannot be forked." +
        "\n\nExamples:\n  keeperoracle keeper drill --shock -30% -c common.json -c keeper.json" +
        "\n  keeperoracle keeper drill --shock WETH=-30% --shock WBTC=-20% -c common.json --chain 31337 -o json";

    public static Command Build() => new("keeper", "The keeper, rehearsed.") { Drill() };

    private static Command Drill()
    {
        var shock = new Option<string[]>("--shock")
        {
            Description = "How far every feed of every asset moves, such as -30%; or of one asset, such as WETH=-30%. Repeat it for several assets. Over -100%, at most +1000%.",
            HelpName = "PERCENT|ASSET=PERCENT",
            Required = true,
            AllowMultipleArgumentsPerToken = false,
        };
        shock.Checked(texts => ShockList.Parse(texts).Problem);
        var configuration = CommandOptions.Configuration();
        var chain = CommandOptions.Chain();
        var output = CommandOptions.Output();
        var blockSeconds = Ranged("--block-seconds", "Chain time between two blocks of the fork. Default: the median of the live chain's last blocks.", null, 1, 3600);
        var pace = Ranged("--pace-ms", "Milliseconds between the keeper's last word about a block and the next block.", 50, 0, 60_000);
        var blocks = Ranged("--max-blocks", "Blocks of the fork after which the drill ends.", 300, 1, 100_000);
        var from = new Option<string[]>("--funds-of")
        {
            Description = "Whose stable tokens the keeper has on the fork; repeat it for several. Default: the configured keeper's.",
            HelpName = "ADDRESS",
            AllowMultipleArgumentsPerToken = false,
        };
        from.Checked(texts => texts.Select(text => Eip55.TryParse(text, out _, out var problem) ? null : $"'{text}': {problem}.").FirstOrDefault(problem => problem is not null));
        var keep = new Option<string?>("--keep") { Description = "A new folder for the journal of the drill's keeper and the fork's log; without it they are deleted.", HelpName = "DIR" };
        var root = new Option<string?>("--root") { Description = "The checkout with anvil in its node_modules, where the drill is not started inside it.", HelpName = "DIR" };
        var command = new Command("drill", Help) { shock, configuration, chain, output, blockSeconds, pace, blocks, from, keep, root };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(configuration),
            parsed.GetValue(chain),
            parsed.GetValue(output),
            parsed.GetValue(keep),
            parsed.GetValue(root),
            directory => new DrillSettings(
                ShockList.Parse(parsed.GetRequiredValue(shock)).Shocks!,
                (ulong?)parsed.GetValue(blockSeconds),
                TimeSpan.FromMilliseconds(parsed.GetValue(pace)!.Value),
                parsed.GetValue(blocks)!.Value,
                [.. (parsed.GetValue(from) ?? []).Select(text => Eip55.TryParse(text, out var address, out _) ? address : Address.Zero)],
                directory,
                IsKept: parsed.GetValue(keep) is not null),
            cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(
        string[] files, ulong? only, OutputFormat format, string? keep, string? root, Func<string, DrillSettings> settings, CancellationToken cancellationToken)
    {
        if (CommandOptions.Load(files, ConfigurationUse.ReadOnly) is not { } options)
        {
            return ExitCode.ConfigurationInvalid;
        }

        if (CommandOptions.Select(options, only) is not { } chains)
        {
            return ExitCode.Usage;
        }

        var (tools, missing) = DemoTools.Find(root, "A drill");
        if (tools is null)
        {
            await Console.Error.WriteLineAsync(missing);
            return ExitCode.Failed;
        }

        if (keep is not null && Path.Exists(keep) && (!Directory.Exists(keep) || Directory.EnumerateFileSystemEntries(keep).Any()))
        {
            await Console.Error.WriteLineAsync($"--keep '{keep}' exists and is not an empty folder: name a new one.");
            return ExitCode.Usage;
        }

        var directory = keep is null ? Directory.CreateTempSubdirectory("keeperoracle-drill-").FullName : Directory.CreateDirectory(keep).FullName;
        try
        {
            var given = settings(directory);
            var reports = await HoldAsync([.. chains.Select(chain => new DrillRun(given, options, chain, tools.Anvil, TimeProvider.System, Say))], given.Shocks, cancellationToken);
            Write(format, reports);
            return reports.Any(report => !report.Live.Holds) ? ExitCode.Failed : reports.Any(report => report.Left.Count > 0) ? ExitCode.Degraded : ExitCode.Ok;
        }
        catch (Exception stopped) when (cancellationToken.IsCancellationRequested && stopped is (OperationCanceledException or DrillRefusedException))
        {
            Say("stopped before its end; the fork is gone");
            return ExitCode.Cancelled;
        }
        catch (DrillRefusedException refused)
        {
            if (refused.Message.Length > 0)
            {
                await Console.Error.WriteLineAsync(refused.Message);
            }

            return refused.ExitCode;
        }
        finally
        {
            if (keep is null)
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    /// <summary>One chain after the other, once all names of assets are known to be right.</summary>
    private static async Task<List<DrillReport>> HoldAsync(IReadOnlyList<DrillRun> runs, ShockList shocks, CancellationToken cancellationToken)
    {
        var assets = new List<IReadOnlyList<AssetSnapshot>>();
        foreach (var run in runs)
        {
            assets.Add(await run.AssetsAsync(cancellationToken));
        }

        if (shocks.Problem(assets) is { } problem)
        {
            throw new DrillRefusedException(problem, ExitCode.Usage);
        }

        var reports = new List<DrillReport>();
        foreach (var run in runs)
        {
            reports.Add(await run.RunAsync(cancellationToken));
        }

        return reports;
    }

    private static void Write(OutputFormat format, List<DrillReport> reports)
    {
        if (format == OutputFormat.Table)
        {
            reports.ForEach(DrillSummary.Print);
            return;
        }

        Output.Write(format, reports, [], _ => []);
    }

    private static void Say(string text) => Console.Error.WriteLine($"drill: {text}");

    private static Option<int?> Ranged(string name, string description, int? value, int least, int most)
    {
        var option = new Option<int?>(name) { Description = $"{description} {least} to {most}.", HelpName = "N", DefaultValueFactory = _ => value };
        PlainValues.Require(option);
        return option.Checked(given => given is null || (given >= least && given <= most) ? null : $"{given} is outside {least} to {most}.");
    }
}
