using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Blocks;

/// <summary>
/// A new latest block. Heights between two events may be missing. <c>Reorg</c>: the head before this one is not among its
/// ancestors; <c>ReorgDepth</c>: how many blocks of the old chain fell away, null where that lies deeper than was looked.
/// </summary>
public readonly record struct HeadEvent(BlockRef Head, bool Reorg, int? ReorgDepth);

/// <summary>The node is not on the chain that the configuration says. Nothing may be read from it or signed for it.</summary>
public sealed class WrongChainException(ChainId expected, ChainId actual)
    : Exception($"The node is on chain {actual}, and the configuration says {expected}.")
{
    public ChainId Expected { get; } = expected;

    public ChainId Actual { get; } = actual;
}
