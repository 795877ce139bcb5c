using System.Diagnostics;

namespace KeeperOracle.Host.Demo;

/// <summary>
/// A process of the demo: its output goes to a log file, and it does not outlive the demo, not even where that is killed (on Linux the
/// kernel is asked to end it with its parent).
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(8);
    private const string ParentDeath = "/usr/bin/setpriv";
    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Lock _gate = new();

    private ChildProcess(Process process, StreamWriter log) => (_process, _log) = (process, log);

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public Task Exited(CancellationToken cancellationToken) => _process.WaitForExitAsync(cancellationToken);

    public static ChildProcess Start(
        string file, IEnumerable<string> arguments, string directory, string logFile, IReadOnlyDictionary<string, string>? environment = null)
    {
        var guarded = OperatingSystem.IsLinux() && File.Exists(ParentDeath);
        var start = new ProcessStartInfo(guarded ? ParentDeath : file)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in guarded ? ["--pdeathsig", "KILL", file, .. arguments] : arguments)
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        var log = new StreamWriter(new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        var child = new ChildProcess(new Process { StartInfo = start }, log);
        child._process.OutputDataReceived += (_, line) => child.Log(line.Data);
        child._process.ErrorDataReceived += (_, line) => child.Log(line.Data);
        child._process.Start();
        child._process.StandardInput.Close();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Asks it to end, and ends it where it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Terminate();
            try
            {
                await _process.WaitForExitAsync(CancellationToken.None).WaitAsync(StopTimeout);
            }
            catch (TimeoutException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }

        // Waits for the last lines of output too, then nothing writes to the log any more.
        _process.WaitForExit();
        _process.Dispose();
        await _log.DisposeAsync();
    }

    private void Terminate()
    {
        // SIGTERM by the system's own command: .NET can only kill, and a keeper that is killed says nothing at its end.
        using var kill = Process.Start(new ProcessStartInfo("kill", ["-TERM", $"{_process.Id}"]) { RedirectStandardError = true });
        kill?.WaitForExit();
    }

    private void Log(string? line)
    {
        if (line is not null)
        {
            lock (_gate)
            {
                _log.WriteLine(line);
            }
        }
    }
}
