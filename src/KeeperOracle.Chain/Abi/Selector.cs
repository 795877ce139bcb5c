using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using KeeperOracle.Chain.Signing;

namespace KeeperOracle.Chain.Abi;

/// <summary>The first four bytes of the Keccak-256 of a function's or error's canonical signature.</summary>
public readonly record struct Selector(uint Value)
{
    /// <summary>Of "transfer(address,uint256)": no spaces, no names.</summary>
    public static Selector Of(string canonicalSignature)
    {
        Span<byte> hash = stackalloc byte[32];
        Keccak.Hash(Encoding.UTF8.GetBytes(canonicalSignature)).CopyTo(hash);
        return new Selector(BinaryPrimitives.ReadUInt32BigEndian(hash));
    }

    public static bool TryRead(ReadOnlySpan<byte> data, out Selector selector)
    {
        selector = data.Length < 4 ? default : new Selector(BinaryPrimitives.ReadUInt32BigEndian(data));
        return data.Length >= 4;
    }

    public bool Begins(ReadOnlySpan<byte> data) => TryRead(data, out var found) && found == this;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"0x{Value:x8}");
}
