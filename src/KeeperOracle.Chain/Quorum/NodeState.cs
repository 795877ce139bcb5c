using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Quorum;

/// <summary>What a node is good for. Only one that is alive votes.</summary>
public enum NodeStanding
{
    /// <summary>On the right chain and near its head.</summary>
    Alive,

    /// <summary>On the right chain, but too many blocks behind the agreed head.</summary>
    Lagging,

    /// <summary>It said something else than a quorum about a block that both know. It stays out until it is reset or its quarantine is over.</summary>
    Lying,

    /// <summary>Its chain id is another one. It stays out until the id is right again.</summary>
    WrongChain,

    /// <summary>No answer in time, or none that makes sense; every node begins here. It must show its chain id and its head before it votes again.</summary>
    Down,
}

/// <summary>
/// The state of one node, without a clock and without a connection: each method is one named transition. A node that lies is moved
/// by nothing but <see cref="OnTime"/> and <see cref="OnReset"/>; a right chain id alone makes nobody alive, a head is needed too.
/// </summary>
internal sealed record NodeState(NodeStanding Standing, string Reason, DateTimeOffset Since, ulong? Head = null, DateTimeOffset? Until = null)
{
    public static NodeState Unasked(DateTimeOffset now) => new(NodeStanding.Down, "not asked yet", now);

    /// <summary>It told its chain id.</summary>
    public NodeState OnChainId(ChainId expected, ChainId actual, DateTimeOffset now) => Standing switch
    {
        NodeStanding.Lying => this,
        _ when actual != expected => To(NodeStanding.WrongChain, $"it is on chain {actual}, not {expected}", now),
        NodeStanding.WrongChain => To(NodeStanding.Down, "its chain id is right again, its head is not known", now),
        _ => this,
    };

    /// <summary>It told its head, and its chain id was right in the same answer.</summary>
    /// <param name="floor">the lowest head that may vote</param>
    public NodeState OnHead(ulong head, ulong floor, DateTimeOffset now) => Standing switch
    {
        NodeStanding.Lying or NodeStanding.WrongChain => this,
        _ when head < floor => To(NodeStanding.Lagging, $"its head {head} is {floor - head} blocks under the lowest that may vote", now) with { Head = head },
        _ => To(NodeStanding.Alive, "it answers, and its head may vote", now) with { Head = head },
    };

    /// <summary>It gave no answer, or none that is one.</summary>
    public NodeState OnSilence(string reason, DateTimeOffset now) =>
        Standing is NodeStanding.Lying or NodeStanding.WrongChain ? this : To(NodeStanding.Down, reason, now);

    /// <summary>A quorum said something else about the same block.</summary>
    /// <param name="quarantine">null: until it is reset</param>
    public NodeState OnContradiction(string what, TimeSpan? quarantine, DateTimeOffset now) =>
        Standing == NodeStanding.Lying ? this : To(NodeStanding.Lying, what, now) with { Until = now + quarantine };

    /// <summary>Time has passed.</summary>
    public NodeState OnTime(DateTimeOffset now) =>
        Standing == NodeStanding.Lying && Until <= now ? To(NodeStanding.Down, "its quarantine is over, it must show itself again", now) : this;

    /// <summary>An operator has looked at the evidence and lets it back.</summary>
    public NodeState OnReset(DateTimeOffset now) =>
        Standing == NodeStanding.Lying ? To(NodeStanding.Down, "an operator has reset it, it must show itself again", now) : this;

    private NodeState To(NodeStanding standing, string reason, DateTimeOffset now) => standing == Standing
        ? this with { Reason = standing == NodeStanding.Alive ? Reason : reason }
        : new NodeState(standing, reason, now, Head);
}
