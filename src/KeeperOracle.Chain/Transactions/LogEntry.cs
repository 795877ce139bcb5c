using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Transactions;

/// <summary>One event as a node tells it. State is never derived from these alone: a reorg may take a log away without a word.</summary>
public sealed record LogEntry(
    Address Address,
    IReadOnlyList<Hash32> Topics,
    byte[] Data,
    ulong BlockNumber,
    Hash32 BlockHash,
    Hash32 TransactionHash,
    uint LogIndex,
    bool Removed);
