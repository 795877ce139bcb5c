using System.Diagnostics;
using System.Text;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>How a process of the product ended.</summary>
internal sealed record ProductResult(int ExitCode, string Output, string Errors)
{
    public override string ToString() => $"exit code {ExitCode}\n--- stdout ---\n{Output}\n--- stderr ---\n{Errors}";
}

/// <summary>
/// The product as a person starts it: the program that lies beside the tests, in a process of its own. What is still running when the
/// test ends is killed, this process only.
/// </summary>
internal sealed class ProductProcess : IAsyncDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "keeperoracle.dll");
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task _errors;
    private readonly StringBuilder _errorText = new();

    private ProductProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = ReadErrorsAsync();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What it has said on stderr so far.</summary>
    public string Errors
    {
        get
        {
            lock (_errorText)
            {
                return _errorText.ToString();
            }
        }
    }

    /// <param name="under">a command that becomes the product in the end, for example setsid</param>
    public static ProductProcess Start(
        IEnumerable<string> arguments, string? directory = null, IReadOnlyDictionary<string, string>? environment = null, params IReadOnlyList<string> under)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";
        var start = new ProcessStartInfo(under.Count == 0 ? dotnet : under[0])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = directory ?? Path.GetTempPath(),
        };
        foreach (var argument in (string[])[.. under.Skip(1), .. under.Count == 0 ? Array.Empty<string>() : [dotnet], Program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException("The product did not start.");
        process.StandardInput.Close();
        return new ProductProcess(process);
    }

    /// <summary>Starts and waits for the end.</summary>
    public static Task<ProductResult> RunAsync(params string[] arguments) => RunInAsync(Path.GetTempPath(), arguments);

    public static async Task<ProductResult> RunInAsync(string directory, params string[] arguments)
    {
        await using var process = Start(arguments, directory);
        return await process.EndAsync(TimeSpan.FromSeconds(90));
    }

    /// <summary>Waits for the end; past the limit it is killed and the test fails with what it had said.</summary>
    public async Task<ProductResult> EndAsync(TimeSpan limit)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The product did not end within {limit.TotalSeconds} s. It said:\n{Errors}");
        }

        await _errors;
        var result = new ProductResult(_process.ExitCode, await _output, Errors);
        Canaries.AssertNone(result.Output);
        Canaries.AssertNone(result.Errors);
        return result;
    }

    /// <summary>Asks it to end and waits.</summary>
    public async Task<ProductResult> StopAsync()
    {
        Signals.Send("TERM", Id);
        return await EndAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>Until its words on stderr hold the text. Fails at once where it ends before.</summary>
    public Task SaysAsync(string text) => Until.TrueAsync(
        () => Errors.Contains(text, StringComparison.Ordinal)
            || (HasExited ? throw new InvalidOperationException($"It ended with {_process.ExitCode} without saying '{text}':\n{Errors}") : false),
        $"the product says '{text}'",
        () => Errors);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        await _errors;
        _process.Dispose();
    }

    private async Task ReadErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            lock (_errorText)
            {
                _errorText.AppendLine(line);
            }
        }
    }
}

/// <summary>Signals, by the system's own command: .NET can only kill.</summary>
internal static class Signals
{
    public static void Send(string name, int process) => Kill($"-{name}", $"{process}");

    /// <summary>To every process of the group, as the terminal does on Ctrl-C.</summary>
    public static void SendToGroup(string name, int leader) => Kill($"-{name}", "--", $"-{leader}");

    private static void Kill(params string[] arguments)
    {
        using var kill = Process.Start(new ProcessStartInfo("kill", arguments) { RedirectStandardError = true });
        kill!.WaitForExit();
    }
}
