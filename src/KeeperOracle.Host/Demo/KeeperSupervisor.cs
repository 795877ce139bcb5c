namespace KeeperOracle.Host.Demo;

/// <summary>Runs the keeper's process and starts it again whenever it ends, as an operator's service manager would.</summary>
internal sealed class KeeperSupervisor : IAsyncDisposable
{
    private const int RestartLimit = 200;
    private readonly Func<ChildProcess> _start;
    private readonly string _pidFile;
    private readonly Action<string> _say;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _supervising;
    private ChildProcess _current;

    public KeeperSupervisor(Func<ChildProcess> start, string pidFile, Action<string> say)
    {
        (_start, _pidFile, _say) = (start, pidFile, say);
        _current = Launch();
        _supervising = SuperviseAsync();
    }

    public int Restarts { get; private set; }

    public int Id => _current.Id;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _supervising;
        await _current.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task SuperviseAsync()
    {
        try
        {
            while (Restarts < RestartLimit)
            {
                await _current.Exited(_stopping.Token);
                var (id, code) = (_current.Id, _current.ExitCode);
                await _current.DisposeAsync();
                Restarts++;
                _current = Launch();
                _say($"the keeper (process {id}) ended with {code}; started again as process {_current.Id}");
            }
        }
        catch (OperationCanceledException)
        {
            // The demo is over: whoever disposes ends the last process.
        }
    }

    private ChildProcess Launch()
    {
        var process = _start();
        File.WriteAllText(_pidFile, $"{process.Id}\n");
        return process;
    }
}
