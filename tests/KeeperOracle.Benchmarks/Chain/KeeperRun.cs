using System.Diagnostics;
using System.Text;

namespace KeeperOracle.Benchmarks.Chain;

/// <summary>The product as an operator runs it: `keeperoracle run` in a process of its own, ended with this object.</summary>
internal sealed class KeeperRun : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _words = new();

    private KeeperRun(Process process) => _process = process;

    /// <summary>What it has said so far.</summary>
    public string Words
    {
        get
        {
            lock (_words)
            {
                return _words.ToString();
            }
        }
    }

    public static KeeperRun Start(string folder)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "keeperoracle.dll");
        var start = new ProcessStartInfo("dotnet", [program, "run", "-c", "common.json", "-c", "keeper.json", "--adopt-nonce"])
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        var run = new KeeperRun(new Process { StartInfo = start });
        run._process.ErrorDataReceived += (_, line) => run.Hear(line.Data);
        run._process.OutputDataReceived += (_, _) => { };
        run._process.Start();
        run._process.BeginErrorReadLine();
        run._process.BeginOutputReadLine();
        return run;
    }

    /// <summary>Until the condition holds; throws with its words after a minute, or where it has ended.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(2))
            {
                throw new InvalidOperationException($"The keeper did not come to this: {what}. It said:\n{Words}");
            }

            await Task.Delay(20);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Hear(string? line)
    {
        if (line is not null)
        {
            lock (_words)
            {
                _words.AppendLine(line);
            }
        }
    }
}
