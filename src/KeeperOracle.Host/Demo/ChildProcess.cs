using System.Diagnostics;

namespace KeeperOracle.Host.Demo;

/// <summary>
/// A process of the demo: its output goes to a log file, and it does not outlive the demo, not even where that is killed (on Linux the
/// kernel is asked to end it with its parent). It has a session of its own: Ctrl-C in the terminal is the demo's to answer, in its order.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(8);
    private const string ParentDeath = "/usr/bin/setpriv";
    private const string OwnSession = "/usr/bin/setsid";
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
        var guarded = OperatingSystem.IsLinux() && File.Exists(ParentDeath) && File.Exists(OwnSession);
        var start = new ProcessStartInfo(guarded ? ParentDeath : file)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in guarded ? ["--pdeathsig", "KILL", OwnSession, file, .. arguments] : arguments)
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
        Spawner.Run(() => child._process.Start());
        child._process.StandardInput.Close();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>This program itself, with another command; its output goes to a log of that name in the directory it works in.</summary>
    public static ChildProcess StartSelf(string name, string directory, params string[] arguments)
    {
        var self = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known.");
        var isHost = Path.GetFileNameWithoutExtension(self).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        IEnumerable<string> all = isHost ? [typeof(ChildProcess).Assembly.Location, .. arguments] : arguments;
        return Start(self, all, directory, Path.Combine(directory, $"{name}.log"));
    }

    /// <summary>As `kill -9`.</summary>
    public void Kill() => _process.Kill();

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

    /// <summary>
    /// Starts processes from one thread that lives as long as the demo: the kernel counts a parent as dead when the very thread that made
    /// the child ends, and threads of the pool come and go.
    /// </summary>
    private static class Spawner
    {
        private static readonly System.Collections.Concurrent.BlockingCollection<Action> Work = Begin();

        public static void Run(Action start)
        {
            var done = new TaskCompletionSource();
            Work.Add(() =>
            {
                try
                {
                    start();
                    done.SetResult();
                }
                catch (Exception failed)
                {
                    done.SetException(failed); // thrown to the caller just below
                }
            });
            done.Task.GetAwaiter().GetResult();
        }

        private static System.Collections.Concurrent.BlockingCollection<Action> Begin()
        {
            var work = new System.Collections.Concurrent.BlockingCollection<Action>();
            new Thread(() =>
            {
                foreach (var action in work.GetConsumingEnumerable())
                {
                    action();
                }
            })
            { IsBackground = true, Name = "process starter" }.Start();
            return work;
        }
    }
}
