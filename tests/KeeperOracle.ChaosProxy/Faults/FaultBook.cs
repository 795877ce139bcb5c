using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;
using KeeperOracle.Risk;

namespace KeeperOracle.ChaosProxy.Faults;

// Specification of this folder.
//
// A rule names a fault and says when it happens: "methods" (one or several patterns with * and ?; each fault has a default), "address" (it stands
// in the parameters, or is sender or target of the transaction that is sent or asked for), "probability", "after" so many calls that match,
// "count" times at most, for "seconds" from when it was set. All rules are asked about each call in the order they were set; of those
// that happen the first is the outermost. Notifications are calls too, named eth_subscription/newHeads and eth_subscription/logs.
// Everything random is drawn from one generator: the same seed, rules and calls in the same order give the same faults, and the same log.
// A replay takes a log in place of rules and seed: the same faults happen to the calls of the same number and method, whatever the clock says.
// Limits: at most 200 rules and 100,000 entries in the log; what happens beyond is counted and not logged.

/// <summary>The rules, the generator and the log.</summary>
internal sealed class FaultBook(ulong seed, TimeProvider time)
{
    public const int MaxRules = 200;
    public const int MaxEntries = 100_000;

    private readonly Lock _lock = new();
    private readonly List<FaultRule> _rules = [];
    private readonly List<FaultEntry> _log = [];
    private Dictionary<long, List<FaultEntry>>? _replay;
    private SeededRandom _random = new(seed);
    private long _lastRule;

    /// <summary>Calls so far, without those to the proxy itself.</summary>
    public long Calls { get; private set; }

    /// <summary>Faults so far.</summary>
    public long Fired { get; private set; }

    /// <summary>The faults of this call, outermost first, each with its draw.</summary>
    public IReadOnlyList<(Fault Fault, double Roll)> Decide(Call call, IReadOnlyCollection<string> addresses)
    {
        lock (_lock)
        {
            Calls++;
            return _replay is null ? Draw(call, addresses) : Recall(call);
        }
    }

    /// <summary>Adds rules, all or none, and gives their numbers. Throws <see cref="FormatException"/>.</summary>
    public IReadOnlyList<long> Set(JsonNode? rules)
    {
        lock (_lock)
        {
            var list = rules as JsonArray ?? [rules?.DeepClone()];
            if (_rules.Count + list.Count > MaxRules)
            {
                throw new FormatException($"There may be {MaxRules} rules.");
            }

            var now = time.GetUtcNow();
            var read = list.Select((node, index) => FaultRule.Read(node, _lastRule + index + 1, now, $"rule {index}")).ToList();
            _lastRule += read.Count;
            _rules.AddRange(read);
            return [.. read.Select(rule => rule.Id)];
        }
    }

    /// <summary>Takes one rule away, or all. False where there is none of this number.</summary>
    public bool Clear(long? id)
    {
        lock (_lock)
        {
            _replay = id is null ? null : _replay;
            return _rules.RemoveAll(rule => id is null || rule.Id == id) > 0 || id is null;
        }
    }

    /// <summary>Counts calls from 1 again, empties the log, and draws from the beginning of this seed; rules stay as they are.</summary>
    public void Restart(ulong newSeed)
    {
        lock (_lock)
        {
            _random = new SeededRandom(newSeed);
            _log.Clear();
            (Calls, Fired) = (0, 0);
        }
    }

    /// <summary>From now on only what this log says happens; counts calls from 1. Throws <see cref="FormatException"/>.</summary>
    public void Replay(JsonNode? log)
    {
        var entries = (log as JsonArray ?? throw new FormatException("A log is a list.")).Select((node, index) => FaultEntry.Read(node, $"entry {index}"));
        var byCall = entries.GroupBy(entry => entry.Call).ToDictionary(group => group.Key, group => group.ToList());
        lock (_lock)
        {
            _replay = byCall;
            _log.Clear();
            (Calls, Fired) = (0, 0);
        }
    }

    public JsonArray Log()
    {
        lock (_lock)
        {
            return [.. _log.Select(entry => (JsonNode)entry.ToJson())];
        }
    }

    private List<(Fault Fault, double Roll)> Draw(Call call, IReadOnlyCollection<string> addresses)
    {
        var fired = new List<(Fault Fault, double Roll)>();
        foreach (var rule in _rules)
        {
            if (rule.Fires(call, addresses, time.GetUtcNow(), _random.NextUniform, out var roll))
            {
                fired.Add((rule.Fault, roll));
                Record(new FaultEntry(Calls, call.Method, rule.Json, roll));
            }
        }

        return fired;
    }

    private List<(Fault Fault, double Roll)> Recall(Call call)
    {
        var fired = new List<(Fault Fault, double Roll)>();
        foreach (var entry in _replay!.GetValueOrDefault(Calls, []).Where(entry => entry.Method == call.Method))
        {
            fired.Add((FaultRule.Read(entry.Rule, 0, time.GetUtcNow(), "replay").Fault, entry.Roll));
            Record(entry);
        }

        return fired;
    }

    private void Record(FaultEntry entry)
    {
        Fired++;
        if (_log.Count < MaxEntries)
        {
            _log.Add(entry);
        }
    }
}
