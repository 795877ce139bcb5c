using KeeperOracle.Chain.Rpc;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Quorum;

/// <summary>A configured node. Messages, logs and evidence know it by its name alone.</summary>
public sealed record QuorumNode(string Name, IRpc Rpc);

/// <summary>A node has changed its standing, and why.</summary>
public sealed record NodeChange(string Node, NodeStanding From, NodeStanding To, string Reason, DateTimeOffset At);

/// <summary>A node as it stands now.</summary>
/// <param name="Head">the last head that it told; null where it never did</param>
/// <param name="Until">the end of a liar's quarantine; null where nobody but an operator ends it, and for all others</param>
public sealed record NodeReport(string Node, NodeStanding Standing, string Reason, DateTimeOffset Since, ulong? Head, DateTimeOffset? Until);

/// <summary>The states of all configured nodes, by their positions; from any thread.</summary>
internal sealed class NodeRoster
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly NodeState[] _states;

    public NodeRoster(IReadOnlyList<QuorumNode> nodes, ChainId expected, TimeProvider time)
    {
        Nodes = nodes;
        Expected = expected;
        _time = time;
        _states = [.. nodes.Select(_ => NodeState.Unasked(time.GetUtcNow()))];
    }

    /// <summary>Hears of each change of standing, after it was made; it must not block.</summary>
    public event Action<NodeChange>? Changed;

    public IReadOnlyList<QuorumNode> Nodes { get; }

    public ChainId Expected { get; }

    public IReadOnlyList<NodeReport> Reports
    {
        get
        {
            lock (_lock)
            {
                return [.. _states.Zip(Nodes, (state, node) => new NodeReport(node.Name, state.Standing, state.Reason, state.Since, state.Head, state.Until))];
            }
        }
    }

    /// <summary>The positions of the nodes with such a standing.</summary>
    public List<int> Those(Func<NodeStanding, bool> with)
    {
        var found = new List<int>(Nodes.Count);
        lock (_lock)
        {
            for (var node = 0; node < _states.Length; node++)
            {
                if (with(_states[node].Standing))
                {
                    found.Add(node);
                }
            }
        }

        return found;
    }

    public NodeStanding StandingOf(int node)
    {
        lock (_lock)
        {
            return _states[node].Standing;
        }
    }

    public void Move(int node, Func<NodeState, DateTimeOffset, NodeState> transition)
    {
        var now = _time.GetUtcNow();
        NodeState before;
        NodeState after;
        lock (_lock)
        {
            before = _states[node];
            _states[node] = after = transition(before, now);
        }

        if (before.Standing != after.Standing)
        {
            Changed?.Invoke(new NodeChange(Nodes[node].Name, before.Standing, after.Standing, after.Reason, now));
        }
    }
}
