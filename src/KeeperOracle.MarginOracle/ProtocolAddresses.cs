using KeeperOracle.Primitives;

namespace KeeperOracle.MarginOracle;

/// <summary>Where the protocol stands on one chain.</summary>
public sealed record ProtocolAddresses(
    Address Multicall3, Address OracleHub, Address AttestationVerifier, Address RiskOracle, Address MarginVault);
