using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Signer;

/// <summary>What a signer process is and may do. Made by <see cref="SignerPolicyFile"/> only. Its values are explained in policy.example.jsonc.</summary>
/// <param name="TokenFile">null only where it listens on a socket</param>
internal sealed record SignerPolicy(
    SignerConnection Listen,
    string? TokenFile,
    string GuardFile,
    IReadOnlyList<PolicyKey> Keys,
    IReadOnlyList<TransactionPolicy> Transactions,
    IReadOnlyList<ObservationPolicy> Observations);

internal sealed record PolicyKey(string KeystoreFile, string PasswordFile);

/// <summary>What one account may send on one chain. Fees per gas and costs in wei.</summary>
internal sealed record TransactionPolicy(
    Address Signer,
    ChainId Chain,
    IReadOnlyList<CallPolicy> Calls,
    BigInteger MaxFeePerGas,
    BigInteger MaxPriorityFeePerGas,
    ulong MaxGasLimit,
    BigInteger MaxFeePerTransaction,
    BigInteger MaxFeePerHour,
    bool AllowReplacements);

/// <summary>One function of one contract, with the arguments that must be as they stand here.</summary>
internal sealed record CallPolicy(Address Target, Selector Function, IReadOnlyList<FixedArgument> Arguments);

/// <param name="Word">which 32 bytes after the selector, from 0</param>
internal readonly record struct FixedArgument(int Word, Hash32 Value);

/// <summary>What one account may attest for one market. Volatilities, slippages and ratios with 18 decimals.</summary>
/// <param name="ClockSkewSeconds">null where the chain's clock is not the host's</param>
/// <param name="ReorgEpochs">how many epochs back may be signed again</param>
internal sealed record ObservationPolicy(
    Address Signer,
    ChainId Chain,
    Address Verifier,
    Hash32 Market,
    ulong MaxValidSeconds,
    ulong? ClockSkewSeconds,
    ulong ReorgEpochs,
    ulong MaxEpochStep,
    IReadOnlyList<AssetPolicy> Assets);

/// <param name="MostImpliedVolatility">null where no expiry may be attested</param>
internal sealed record AssetPolicy(
    Address Asset, ulong LeastVolatility, ulong MostVolatility, ulong MostSlippage, ulong? MostImpliedVolatility, ulong LeastForward, ulong MostForward);

/// <summary>An observation as it was asked for, with the digest computed from its values.</summary>
internal sealed record AskedObservation(Address From, ChainId Chain, Address Verifier, Observation Observation)
{
    public Hash32 Digest { get; } = ObservationDigest.Compute(Chain, Verifier, Observation);
}
