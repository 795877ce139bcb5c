using System.Numerics;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Transactions;

/// <summary>
/// A transaction of type 1 (EIP-2930): one gas price in wei and an access list, for chains without EIP-1559. <c>To</c> is null for a
/// deployment. Signed bytes: 0x01 || rlp([chainId, nonce, gasPrice, gasLimit, to, value, data, accessList, yParity, r, s]). Signing is
/// deterministic. Two transactions are equal where their signing hashes are.
/// </summary>
public sealed record Eip2930Transaction(
    ChainId ChainId,
    ulong Nonce,
    BigInteger GasPrice,
    ulong GasLimit,
    Address? To,
    BigInteger Value,
    byte[] Data,
    IReadOnlyList<AccessListEntry> AccessList)
{
    private const byte Type = 1;

    /// <summary>What the sender signs.</summary>
    public Hash32 SigningHash() => Keccak.Hash([Type, .. Rlp.EncodeList(Fields())]);

    public SignedEip2930Transaction Sign(PrivateKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var signature = key.SignDigest(SigningHash());
        byte[] raw =
            [Type, .. Rlp.EncodeList([.. Fields(), Rlp.EncodeNumber(signature.V), Rlp.EncodeNumber(signature.R), Rlp.EncodeNumber(signature.S)])];
        return new SignedEip2930Transaction(this, signature, key.Address, raw);
    }

    /// <summary>Reads raw bytes strictly, recovers the sender. Throws <see cref="FormatException"/>.</summary>
    public static SignedEip2930Transaction Decode(ReadOnlySpan<byte> raw)
    {
        if (raw.IsEmpty || raw[0] != Type)
        {
            throw new FormatException("The bytes are no transaction of type 1.");
        }

        var fields = Rlp.Decode(raw[1..]).Items;
        if (fields.Count != 11)
        {
            throw new FormatException($"A signed transaction of type 1 has 11 fields, not {fields.Count}.");
        }

        var transaction = new Eip2930Transaction(
            new ChainId((ulong)fields[0].Number(64)),
            (ulong)fields[1].Number(64),
            fields[2].Number(256),
            (ulong)fields[3].Number(64),
            fields[4].Bytes is { Length: > 0 } to ? new Address(to) : null,
            fields[5].Number(256),
            fields[6].Bytes,
            Transactions.AccessList.Read(fields[7]));
        var signature = new Signature(fields[9].Number(256), fields[10].Number(256), (byte)fields[8].Number(1));
        var sender = SignatureRecovery.Recover(transaction.SigningHash(), signature);
        return new SignedEip2930Transaction(transaction, signature, sender, raw.ToArray());
    }

    public bool Equals(Eip2930Transaction? other) => other is not null && SigningHash() == other.SigningHash();

    public override int GetHashCode() => SigningHash().GetHashCode();

    private byte[][] Fields() =>
    [
        Rlp.EncodeNumber(ChainId.Value),
        Rlp.EncodeNumber(Nonce),
        Rlp.EncodeNumber(GasPrice),
        Rlp.EncodeNumber(GasLimit),
        Rlp.EncodeAddress(To),
        Rlp.EncodeNumber(Value),
        Rlp.EncodeBytes(Data),
        Transactions.AccessList.Encode(AccessList),
    ];
}

/// <summary>A transaction of type 1 with its signature.</summary>
public sealed class SignedEip2930Transaction : SignedBytes
{
    internal SignedEip2930Transaction(Eip2930Transaction transaction, Signature signature, Address sender, byte[] raw)
        : base(signature, sender, raw) => Transaction = transaction;

    public Eip2930Transaction Transaction { get; }
}
