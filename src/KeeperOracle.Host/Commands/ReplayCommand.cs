using System.CommandLine;
using System.Globalization;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Replay;

namespace KeeperOracle.Host.Commands;

internal static class ReplayCommand
{
    public static Command Build()
    {
        var configuration = CommandOptions.Configuration();
        var output = CommandOptions.Output();
        var range = new Argument<string?>("range")
        {
            Description = "Steps to compare, as FROM..TO; both may be left out. Default: all.",
            Arity = ArgumentArity.ZeroOrOne,
            HelpName = "from..to",
        };
        range.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && Range(result.Tokens[0].Value) is null)
            {
                result.AddError($"'{result.Tokens[0].Value}' is no range of steps: write for example 100..200, 100.. or ..200.");
            }
        });
        var journal = new Option<string?>("--journal") { Description = "The journal, where no configuration names it.", HelpName = "FILE" };
        var command = new Command("replay", "Runs the recorded events through the keeper again: every decision must come out byte for byte.")
        {
            range,
            configuration,
            journal,
            output,
        };
        command.SetAction(parsed =>
        {
            var file = parsed.GetValue(journal);
            if (file is null)
            {
                var options = CommandOptions.Load(parsed.GetRequiredValue(configuration), ConfigurationUse.ReadOnly);
                if (options is null)
                {
                    return ExitCode.ConfigurationInvalid;
                }

                file = options.JournalFile;
            }

            return file is null ? NoJournal() : Replay(file, Range(parsed.GetValue(range) ?? "..")!.Value, parsed.GetValue(output));
        });
        return command;
    }

    private static int NoJournal()
    {
        Console.Error.WriteLine("The configuration names no KeeperOracle:JournalFile: add it, or give --journal FILE.");
        return ExitCode.ConfigurationInvalid;
    }

    private static int Replay(string file, (long From, long To) range, OutputFormat format)
    {
        using var journal = Journal.Journal.OpenReadOnly(file);
        var result = JournalReplay.Run(journal, range.From, range.To);
        if (format == OutputFormat.Table)
        {
            Console.Out.WriteLine(result.Difference is null
                ? $"Replayed {result.Events} events, compared {result.Compared}: {result.Decisions} decisions ({result.Acts} actions) byte-identical. Hash chain intact, head {result.HeadHash}."
                : $"NOT the same: {result.Difference}");
        }
        else
        {
            Output.Json(result);
        }

        return result.Difference is null ? ExitCode.Ok : ExitCode.Failed;
    }

    private static (long From, long To)? Range(string text)
    {
        var parts = text.Split("..");
        if (parts.Length != 2)
        {
            return null;
        }

        long from = 1, to = long.MaxValue;
        var good = (parts[0].Length == 0 || long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out from))
            && (parts[1].Length == 0 || long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out to));
        return good && from >= 1 && from <= to ? (from, to) : null;
    }
}
