using System.Text.Json;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Host.Commands;

/// <summary>
/// The examples of tests/examples, each run as a person would: the arguments in `command`, in the folder of the example. What it prints is
/// in `output.json`, or in `refusal` where it is refused. With KEEPERORACLE_WRITE_EXAMPLES=1 the files are written instead of compared.
/// </summary>
public sealed class ExampleTests
{
    private static readonly string Folder = RepositoryFiles.PathOf("tests", "examples");

    private static readonly bool Writes = Environment.GetEnvironmentVariable("KEEPERORACLE_WRITE_EXAMPLES") == "1";

    public static TheoryData<string> Examples() =>
        [.. Directory.GetDirectories(Folder).Select(folder => Path.GetFileName(folder)).Where(name => name != "schemas").Order(StringComparer.Ordinal)];

    /// <summary>Noun and verb of every command that prints a result with a schema, and where it has another one the name of that.</summary>
    public static TheoryData<string> Commands() =>
        [.. Directory.GetFiles(Path.Combine(Folder, "schemas")).Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Example_Run_PrintsWhatIsCommitted(string example)
    {
        var folder = Path.Combine(Folder, example);
        var arguments = (await File.ReadAllTextAsync(Path.Combine(folder, "command"))).Trim().Split(' ');

        var result = await ProductProcess.RunInAsync(folder, arguments);

        if (example.StartsWith("refused-", StringComparison.Ordinal))
        {
            Assert.True(result.ExitCode == 1, result.ToString());
            Assert.Equal("", result.Output);
            Assert.Equal(await CommittedAsync(Path.Combine(folder, "refusal"), result.Errors), result.Errors);
            return;
        }

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("", result.Errors);
        var actual = JsonDocument.Parse(result.Output).RootElement;
        var expected = JsonDocument.Parse(await CommittedAsync(Path.Combine(folder, "output.json"), result.Output)).RootElement;
        Assert.Null(JsonComparison.Difference(expected, actual));
        var schema = JsonDocument.Parse(await File.ReadAllTextAsync(SchemaOf($"{arguments[0]}-{arguments[1]}"))).RootElement;
        Assert.Null(JsonComparison.Violation(schema, actual));
        var portfolio = Path.Combine(folder, "portfolio.json");
        if (File.Exists(portfolio))
        {
            var input = JsonDocument.Parse(await File.ReadAllTextAsync(SchemaOf("margin-assess.portfolio"))).RootElement;
            Assert.Null(JsonComparison.Violation(input, JsonDocument.Parse(await File.ReadAllTextAsync(portfolio)).RootElement));
        }
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Schema_Printed_IsWhatIsCommitted(string command)
    {
        var (name, schema) = command.Split('.') is [var first, var second] ? (first, second) : (command, "result");
        var result = await ProductProcess.RunAsync([.. name.Split('-'), "--schema", schema]);

        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal("", result.Errors);
        Assert.Equal(await CommittedAsync(SchemaOf(command), result.Output), result.Output);
    }

    private static string SchemaOf(string command) => Path.Combine(Folder, "schemas", $"{command}.json");

    private static async Task<string> CommittedAsync(string file, string actual)
    {
        if (Writes)
        {
            await File.WriteAllTextAsync(file, actual);
        }

        return await File.ReadAllTextAsync(file);
    }
}
