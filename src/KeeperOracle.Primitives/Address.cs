using System.Globalization;

namespace KeeperOracle.Primitives;

/// <summary>A 20-byte account or contract address. Checksummed text (EIP-55) is made and read in Chain, where Keccak is.</summary>
public readonly record struct Address : IComparable<Address>
{
    private readonly UInt128 _low;
    private readonly uint _high;

    public Address(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != 20)
        {
            throw new FormatException($"An address has 20 bytes, not {bytes.Length}.");
        }

        _high = System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(bytes);
        _low = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes[4..]);
    }

    public static Address Zero => default;

    public bool IsZero => this == default;

    /// <summary>Reads 40 hexadecimal digits after "0x", in any case, without looking at a checksum.</summary>
    public static Address FromHex(string text) => new(Hex.ToBytes(text));

    /// <summary>Writes the 20 bytes, most significant first.</summary>
    public void CopyTo(Span<byte> destination)
    {
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(destination, _high);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt128BigEndian(destination[4..], _low);
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[20];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>Orders as the contracts do: by numeric value.</summary>
    public int CompareTo(Address other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    public static bool operator <(Address left, Address right) => left.CompareTo(right) < 0;

    public static bool operator >(Address left, Address right) => left.CompareTo(right) > 0;

    public static bool operator <=(Address left, Address right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Address left, Address right) => left.CompareTo(right) >= 0;

    /// <summary>Lower-case hexadecimal with "0x".</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"0x{_high:x8}{_low:x32}");
}
