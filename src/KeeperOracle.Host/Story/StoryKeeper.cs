using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Shows;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Story;

/// <summary>One of the keepers of the story: a real process that watches both chains, with a key, a folder and a journal of its own. It can be killed and started again.</summary>
internal sealed class StoryKeeper(TwoChainStage stage, DemoKey key, string directory) : IAsyncDisposable
{
    private ChildProcess? _process;
    private readonly KeeperProgress _progress = new(Path.Combine(directory, "journal.db"));

    public string Name => key.Name;

    public Address Address => key.Address;

    public string JournalFile => Path.Combine(directory, "journal.db");

    /// <summary>How often it ended by itself and was started again.</summary>
    public int Restarts { get; private set; }

    /// <summary>Without waiting for it. Its process number is in NAME.pid in the story's directory.</summary>
    public void Start()
    {
        DemoConfiguration.WriteKeeper(directory, key, []); // the story carries its reports itself
        _process = ChildProcess.StartSelf("keeper", directory, "run", "-c", DemoConfiguration.Common(stage.Directory), "-c", DemoConfiguration.Keeper(directory));
        File.WriteAllText(Path.Combine(stage.Directory, $"{Name}.pid"), $"{_process.Id}\n");
    }

    /// <summary>Asks it to end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_process is { } running)
        {
            _process = null;
            await running.DisposeAsync();
        }
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        if (_process is { } running)
        {
            await running.KillAsync();
            await DisposeAsync();
        }
    }

    /// <summary>Starts it again where it has ended and nobody asked it to.</summary>
    public async Task ReviveAsync()
    {
        if (_process is { HasExited: true })
        {
            Restarts++;
            await DisposeAsync();
            Start();
        }
    }

    /// <summary>It has seen both heads, and nothing is under way.</summary>
    public async Task<bool> IsQuietAsync(CancellationToken cancellationToken)
    {
        var isQuiet = _progress.Update();
        foreach (var side in (StageChain[])[stage.A, stage.B])
        {
            isQuiet = isQuiet && _progress.IsQuietAt(side.Chain.Id, (await side.Chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref.Number);
        }

        return isQuiet;
    }

    /// <summary>Whether it has signed something of this kind on a chain, or found that it may not.</summary>
    public bool HasTried(ChainId chain, string kind)
    {
        bool IsIt(ChainId on, string purpose) => on == chain && purpose.StartsWith(kind, StringComparison.Ordinal);
        try
        {
            return Read(journal => journal.RecentIntents(1000).Any(intent => IsIt(intent.ChainId, intent.Purpose))) || Ends().Any(end => IsIt(end.Chain, end.Purpose));
        }
        catch (JournalException notNow) when (notNow.Kind is JournalFailure.FileMissing or JournalFailure.OlderSchema or JournalFailure.Locked)
        {
            return false; // it has just been started again
        }
    }

    /// <summary>How its actions ended, in order.</summary>
    public IReadOnlyList<IntentSettled> Ends() =>
        Read(journal => journal.Decisions(1, long.MaxValue).Select(record => KeeperJson.ReadEvent(record.Event.Span)).OfType<IntentSettled>().ToList());

    /// <summary>Reads its journal.</summary>
    public T Read<T>(Func<Journal.Journal, T> read)
    {
        using var journal = Host.Journal.Journal.OpenReadOnly(JournalFile);
        return read(journal);
    }
}
