using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Transactions;

/// <summary>That a transaction stands in a block. A reorg may take it out again: the block's hash says which chain is meant.</summary>
public sealed record TransactionReceipt(
    Hash32 TransactionHash,
    bool Succeeded,
    ulong BlockNumber,
    Hash32 BlockHash,
    Address From,
    Address? To,
    Address? ContractAddress,
    ulong GasUsed,
    BigInteger EffectiveGasPrice,
    IReadOnlyList<LogEntry> Logs);

/// <summary>A transaction that a node knows, in a block or still waiting.</summary>
public sealed record KnownTransaction(Hash32 Hash, Address From, ulong Nonce, ulong? BlockNumber, Hash32? BlockHash)
{
    public bool IsPending => BlockHash is null;
}

/// <summary>A block with what fees need: wei for one gas that every transaction in it pays, and the gas it may hold.</summary>
/// <param name="StateRoot">what proofs of its state lead to; null where the node does not say it</param>
public readonly record struct BlockHeader(BlockRef Ref, BigInteger BaseFeePerGas, ulong GasLimit, Hash32? StateRoot = null);

/// <summary>Fees in wei for one gas.</summary>
public readonly record struct FeeSuggestion(BigInteger BaseFeePerGas, BigInteger MaxPriorityFeePerGas);

/// <summary>The logs to ask for: in one block by its hash, or in a range of heights. Null or empty topics match anything.</summary>
public sealed record LogFilter(
    Address? Address,
    IReadOnlyList<Hash32?>? Topics,
    Hash32? BlockHash = null,
    ulong? FromBlock = null,
    ulong? ToBlock = null);
