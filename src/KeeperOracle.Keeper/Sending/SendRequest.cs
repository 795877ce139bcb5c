using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Sending;

/// <summary>Whose turn it is when there is not room for all: the lower value first.</summary>
public enum SendPriority
{
    /// <summary>Reports that make limits stricter, and the defence of accounts.</summary>
    Protect,

    Liquidate,

    Rest,
}

/// <summary>Something to be done once.</summary>
/// <param name="Purpose">the key under which the journal lets it happen once</param>
/// <param name="Priority">its lane</param>
/// <param name="Cause">whose hourly budget pays, for example the market or the account's vault</param>
/// <param name="Worth">the most it may cost in all, in wei, its data included: the value at risk, or what it earns</param>
/// <param name="Deadline">chain time in seconds after which it does no good any more; 0 for never</param>
/// <param name="Signer">whose nonces it may use; null for any</param>
public sealed record SendRequest(string Purpose, SendPriority Priority, string Cause, BigInteger Worth, ulong Deadline, Address? Signer = null)
{
    /// <summary>What the chain takes beside gas for the transaction's data, in wei; known from the simulation on.</summary>
    public BigInteger DataFee { get; init; }
}

/// <summary>What became of a request in the end.</summary>
public enum SendEnd
{
    Included,

    /// <summary>In a block, without effect.</summary>
    Reverted,

    /// <summary>Its nonce was spent without it: by our own cancellation, or by somebody else.</summary>
    Dropped,

    /// <summary>The simulation before signing says that it would revert.</summary>
    SimulationReverted,

    /// <summary>Nothing was signed: too dear, over a budget, too late, no room, or no node.</summary>
    NotSent,
}
