using System.Numerics;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Transactions;

/// <summary>
/// A transaction of type 2 (EIP-1559). Fees are in wei for one gas; <c>To</c> is null for a deployment.
/// Signing is deterministic: the same fields and key give the same bytes, so what a journal holds is what will be sent again.
/// </summary>
public sealed record Eip1559Transaction(
    ChainId ChainId,
    ulong Nonce,
    BigInteger MaxPriorityFeePerGas,
    BigInteger MaxFeePerGas,
    ulong GasLimit,
    Address? To,
    BigInteger Value,
    byte[] Data)
{
    private const byte Type = 2;

    /// <summary>Empty unless said otherwise: nothing that the keeper sends has one.</summary>
    public IReadOnlyList<AccessListEntry> AccessList { get; init; } = [];

    /// <summary>What the sender signs.</summary>
    public Hash32 SigningHash() => Keccak.Hash([Type, .. Rlp.EncodeList(Fields())]);

    /// <summary>Bytes of the transaction without its signature.</summary>
    public int UnsignedSize => 1 + Rlp.EncodeList(Fields()).Length;

    public SignedTransaction Sign(PrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (MaxPriorityFeePerGas > MaxFeePerGas)
        {
            throw new InvalidOperationException($"The priority fee of {MaxPriorityFeePerGas} wei is above the whole fee of {MaxFeePerGas} wei.");
        }

        var signature = key.SignDigest(SigningHash());
        return new SignedTransaction(this, signature, key.Address, Serialize(signature));
    }

    /// <summary>Reads raw bytes strictly, recovers the sender. Throws <see cref="FormatException"/>.</summary>
    public static SignedTransaction Decode(ReadOnlySpan<byte> raw)
    {
        if (raw.IsEmpty || raw[0] != Type)
        {
            throw new FormatException("The bytes are no transaction of type 2.");
        }

        var fields = Rlp.Decode(raw[1..]).Items;
        if (fields.Count != 12)
        {
            throw new FormatException($"A signed transaction of type 2 has 12 fields, not {fields.Count}.");
        }

        var to = fields[5].Bytes;
        var transaction = new Eip1559Transaction(
            new ChainId((ulong)fields[0].Number(64)),
            (ulong)fields[1].Number(64),
            fields[2].Number(256),
            fields[3].Number(256),
            (ulong)fields[4].Number(64),
            to.Length == 0 ? null : new Address(to),
            fields[6].Number(256),
            fields[7].Bytes)
        {
            AccessList = Transactions.AccessList.Read(fields[8]),
        };
        var signature = new Signature(fields[10].Number(256), fields[11].Number(256), (byte)fields[9].Number(1));
        var sender = SignatureRecovery.Recover(transaction.SigningHash(), signature);
        return new SignedTransaction(transaction, signature, sender, raw.ToArray());
    }

    public bool Equals(Eip1559Transaction? other) => other is not null && SigningHash() == other.SigningHash();

    public override int GetHashCode() => SigningHash().GetHashCode();

    private byte[] Serialize(Signature signature) =>
        [Type, .. Rlp.EncodeList([.. Fields(), Rlp.EncodeNumber(signature.V), Rlp.EncodeNumber(signature.R), Rlp.EncodeNumber(signature.S)])];

    private byte[][] Fields() =>
    [
        Rlp.EncodeNumber(ChainId.Value),
        Rlp.EncodeNumber(Nonce),
        Rlp.EncodeNumber(MaxPriorityFeePerGas),
        Rlp.EncodeNumber(MaxFeePerGas),
        Rlp.EncodeNumber(GasLimit),
        Rlp.EncodeAddress(To),
        Rlp.EncodeNumber(Value),
        Rlp.EncodeBytes(Data),
        Transactions.AccessList.Encode(AccessList),
    ];
}

/// <summary>A transaction of type 2 with its signature.</summary>
public sealed class SignedTransaction : SignedBytes
{
    internal SignedTransaction(Eip1559Transaction transaction, Signature signature, Address sender, byte[] raw)
        : base(signature, sender, raw) => Transaction = transaction;

    public Eip1559Transaction Transaction { get; }
}
