using System.Diagnostics;
using System.Text.Json;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Chain;

/// <summary>The other implementations that ours is held against: viem through one script, and cast.</summary>
internal static class Reference
{
    /// <summary>Asks viem all questions of a kind at once; the answers come in their order.</summary>
    public static async Task<IReadOnlyList<string>> AskViemAsync(string kind, IReadOnlyList<object> questions)
    {
        var script = RepositoryFiles.PathOf("tests", "KeeperOracle.Tests", "Chain", "reference.mjs");
        var answer = await RunAsync("node", [script, kind], JsonSerializer.Serialize(questions));
        var answers = JsonSerializer.Deserialize<List<string>>(answer)!;
        Assert.Equal(questions.Count, answers.Count);
        return answers;
    }

    /// <summary>The output of cast, without the line end.</summary>
    public static async Task<string> AskCastAsync(params string[] arguments) => (await RunAsync(RepositoryFiles.Cast, arguments, "")).Trim();

    private static async Task<string> RunAsync(string program, IReadOnlyList<string> arguments, string input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? await output : throw new InvalidOperationException($"{program}: {await errors}");
    }
}
