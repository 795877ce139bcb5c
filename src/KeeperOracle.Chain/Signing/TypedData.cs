using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Signing;

/// <summary>
/// Structured data to sign (EIP-712): digest = keccak(0x19 0x01 || domain separator || hashStruct), where hashStruct =
/// keccak(typeHash || one word for each field), strings and bytes enter as their hash, arrays as the hash of their words, structs as
/// their hashStruct.
/// </summary>
public static class TypedData
{
    internal const string DomainText = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

    private static readonly Hash32 DomainType = Keccak.HashText(DomainText);

    public static Hash32 DomainSeparator(string name, string version, ChainId chainId, Address verifyingContract) => new TypedStruct(DomainType)
        .Text(name)
        .Text(version)
        .Number(chainId.Value)
        .Address(verifyingContract)
        .Hash();

    public static Hash32 Digest(Hash32 domainSeparator, Hash32 structHash)
    {
        Span<byte> message = stackalloc byte[66];
        message[0] = 0x19;
        message[1] = 0x01;
        domainSeparator.CopyTo(message[2..]);
        structHash.CopyTo(message[34..]);
        return Keccak.Hash(message);
    }
}

/// <summary>Collects the words of one struct, in the order of its type string.</summary>
public sealed class TypedStruct
{
    private readonly AbiWriter _words = new();

    /// <summary>Starts with the hash of the type string, which ends with the strings of the structs it uses, sorted by name.</summary>
    public TypedStruct(Hash32 typeHash) => _words.Hash(typeHash);

    public TypedStruct Text(string value) => Word(Keccak.HashText(value));

    public TypedStruct Bytes(ReadOnlySpan<byte> value) => Word(Keccak.Hash(value));

    public TypedStruct Number(BigInteger value)
    {
        _words.BigUnsigned(value, 256);
        return this;
    }

    public TypedStruct Address(Address value)
    {
        _words.Address(value);
        return this;
    }

    public TypedStruct Bool(bool value)
    {
        _words.Bool(value);
        return this;
    }

    /// <summary>A bytes32, or the hash of a struct inside.</summary>
    public TypedStruct Word(Hash32 value)
    {
        _words.Hash(value);
        return this;
    }

    /// <summary>An array whose elements are given as their words: values of one word, or hashes of structs.</summary>
    public TypedStruct Array(IEnumerable<Hash32> words)
    {
        var items = new AbiWriter();
        foreach (var word in words)
        {
            items.Hash(word);
        }

        return Word(Keccak.Hash(items.ToBytes()));
    }

    public Hash32 Hash() => Keccak.Hash(_words.ToBytes());
}
