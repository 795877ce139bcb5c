using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Feeds;
using KeeperOracle.MarginOracle.Observations;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Host.OracleNode;

/// <summary>What an oracle node answers for one chain: the report it signed, or why it signed none. The body of GET /api/v1/observations/{chain}.</summary>
/// <param name="EvaluatedBlock">the newest block the node has looked at; 0 before the first</param>
/// <param name="NoReport">why there is no report; empty where there is one</param>
public sealed record OfferedObservation(string Node, ChainId Chain, ulong EvaluatedBlock, string NoReport, OfferedReport? Report);

/// <summary>A signed report and what it was made from. Volatilities and slippages as decimals with 18 places.</summary>
public sealed record OfferedReport(
    Hash32 MarketId,
    ulong Epoch,
    Hash32 ConfigDigest,
    ulong ObservedAt,
    ulong NotBefore,
    ulong Deadline,
    Hash32 InputsRoot,
    ImmutableArray<ObservedRisk> Vector,
    string Signature,
    ImmutableArray<OfferedTrace> Trace)
{
    /// <summary>What the inputs root is made of; null where the node does not say.</summary>
    public InputsCommitment? Inputs { get; init; }

    public static OfferedReport From(SignedObservation signed, ImmutableArray<AssetTrace> trace, InputsCommitment? inputs = null)
    {
        ArgumentNullException.ThrowIfNull(signed);
        var observation = signed.Observation;
        return new OfferedReport(
            observation.Market,
            observation.Epoch,
            observation.ConfigDigest,
            observation.ObservedAt,
            observation.NotBefore,
            observation.Deadline,
            observation.InputsRoot,
            [.. observation.Vector.Select(ToObserved)],
            Hex.FromBytes(signed.Signature),
            [.. trace.Select(OfferedTrace.From)])
        {
            Inputs = inputs,
        };
    }

    private static ObservedRisk ToObserved(AssetRisk risk) => new(
        risk.Asset,
        new Wad(risk.Volatility),
        new Wad(risk.Slippage),
        [.. risk.Expiries.Select(expiry => new ObservedExpiry(expiry.Expiry, new Wad(expiry.ImpliedVolatility), new Wad(expiry.ForwardRatio)))]);

    public SignedObservation ToSigned() => ObservationEncoding.ToSigned(
        MarketId, Epoch, ConfigDigest, ObservedAt, NotBefore, Deadline, InputsRoot, Vector, Signature);

    /// <summary>As the keeper's core takes it in.</summary>
    public CollectedObservation Collect(string node, ObservationSigning signing)
    {
        ArgumentNullException.ThrowIfNull(signing);
        Address? signer = null;
        string problem;
        try
        {
            (signer, problem) = signing.Recover(ToSigned());
        }
        catch (Exception malformed) when (malformed is FormatException or OverflowException)
        {
            problem = malformed.Message;
        }

        return new CollectedObservation(
            node, signer, problem, MarketId, Epoch, ConfigDigest, ObservedAt, NotBefore, Deadline, InputsRoot, Vector, Signature)
        {
            // What the signature does not prove is not passed on.
            BacktestHash = Inputs is { } inputs && inputs.BacktestHash != default && inputs.ToRoot() == InputsRoot ? inputs.BacktestHash : null,
        };
    }
}

/// <summary>The way from one feed to the proposed value.</summary>
public sealed record OfferedTrace(
    string Symbol,
    int Rounds,
    BigInteger RoundId,
    BigInteger Answer,
    ulong UpdatedAt,
    double PointVolatility,
    double AppliedVolatility,
    string Reason)
{
    /// <summary>Implied volatility, slippage in the pool, divergence of the feeds.</summary>
    public MarketInputs Inputs { get; init; }

    /// <summary>What the pool said; null where none is named.</summary>
    public PoolReading? Pool { get; init; }

    /// <summary>By expiry, which bound held its values; empty where none did.</summary>
    public ImmutableArray<string> Expiries { get; init; } = [];

    public static OfferedTrace From(AssetTrace trace)
    {
        ArgumentNullException.ThrowIfNull(trace);
        return new OfferedTrace(
            trace.Symbol,
            trace.Rounds,
            trace.Newest.RoundId,
            trace.Newest.Answer,
            trace.Newest.UpdatedAt,
            trace.Proposal.PointVolatility,
            trace.Proposal.AppliedVolatility,
            trace.Proposal.Reason)
        {
            Inputs = trace.Proposal.Inputs,
            Pool = trace.Pool,
            Expiries = [.. trace.Expiries.Select(one => one.Reason)],
        };
    }
}

/// <summary>From the core's plain values to the contract's types. A value that does not fit its field is a FormatException or an OverflowException.</summary>
public static class ObservationEncoding
{
    public static SignedObservation ToSigned(CollectedObservation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return ToSigned(
            observation.MarketId,
            observation.Epoch,
            observation.ConfigDigest,
            observation.ObservedAt,
            observation.NotBefore,
            observation.Deadline,
            observation.InputsRoot,
            observation.Vector,
            observation.Signature);
    }

    public static SignedObservation ToSigned(
        Hash32 market,
        ulong epoch,
        Hash32 configDigest,
        ulong observedAt,
        ulong notBefore,
        ulong deadline,
        Hash32 inputsRoot,
        ImmutableArray<ObservedRisk> vector,
        string signature) =>
        new(
            new Observation(
                market,
                epoch,
                configDigest,
                observedAt,
                notBefore,
                deadline,
                inputsRoot,
                [.. vector.Select(ToRisk)]),
            Hex.ToBytes(signature));

    private static AssetRisk ToRisk(ObservedRisk risk) => new(
        risk.Asset,
        (ulong)risk.Volatility.Raw,
        (ulong)risk.Slippage.Raw,
        [.. risk.Expiries.Select(expiry => new ExpiryRisk(expiry.Expiry, (ulong)expiry.ImpliedVolatility.Raw, (ulong)expiry.ForwardRatio.Raw))]);
}
