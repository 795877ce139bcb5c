using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Transactions;

/// <summary>Recursive length prefix: byte strings and lists of them. Reading is canonical: one value has one form.</summary>
public static class Rlp
{
    private const int MaximumDepth = 8;

    public static byte[] EncodeBytes(ReadOnlySpan<byte> value) =>
        value.Length == 1 && value[0] < 0x80 ? [value[0]] : [.. Prefix(0x80, value.Length), .. value];

    /// <summary>An unsigned number without leading zeros; zero is the empty string.</summary>
    public static byte[] EncodeNumber(BigInteger value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        return EncodeBytes(value.IsZero ? [] : value.ToByteArray(isUnsigned: true, isBigEndian: true));
    }

    public static byte[] EncodeAddress(Address? value) => EncodeBytes(value is { } address ? address.ToBytes() : []);

    /// <summary>A list of items that are encoded already.</summary>
    public static byte[] EncodeList(params ReadOnlySpan<byte[]> items)
    {
        var length = 0;
        foreach (var item in items)
        {
            length += item.Length;
        }

        var result = new List<byte>(length + 9);
        result.AddRange(Prefix(0xC0, length));
        foreach (var item in items)
        {
            result.AddRange(item);
        }

        return [.. result];
    }

    /// <summary>Reads exactly one item. Throws <see cref="FormatException"/> where the bytes are not its only form.</summary>
    public static RlpItem Decode(ReadOnlySpan<byte> data)
    {
        var item = Read(data, 0, out var used);
        return used == data.Length ? item : throw new FormatException($"{data.Length - used} bytes after the end of the RLP item.");
    }

    private static byte[] Prefix(int offset, int length)
    {
        if (length < 56)
        {
            return [(byte)(offset + length)];
        }

        var size = new BigInteger(length).ToByteArray(isUnsigned: true, isBigEndian: true);
        return [(byte)(offset + 55 + size.Length), .. size];
    }

    private static RlpItem Read(ReadOnlySpan<byte> data, int depth, out int used)
    {
        if (data.IsEmpty || depth > MaximumDepth)
        {
            throw new FormatException(data.IsEmpty ? "The RLP ends early." : "The RLP is nested too deeply.");
        }

        var first = data[0];
        if (first < 0x80)
        {
            used = 1;
            return new RlpItem([first], null);
        }

        var isList = first >= 0xC0;
        var content = Content(data, first - (isList ? 0xC0 : 0x80), out used);
        if (!isList)
        {
            return content.Length == 1 && content[0] < 0x80
                ? throw new FormatException("A single small byte in RLP stands for itself.")
                : new RlpItem(content.ToArray(), null);
        }

        var items = new List<RlpItem>();
        while (!content.IsEmpty)
        {
            items.Add(Read(content, depth + 1, out var part));
            content = content[part..];
        }

        return new RlpItem(null, items);
    }

    private static ReadOnlySpan<byte> Content(ReadOnlySpan<byte> data, int code, out int used)
    {
        var sizeBytes = Math.Max(code - 55, 0);
        var length = code;
        if (sizeBytes > 0)
        {
            if (sizeBytes > 4 || data.Length <= sizeBytes || data[1] == 0)
            {
                throw new FormatException("A length in the RLP is cut off, too large or has leading zeros.");
            }

            var size = new BigInteger(data.Slice(1, sizeBytes), isUnsigned: true, isBigEndian: true);
            length = size >= 56 && size <= data.Length
                ? (int)size
                : throw new FormatException("A length in the RLP is not in its short form or beyond the end.");
        }

        if (length > data.Length - 1 - sizeBytes)
        {
            throw new FormatException("The RLP ends early.");
        }

        used = 1 + sizeBytes + length;
        return data.Slice(1 + sizeBytes, length);
    }
}

/// <summary>Either a byte string or a list.</summary>
public sealed class RlpItem
{
    private readonly byte[]? _bytes;
    private readonly IReadOnlyList<RlpItem>? _items;

    internal RlpItem(byte[]? bytes, IReadOnlyList<RlpItem>? items)
    {
        _bytes = bytes;
        _items = items;
    }

    public bool IsList => _items is not null;

    public IReadOnlyList<RlpItem> Items => _items ?? throw new FormatException("A byte string in the RLP where a list must be.");

    public byte[] Bytes => _bytes ?? throw new FormatException("A list in the RLP where a byte string must be.");

    /// <summary>The bytes as an unsigned number of at most so many bits, without leading zeros.</summary>
    public BigInteger Number(int bits)
    {
        var value = new BigInteger(Bytes, isUnsigned: true, isBigEndian: true);
        return Bytes.Length > 0 && Bytes[0] == 0 ? throw new FormatException("A number in the RLP has leading zeros.")
            : value.GetBitLength() > bits ? throw new FormatException($"A number in the RLP has more than {bits} bits.")
            : value;
    }
}
