using System.CommandLine;
using System.Text.Json;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Host.Files;
using KeeperOracle.Keeper;
using KeeperOracle.Risk;

namespace KeeperOracle.Host.Commands;

/// <summary>
/// What the commands share that calculate from files and touch neither chain nor configuration. The result goes to stdout and nothing else
/// does. On stderr stand notes and refusals: `error ZeroPrice: prices.csv, line 17: …`; with `-o json` or `-o ndjson` each of them is one
/// JSON object on one line, {"error":{"name":"ZeroPrice","file":"prices.csv","line":17,"path":null,"message":"…"}} or {"note":{…}}.
/// A refused file or input ends with code 1, a wrong command line with 2.
/// </summary>
internal static class FileCommand
{
    private const string Result = "result";

    /// <summary>A command that prints <paramref name="examples"/> in its help and the schema of its result with --schema.</summary>
    /// <param name="check">what must hold between the options; not asked where only the schema is wanted</param>
    /// <param name="compute">the result; throws what the files or the engine refuse</param>
    /// <param name="table">the result as a person reads it</param>
    /// <param name="inputSchemas">schemas of what it reads, printed by their name after --schema</param>
    public static Command Build<T>(
        string name,
        string description,
        IReadOnlyList<string> examples,
        IReadOnlyList<Option> options,
        Func<System.CommandLine.Parsing.CommandResult, string?> check,
        Func<ParseResult, OutputFormat, T> compute,
        Action<T> table,
        params IReadOnlyList<(string Name, Func<string> Write)> inputSchemas)
        where T : class
    {
        var output = CommandOptions.Output();
        var schema = SchemaOption([Result, .. inputSchemas.Select(one => one.Name)]);
        var help = $"{description}\n\nExamples:\n{string.Join('\n', examples.Select(example => $"  keeperoracle {example}"))}";
        var command = new Command(name, help);
        foreach (var option in (Option[])[.. options, output, schema])
        {
            PlainValues.Require(option);
            command.Options.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (WhereParsed(() => result.GetResult(schema) is not null ? null : check(result)) is { } wrong)
            {
                result.AddError(wrong);
            }
        });
        command.SetAction(parsed =>
        {
            if (parsed.GetResult(schema) is not null)
            {
                var input = inputSchemas.FirstOrDefault(one => one.Name == parsed.GetValue(schema)).Write;
                Console.Out.WriteLine(input is null ? ResultSchema.Write<T>($"{command.Parents.First().Name} {name}") : input());
                return ExitCode.Ok;
            }

            var format = parsed.GetValue(output);
            return Run(format, InputOf(parsed, options), () => compute(parsed, format), table);
        });
        return command;
    }

    private static Option<string?> SchemaOption(IReadOnlyList<string> names)
    {
        var option = new Option<string?>("--schema")
        {
            Description = $"Prints the JSON schema of the {string.Join(", or of the ", names)}, and reads nothing.",
            HelpName = string.Join('|', names),
            Arity = ArgumentArity.ZeroOrOne,
        };
        return option.Checked(name => names.Contains(name) ? null : $"'{name}' is unknown: it is one of {string.Join(", ", names)}.");
    }

    /// <summary>The file that the result is made from, for refusals of the engine, which knows no files.</summary>
    private static string? InputOf(ParseResult parsed, IReadOnlyList<Option> options) => options.OfType<Option<string?>>()
        .Where(option => option.Name is "--portfolio" or "--prices" or "--returns" or "--forecasts")
        .Select(parsed.GetValue)
        .Where(file => file is not null)
        .Select(file => InputText.NameOf(file!))
        .FirstOrDefault();

    private static int Run<T>(OutputFormat format, string? input, Func<T> compute, Action<T> table)
    {
        try
        {
            var result = compute();
            switch (format)
            {
                case OutputFormat.Json:
                    Output.Json(result);
                    break;
                case OutputFormat.Ndjson:
                    Console.Out.WriteLine(JsonSerializer.Serialize(result, KeeperJson.Options));
                    break;
                case OutputFormat.Table:
                    table(result);
                    break;
                default:
                    throw new ArgumentOutOfRangeException(nameof(format), format, "No such format.");
            }

            return ExitCode.Ok;
        }
        catch (InputFileException refused)
        {
            WriteRefusals(format, refused);
        }
        catch (RiskInputException refused)
        {
            var message = input is null ? refused.Message : $"{input}: {refused.Message}";
            WriteError(format, new ErrorLine(refused.Refusal, input, null, null, message));
        }

        return ExitCode.Failed;
    }

    public static void WriteRefusals(OutputFormat format, InputFileException refused)
    {
        foreach (var problem in refused.Problems)
        {
            WriteError(format, new ErrorLine(problem.Refusal, problem.File, problem.Line, problem.Path, problem.Message));
        }
    }

    /// <summary>Something that a person should know about a result that was given all the same.</summary>
    public static void WriteNote(OutputFormat format, string name, string message) => Console.Error.WriteLine(
        format == OutputFormat.Table
            ? $"note {name}: {message}"
            : JsonSerializer.Serialize(new { Note = new { Name = name, Message = message } }, KeeperJson.Options));

    private static void WriteError(OutputFormat format, ErrorLine error) => Console.Error.WriteLine(
        format == OutputFormat.Table
            ? $"error {error.Name}: {error.Message}"
            : JsonSerializer.Serialize(new { Error = error }, KeeperJson.Options));

    private sealed record ErrorLine(string Name, string? File, int? Line, string? Path, string Message);

    /// <summary>An option with a few words, of which a wrong one is answered with the nearest.</summary>
    public static Option<string?> Choice(string name, string description, IReadOnlyList<string> words, string? value = null)
    {
        var option = new Option<string?>(name)
        {
            Description = $"{description} One of {string.Join(", ", words)}.",
            HelpName = "NAME",
        };
        if (value is not null)
        {
            option.DefaultValueFactory = _ => value;
        }

        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var given }] && !words.Contains(given))
            {
                result.AddError($"{name} '{given}' is unknown: it is one of {string.Join(", ", words)}. Did you mean "
                    + $"'{KeyCheck.Nearest(given, words)}'?");
            }
        });
        return option;
    }

    /// <summary>The option with a check of what is given to it; <paramref name="problem"/> says what is wrong, or null.</summary>
    public static Option<T> Checked<T>(this Option<T> option, Func<T, string?> problem)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && WhereParsed(() => problem(result.GetValueOrDefault<T>()!)) is { } wrong)
            {
                result.AddError($"{option.Name} {wrong}");
            }
        });
        return option;
    }

    /// <summary>Null where a value is asked for that does not parse: that has its own error, and asking for it throws.</summary>
    private static string? WhereParsed(Func<string?> check)
    {
        try
        {
            return check();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
