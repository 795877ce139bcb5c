using System.Diagnostics;
using System.Globalization;

/// <summary>
/// Loaded into a process of the product by DOTNET_STARTUP_HOOKS, before its Main. Where the product passes the crash point that the environment names
/// for the given time, the process ends by SIGKILL at once: no finally, no flush, no goodbye. .NET asks for this name, outside any namespace.
/// <list type="bullet">
/// <item>KEEPERORACLE_CRASH_POINT: a name of CrashPoint, for example Recorded</item>
/// <item>KEEPERORACLE_CRASH_PASS: at which pass it dies, 1 for the first</item>
/// </list>
/// </summary>
internal static class StartupHook
{
    private const string ListenerName = "KeeperOracle.CrashPoints";

    public static void Initialize()
    {
        var point = Environment.GetEnvironmentVariable("KEEPERORACLE_CRASH_POINT")
            ?? throw new InvalidOperationException("The crash hook is loaded and KEEPERORACLE_CRASH_POINT does not say where to die.");
        var pass = int.Parse(Environment.GetEnvironmentVariable("KEEPERORACLE_CRASH_PASS") ?? "1", CultureInfo.InvariantCulture);
        DiagnosticListener.AllListeners.Subscribe(new Finder(new Killer(point, pass)));
    }

    private sealed class Finder(Killer killer) : IObserver<DiagnosticListener>
    {
        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == ListenerName)
            {
                value.Subscribe(killer);
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }

    private sealed class Killer(string point, int pass) : IObserver<KeyValuePair<string, object?>>
    {
        private int _passed;

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Key == point && Interlocked.Increment(ref _passed) == pass)
            {
                Process.GetCurrentProcess().Kill();
                // The signal is on its way; nothing more may happen on this thread meanwhile.
                Thread.Sleep(Timeout.Infinite);
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
