using System.Numerics;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Configuration;

// Every key's meaning, unit, range and default stand in KeyTable.cs and defaults.jsonc; property names are the keys' names.

public enum OperatingMode
{
    Observe,
    Shadow,
    Active,
}

public enum KeyRole
{
    /// <summary>Sends transactions.</summary>
    Keeper,

    /// <summary>Signs reports.</summary>
    Oracle,
}

/// <summary>What a chain takes for a transaction beside its gas.</summary>
public enum DataFeeKind
{
    None,
    OpStack,
}

/// <summary>A valid configuration. Made by <see cref="ConfigurationLoader"/> only, so that holding one means it was checked.</summary>
/// <param name="JournalFile">Absolute path; null where none was given, which `run` refuses.</param>
/// <param name="Chains">In order of chain id.</param>
public sealed record KeeperOracleOptions(
    OperatingMode Mode,
    string? JournalFile,
    IReadOnlyList<ChainOptions> Chains,
    QuorumOptions Quorum,
    IReadOnlyList<KeyOptions> Keys,
    KeeperOptions Keeper,
    OracleOptions Oracle)
{
    /// <summary>Of `relay run`; of no meaning for other processes.</summary>
    public RelayOptions Relay { get; init; } = RelayOptions.None;

    public ChainOptions? FindChain(ChainId id) => Chains.FirstOrDefault(chain => chain.Id == id);

    /// <summary>Names are found in any case, as the layers below find them.</summary>
    public KeyOptions? FindKey(string name) =>
        Keys.FirstOrDefault(key => string.Equals(key.Name, name, StringComparison.OrdinalIgnoreCase));
}

/// <param name="Name">What people read: the chain id where none was given.</param>
/// <param name="MaxPriorityFeePerGasGwei">At most <paramref name="MaxFeePerGasGwei"/>.</param>
/// <param name="SnapshotMaxAgeSeconds">Host seconds between reading a snapshot and deciding on it.</param>
/// <param name="ReadQuorum">As configured; 0 for the smallest majority. See <see cref="RequiredNodes"/>.</param>
public sealed record ChainOptions(
    ChainId Id,
    string Name,
    IReadOnlyList<EndpointOptions> Rpc,
    Address Multicall3,
    Address OracleHub,
    Address AttestationVerifier,
    Address RiskOracle,
    Address MarginVault,
    int PollMilliseconds,
    int Confirmations,
    decimal MaxFeePerGasGwei,
    decimal MaxPriorityFeePerGasGwei,
    int SnapshotMaxAgeSeconds,
    int ReadQuorum,
    int MaxLagBlocks,
    int FinalityDepth,
    int LiarQuarantineSeconds,
    SendingOptions Sending)
{
    /// <summary>Zero addresses where none were given.</summary>
    public CrossChainOptions CrossChain { get; init; } = new(default, default, default);

    /// <summary>k: how many of all nodes of this chain must give the same answer.</summary>
    public int RequiredNodes => ReadQuorum == 0 ? (Rpc.Count / 2) + 1 : ReadQuorum;

    public BigInteger MaxFeePerGasWei => WeiOf(MaxFeePerGasGwei);

    public BigInteger MaxPriorityFeePerGasWei => WeiOf(MaxPriorityFeePerGasGwei);

    // Exact: the reader refuses more than nine decimals.
    private static BigInteger WeiOf(decimal gwei) => new(gwei * 1_000_000_000m);
}

/// <summary>Where a chain's half of the cross-chain protocol stands; keys of the chain itself.</summary>
public sealed record CrossChainOptions(Address CollateralVault, Address MarginHub, Address AttestedHeaders);

/// <summary>How a chain's transactions are sent; keys of the chain itself.</summary>
/// <param name="HourlyGas">At the chain's highest fee.</param>
/// <param name="NativeAsset">Symbol or address of a collateral; null where none was given.</param>
public sealed record SendingOptions(
    int MaxInFlight,
    int BumpAfterBlocks,
    int BumpPercent,
    int ResendSeconds,
    int MissingSeconds,
    int HourlyGas,
    int ReserveGas,
    string? NativeAsset,
    DataFeeKind DataFee);

/// <summary>A node of a chain, or an oracle node.</summary>
/// <param name="WebSocketUrl">Where a node of a chain tells of new heads; null where it is only polled.</param>
public sealed record EndpointOptions(string Name, SecretUrl Url, SecretUrl? WebSocketUrl = null);

/// <param name="Signers">In the order given. Empty only where the use does not need them.</param>
public sealed record QuorumOptions(IReadOnlyList<Address> Signers, int TightenThreshold, int Threshold)
{
    /// <summary>f: how many lying signers the set tolerates, (n - 1) / 3 rounded down.</summary>
    public int TolerableLiars => Signers.Count == 0 ? 0 : (Signers.Count - 1) / 3;
}

/// <param name="KeystoreFile">Absolute path of a keystore V3 that exists; empty where <paramref name="Remote"/> holds the key.</param>
/// <param name="PasswordFile">Absolute path of a file that exists; empty where <paramref name="Remote"/> holds the key.</param>
/// <param name="Remote">The process that holds the key; null for a keystore.</param>
public sealed record KeyOptions(string Name, KeyRole Role, string KeystoreFile, string PasswordFile, RemoteKeyOptions? Remote = null);

