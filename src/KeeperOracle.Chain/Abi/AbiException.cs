namespace KeeperOracle.Chain.Abi;

/// <summary>Bytes that are no encoding of the expected type, or a value that its type cannot hold; the message says which.</summary>
public sealed class AbiException(string message) : Exception(message);
