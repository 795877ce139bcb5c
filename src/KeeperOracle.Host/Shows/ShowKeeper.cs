using System.Text.Json.Nodes;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Shows;

/// <summary>A keeper's real process in a show, with a key, a configuration and a journal of its own in one directory; it can be killed and started again.</summary>
internal sealed class ShowKeeper : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly LocalChain _chain;
    private readonly string _directory;
    private ChildProcess? _process;

    private ShowKeeper(LocalChain chain, string directory, Address address) => (_chain, _directory, Address) = (chain, directory, address);

    public Address Address { get; }

    private string JournalFile => Path.Combine(_directory, "journal.db");

    /// <summary>Writes its configuration; it does not run yet.</summary>
    /// <param name="key">its keystore lies in the directory</param>
    /// <param name="signers">whose reports count; nobody is asked for any, since a show carries its reports itself</param>
    public static async Task<ShowKeeper> MakeAsync(
        LocalChain chain, Deployment deployment, string directory, DemoKey key, IEnumerable<PrivateKey> signers, CancellationToken cancellationToken)
    {
        var nodes = signers.Select((signer, i) => (new DemoKey($"signer-{i}", "oracle", signer.Address, "none", "none"), new Uri("http://127.0.0.1:1"))).ToList();
        DemoConfiguration.Write(directory, [(chain, deployment)], key, nodes);
        var file = DemoConfiguration.Keeper(directory);
        var root = JsonNode.Parse(await File.ReadAllTextAsync(file, cancellationToken))!;
        root["KeeperOracle"]![nameof(Keeper)]!["OracleNodes"] = new JsonArray();
        await File.WriteAllTextAsync(file, root.ToJsonString(), cancellationToken);
        return new ShowKeeper(chain, directory, key.Address);
    }

    /// <summary>Until it has seen the head and nothing is under way.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Start();
        await QuietAsync(cancellationToken);
    }

    /// <summary>Without waiting for it.</summary>
    public void Start() =>
        _process = ChildProcess.StartSelf("keeper", _directory, "run", "-c", DemoConfiguration.Common(_directory), "-c", DemoConfiguration.Keeper(_directory));

    /// <summary>Ends it as `kill -9` does: it learns nothing of it.</summary>
    public async Task KillAsync()
    {
        await _process!.KillAsync();
        await DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } running)
        {
            _process = null;
            await running.DisposeAsync();
        }
    }

    /// <summary>Until it has seen the head and nothing is under way. Throws where that does not come.</summary>
    public async Task QuietAsync(CancellationToken cancellationToken)
    {
        var progress = new KeeperProgress(JournalFile);
        var quiet = 0;
        await UntilAsync("come to rest", async () =>
        {
            var head = (await _chain.Eth.GetLatestBlockAsync(cancellationToken)).Ref.Number;
            quiet = progress.Update() && progress.IsQuietAt(_chain.Id, head) ? quiet + 1 : 0;
            return quiet == 3;
        }, cancellationToken);
    }

    /// <summary>Waits for a condition. Throws where it does not come.</summary>
    /// <param name="what">what the keeper is to have done</param>
    public async Task UntilAsync(string what, Func<Task<bool>> holds, CancellationToken cancellationToken)
    {
        for (var limit = DateTime.UtcNow + Limit; !await holds();)
        {
            if (DateTime.UtcNow > limit)
            {
                throw new InvalidOperationException($"The keeper has not {what} within {Limit.TotalSeconds} s: see keeper.log in {_directory}.");
            }

            await Task.Delay(100, cancellationToken);
        }
    }

    /// <summary>Reads its journal.</summary>
    public T Journal<T>(Func<Journal.Journal, T> read)
    {
        using var journal = Host.Journal.Journal.OpenReadOnly(JournalFile);
        return read(journal);
    }

    /// <summary>What it has decided about a subject, in order.</summary>
    public IReadOnlyList<Verdict> VerdictsOn(string subject) => Journal(journal => journal.Decisions(1, long.MaxValue)
        .SelectMany(record => KeeperJson.ReadDecisions(record.Decisions.Span)).Where(decision => decision.Subject == subject).Select(decision => decision.Verdict).ToList());

    /// <summary>How its actions ended whose purpose begins so, in order.</summary>
    public IReadOnlyList<IntentSettled> EndsOf(string kind) => Journal(journal => journal.Decisions(1, long.MaxValue)
        .Select(record => KeeperJson.ReadEvent(record.Event.Span)).OfType<IntentSettled>().Where(end => end.Purpose.StartsWith(kind, StringComparison.Ordinal)).ToList());

    /// <summary>What it has signed whose purpose begins so.</summary>
    public IReadOnlyList<IntentRecord> SentOf(string kind) =>
        Journal(journal => journal.RecentIntents(1000).Where(intent => intent.Purpose.StartsWith(kind, StringComparison.Ordinal)).ToList());
}
