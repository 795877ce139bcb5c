using KeeperOracle.Chain.Contracts;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Signing;

/// <summary>What an oracle node signs: the EIP-712 digest of its observation, for one verifier contract on one chain.</summary>
public static class ObservationDigest
{
    private const string ExpiryRiskText = "ExpiryRisk(uint64 expiry,uint64 impliedVolatility,uint64 forwardRatio)";

    private const string AssetRiskText = "AssetRisk(address asset,uint64 volatility,uint64 slippage,ExpiryRisk[] expiries)" + ExpiryRiskText;

    private const string ObservationText =
        "Observation(bytes32 market,uint64 epoch,bytes32 configDigest,uint64 observedAt,uint64 notBefore,uint64 deadline,bytes32 inputsRoot,AssetRisk[] vector)";

    private static readonly Hash32 ExpiryRiskType = Keccak.HashText(ExpiryRiskText);
    private static readonly Hash32 AssetRiskType = Keccak.HashText(AssetRiskText);
    private static readonly Hash32 ObservationType = Keccak.HashText(ObservationText + AssetRiskText);

    internal const string DomainName = "KeeperOracle";

    internal const string DomainVersion = "1";

    /// <summary>Of every type in the document that is signed, the domain's first.</summary>
    internal static IReadOnlyList<string> TypeStrings { get; } = [TypedData.DomainText, ObservationText, AssetRiskText[..^ExpiryRiskText.Length], ExpiryRiskText];

    public static Hash32 Compute(ChainId chainId, Address verifyingContract, Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        return TypedData.Digest(TypedData.DomainSeparator(DomainName, DomainVersion, chainId, verifyingContract), StructHash(observation));
    }

    private static Hash32 StructHash(Observation observation) => new TypedStruct(ObservationType)
        .Word(observation.Market)
        .Number(observation.Epoch)
        .Word(observation.ConfigDigest)
        .Number(observation.ObservedAt)
        .Number(observation.NotBefore)
        .Number(observation.Deadline)
        .Word(observation.InputsRoot)
        .Array(observation.Vector.Select(StructHash))
        .Hash();

    private static Hash32 StructHash(AssetRisk risk) => new TypedStruct(AssetRiskType)
        .Address(risk.Asset)
        .Number(risk.Volatility)
        .Number(risk.Slippage)
        .Array(risk.Expiries.Select(StructHash))
        .Hash();

    private static Hash32 StructHash(ExpiryRisk risk) => new TypedStruct(ExpiryRiskType)
        .Number(risk.Expiry)
        .Number(risk.ImpliedVolatility)
        .Number(risk.ForwardRatio)
        .Hash();
}
