using System.Numerics;

namespace KeeperOracle.Keeper.Sending;

/// <summary>Limits of one chain's sending. Fees are in wei for one gas, amounts in wei.</summary>
/// <param name="Window">transactions of one signer that may wait for a block at the same time</param>
/// <param name="QueueLimit">requests that may wait for a nonce; one more is refused</param>
/// <param name="BumpAfterBlocks">blocks that pass a transaction by before its fees are raised</param>
/// <param name="BumpPercent">by how much both fees rise at least; nodes refuse less than 10</param>
/// <param name="MaxAttempts">signed transactions of one nonce</param>
/// <param name="ResendAfterSeconds">host seconds after which bytes that the node does not know are sent again</param>
/// <param name="MissingAfterSeconds">host seconds that a used nonce may be without a receipt of ours before it counts as used by somebody else</param>
/// <param name="Confirmations">blocks on top of ours before an outcome is told</param>
/// <param name="MaxFeePerGas">the most ever bid for one gas, whatever the action is worth</param>
/// <param name="MaxPriorityFeePerGas">the most of it for the proposer, before any bump</param>
/// <param name="HourlyBudget">most wei that one cause may spend in any 3,600 host seconds</param>
/// <param name="ReserveGas">gas that a signer keeps the means for, at the fee of the moment; only what protects may use it up</param>
public sealed record SendingSettings(
    int Window,
    int QueueLimit,
    ulong BumpAfterBlocks,
    int BumpPercent,
    int MaxAttempts,
    ulong ResendAfterSeconds,
    ulong MissingAfterSeconds,
    ulong Confirmations,
    BigInteger MaxFeePerGas,
    BigInteger MaxPriorityFeePerGas,
    BigInteger HourlyBudget,
    ulong ReserveGas);
