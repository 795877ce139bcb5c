using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Transactions;

/// <summary>A signed transaction of any type: who signed, and the exact bytes that go over the wire.</summary>
public abstract class SignedBytes
{
    private readonly byte[] _raw;

    private protected SignedBytes(Signature signature, Address sender, byte[] raw)
    {
        Signature = signature;
        Sender = sender;
        _raw = raw;
        Hash = Keccak.Hash(raw);
    }

    public Signature Signature { get; }

    public Address Sender { get; }

    public Hash32 Hash { get; }

    public ReadOnlyMemory<byte> Raw => _raw;

    /// <summary>The bytes as eth_sendRawTransaction takes them.</summary>
    public string ToHex() => Hex.FromBytes(_raw);
}