/// <param name="TokenFile">Absolute path of a file that exists; null where the signer asks for no token.</param>
public sealed record RemoteKeyOptions(SignerConnection Connection, Address Address, string? TokenFile);

/// <param name="Key">A name in <see cref="KeeperOracleOptions.Keys"/> with role keeper; null where none was given, which `run` in mode active refuses.</param>
/// <param name="ReportKey">Another name of role keeper; null where <paramref name="Key"/> sends reports too.</param>
/// <param name="MinimumBonusValue">In units of account.</param>
/// <param name="ReportWorth">In units of account.</param>
/// <param name="FundingWorth">In units of account.</param>
/// <param name="ClosingWorth">In units of account.</param>
/// <param name="TopUpWorth">In units of account.</param>
/// <param name="SwapWorth">In units of account.</param>
/// <param name="SettlementWorth">In units of account.</param>
public sealed record KeeperOptions(
    string? Key,
    string? ReportKey,
    IReadOnlyList<EndpointOptions> OracleNodes,
    int DeviationBps,
    int ReportHeartbeatSeconds,
    Wad MinimumBonusValue,
    Wad ReportWorth,
    Wad FundingWorth,
    Wad ClosingWorth,
    Wad TopUpWorth,
    Wad SwapWorth,
    Wad SettlementWorth,
    Wad AlertHealth,
    int MaxLiquidatableByReportBps,
    int SeizureToleranceBps,
    int SeizureDiscountBps,
    Wad BreakerWorth,
    Wad HedgeHealth,
    int HedgeEverySeconds,
    int HedgeToleranceBps,
    int HedgeCostBps,
    int QuarantineAfterFailures,
    int QuarantineSeconds,
    int LiquidationDeadlineSeconds,
    int MaxAccounts,
    int LeaseSeconds,
    int DoppelgangerSeconds,
    double FactorToleranceRelative);

/// <param name="Key">A name in <see cref="KeeperOracleOptions.Keys"/> with role oracle; null where none was given, which `oracle run` refuses.</param>
/// <param name="RecordFile">Absolute path; null where none was given, which `oracle run` refuses.</param>
/// <param name="ListenUrl">Loopback; port 0 takes any free one.</param>
public sealed record OracleOptions(
    string? Key,
    string? RecordFile,
    Uri ListenUrl,
    int SampleSeconds,
    double Lambda,
    double StressWeight,
    int HistorySamples,
    int ValidSeconds,
    IReadOnlyList<AssetOptions> Assets)
{
    /// <summary>Whose headers are attested, and for which chain.</summary>
    public IReadOnlyList<HeaderLineOptions> Headers { get; init; } = [];

    public int HeaderEveryBlocks { get; init; } = 1;

    public int HeaderValidSeconds { get; init; } = 3600;

    /// <summary>Absolute path; null where none was given.</summary>
    public string? SurfaceFile { get; init; }

    /// <summary>Null where none was given: then there is no surface file either.</summary>
    public Address? SurfacePublisher { get; init; }

    public int SurfaceMaxAgeSeconds { get; init; }

    /// <summary>Absolute path; null where none was given.</summary>
    public string? BacktestReport { get; init; }
}

/// <param name="Of">The chain whose headers are attested.</param>
/// <param name="On">The chain whose AttestedHeaders believes them.</param>
public sealed record HeaderLineOptions(ChainId Of, ChainId On);

/// <param name="Key">A name in <see cref="KeeperOracleOptions.Keys"/> with role keeper; null where none was given, which `relay run` refuses.</param>
/// <param name="ListenUrl">Loopback; port 0 takes any free one.</param>
/// <param name="RefreshSeconds">Of the hub's chain.</param>
public sealed record RelayOptions(
    string? Key, Uri ListenUrl, IReadOnlyList<EndpointOptions> OracleNodes, IReadOnlyList<RelayLinkOptions> Links, int RefreshSeconds, int MaxLiens)
{
    internal static RelayOptions None { get; } = new(null, new Uri("http://127.0.0.1:0"), [], [], 3600, 1000);
}

/// <param name="Vault">The chain of the CollateralVault.</param>
/// <param name="Hub">The chain of the MarginHub.</param>
public sealed record RelayLinkOptions(ChainId Vault, ChainId Hub);

/// <param name="StressVolatility">Annualised.</param>
/// <param name="SellSize">Units of account.</param>
/// <param name="DailyVolume">Units of account.</param>
public sealed record AssetOptions(string Symbol, double StressVolatility, double SellSize, double DailyVolume)
{
    /// <summary>Uniswap v3; null where none was given.</summary>
    public Address? SwapPool { get; init; }
}

/// <summary>A URL whose path may hold an API key. As text it ends after the port, so that no log and no record's ToString shows the key.</summary>
public sealed class SecretUrl(Uri value) : IEquatable<SecretUrl>
{
    /// <summary>The whole URL, for the client that calls it.</summary>
    public Uri Value { get; } = value;

    public bool Equals(SecretUrl? other) => other is not null && Value == other.Value;

    public override bool Equals(object? obj) => Equals(obj as SecretUrl);

    public override int GetHashCode() => Value.GetHashCode();

    public override string ToString() => Masking.Url(Value);
}
