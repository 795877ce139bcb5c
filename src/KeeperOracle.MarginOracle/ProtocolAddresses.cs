using KeeperOracle.Primitives;

namespace KeeperOracle.MarginOracle;

/// <summary>Where the protocol stands on one chain. The rest of it (guardian, option book, hub) is read from the vault, which is tied to them for ever.</summary>
public sealed record ProtocolAddresses(
    Address Multicall3, Address OracleHub, Address AttestationVerifier, Address RiskOracle, Address MarginVault);
