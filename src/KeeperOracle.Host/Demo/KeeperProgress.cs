using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Demo;

/// <summary>Follows the keeper through its journal, as any reader may: what it has seen of each chain, and whether anything is left to do.</summary>
internal sealed class KeeperProgress(string journalFile)
{
    private readonly Dictionary<ChainId, ChainSnapshot> _snapshots = [];
    private readonly Dictionary<ChainId, bool> _busy = [];
    private readonly Dictionary<ChainId, HashSet<string>> _unsettled = [];
    private readonly HashSet<ChainId> _seen = [];
    private HashSet<ChainId> _open = [];
    private readonly SnapshotTrail _trail = new();
    private long _seq;

    public ChainSnapshot? Snapshot(ChainId chain) => _snapshots.GetValueOrDefault(chain);

    /// <summary>Purposes that were decided on and have not come to an end.</summary>
    public IReadOnlyCollection<string> Unsettled(ChainId chain) => _unsettled.GetValueOrDefault(chain) ?? [];

    /// <summary>Reads what is new. False while there is no journal yet.</summary>
    public bool Update()
    {
        try
        {
            using var journal = Journal.Journal.OpenReadOnly(journalFile);
            Read(journal);
            return true;
        }
        catch (JournalException notYet) when (notYet.Kind is JournalFailure.FileMissing or JournalFailure.OlderSchema or JournalFailure.Locked)
        {
            return false; // the keeper is just making it
        }
    }

    /// <summary>The keeper, as it runs now, has looked at this block or a later one, and nothing it decided is still under way.</summary>
    public bool IsQuietAt(ChainId chain, ulong block) =>
        _seen.Contains(chain) && _snapshots[chain].Block.Number >= block && !_open.Contains(chain)
        && !(_busy.GetValueOrDefault(chain) && Unsettled(chain).Count > 0);

    private void Read(Journal.Journal journal)
    {
        foreach (var record in journal.Decisions(_seq + 1, long.MaxValue))
        {
            _seq = record.Seq;
            var keeperEvent = KeeperJson.ReadEvent(record.Event.Span);
            if (keeperEvent is IntentSettled settled)
            {
                UnsettledOf(settled.Chain).Remove(settled.Purpose);
            }
            else if (keeperEvent is Started started)
            {
                Begin(started);
            }

            if (_trail.Follow(keeperEvent) is { } snapshot)
            {
                // Where nobody needed a decision at this head nothing is under way.
                _seen.Add(snapshot.Chain);
                (_snapshots[snapshot.Chain], _busy[snapshot.Chain]) = (snapshot, false);
            }

            foreach (var chain in KeeperJson.ReadDecisions(record.Decisions.Span).GroupBy(decision => decision.Chain))
            {
                UnsettledOf(chain.Key).UnionWith(chain.Select(decision => decision.Verdict).OfType<Act>().Select(act => act.Purpose));
                _busy[chain.Key] = chain.Any(decision => decision.Verdict is Act or Refuse { Refusal.Code: RefusalCode.AlreadyInFlight });
            }
        }

        _open = [.. _snapshots.Keys.Where(chain => journal.OpenIntents(chain).Count > 0)];
    }

    /// <summary>What a process that was killed had decided and not signed is decided anew by the next, from what that sees itself.</summary>
    private void Begin(Started started)
    {
        _seen.Clear();
        _unsettled.Clear();
        foreach (var intent in started.OpenIntents)
        {
            UnsettledOf(intent.Chain).Add(intent.Purpose);
        }
    }

    private HashSet<string> UnsettledOf(ChainId chain) => _unsettled.TryGetValue(chain, out var known) ? known : _unsettled[chain] = new HashSet<string>(StringComparer.Ordinal);
}
