using System.Buffers.Binary;

namespace KeeperOracle.Primitives;

/// <summary>32 bytes: a block or transaction hash, a digest, or a packed identifier.</summary>
public readonly record struct Hash32 : IComparable<Hash32>
{
    private readonly UInt128 _high;
    private readonly UInt128 _low;

    public Hash32(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != 32)
        {
            throw new FormatException($"A hash has 32 bytes, not {bytes.Length}.");
        }

        _high = BinaryPrimitives.ReadUInt128BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt128BigEndian(bytes[16..]);
    }

    public static Hash32 Zero => default;

    public bool IsZero => this == default;

    public static Hash32 FromHex(string text) => new(Hex.ToBytes(text));

    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt128BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt128BigEndian(destination[16..], _low);
    }

    public byte[] ToBytes()
    {
        var bytes = new byte[32];
        CopyTo(bytes);
        return bytes;
    }

    public int CompareTo(Hash32 other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    public static bool operator <(Hash32 left, Hash32 right) => left.CompareTo(right) < 0;

    public static bool operator >(Hash32 left, Hash32 right) => left.CompareTo(right) > 0;

    public static bool operator <=(Hash32 left, Hash32 right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Hash32 left, Hash32 right) => left.CompareTo(right) >= 0;

    /// <summary>Lower-case hexadecimal with "0x".</summary>
    public override string ToString() => Hex.FromBytes(ToBytes());
}
