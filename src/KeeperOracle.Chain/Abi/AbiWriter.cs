using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Abi;

/// <summary>
/// Writes one tuple in Solidity's ABI encoding: values in the order of the fields, dynamic ones into the tail. A value that its
/// type cannot hold (a negative unsigned integer, one with too many bits, a wrong number of bytes) is an <see cref="AbiException"/>.
/// </summary>
public sealed class AbiWriter
{
    private const int Word = 32;
    private readonly List<byte> _head = [];
    private readonly List<(int HeadPosition, byte[] Tail)> _tails = [];

    public void BigUnsigned(BigInteger value, int bits)
    {
        if (value.Sign < 0 || value.GetBitLength() > bits)
        {
            throw new AbiException($"{value} is no uint{bits}");
        }

        Span<byte> word = stackalloc byte[Word];
        word.Clear();
        value.TryWriteBytes(word[(Word - value.GetByteCount(isUnsigned: true))..], out _, isUnsigned: true, isBigEndian: true);
        Append(word);
    }

    public void SmallUnsigned(ulong value, int bits)
    {
        if (bits < 64 && value >> bits != 0)
        {
            throw new AbiException($"{value} is no uint{bits}");
        }

        Span<byte> word = stackalloc byte[Word];
        word.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(word[24..], value);
        Append(word);
    }

    public void BigSigned(BigInteger value, int bits)
    {
        if (value.GetBitLength() >= bits)
        {
            throw new AbiException($"{value} is no int{bits}");
        }

        Span<byte> word = stackalloc byte[Word];
        word.Fill(value.Sign < 0 ? (byte)0xFF : (byte)0);
        value.TryWriteBytes(word[(Word - value.GetByteCount())..], out _, isUnsigned: false, isBigEndian: true);
        Append(word);
    }

    public void SmallSigned(long value, int bits) => BigSigned(value, bits);

    public void Bool(bool value) => SmallUnsigned(value ? 1UL : 0UL, 8);

    public void Address(Address value)
    {
        Span<byte> word = stackalloc byte[Word];
        word.Clear();
        value.CopyTo(word[12..]);
        Append(word);
    }

    public void Hash(Hash32 value)
    {
        Span<byte> word = stackalloc byte[Word];
        value.CopyTo(word);
        Append(word);
    }

    public void FixedBytes(byte[] value, int length)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length != length)
        {
            throw new AbiException($"{value.Length} bytes are no bytes{length}");
        }

        Span<byte> word = stackalloc byte[Word];
        word.Clear();
        value.CopyTo(word);
        Append(word);
    }

    public void Bytes(byte[] value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var tail = new byte[Word + ((value.Length + Word - 1) / Word * Word)];
        BinaryPrimitives.WriteInt32BigEndian(tail.AsSpan(28), value.Length);
        value.CopyTo(tail, Word);
        AppendTail(tail);
    }

    public void Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    /// <summary>A tuple with a dynamic field.</summary>
    public void Nested<T>(T value, Action<AbiWriter, T> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var inner = new AbiWriter();
        write(inner, value);
        AppendTail(inner.ToBytes());
    }

    /// <summary>T[].</summary>
    public void List<T>(IReadOnlyList<T> values, Action<AbiWriter, T> write)
    {
        ArgumentNullException.ThrowIfNull(values);
        var inner = new AbiWriter();
        inner.InlineList(values, values.Count, write);
        var elements = inner.ToBytes();
        var tail = new byte[Word + elements.Length];
        BinaryPrimitives.WriteInt32BigEndian(tail.AsSpan(28), values.Count);
        elements.CopyTo(tail, Word);
        AppendTail(tail);
    }

    /// <summary>T[n] whose elements are dynamic.</summary>
    public void FixedList<T>(IReadOnlyList<T> values, int length, Action<AbiWriter, T> write)
    {
        var inner = new AbiWriter();
        inner.InlineList(values, length, write);
        AppendTail(inner.ToBytes());
    }

    /// <summary>T[n] whose elements are static.</summary>
    public void InlineList<T>(IReadOnlyList<T> values, int length, Action<AbiWriter, T> write)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(write);
        if (values.Count != length)
        {
            throw new AbiException($"{values.Count} elements where {length} must be");
        }

        foreach (var value in values)
        {
            write(this, value);
        }
    }

    public byte[] ToBytes()
    {
        var result = new byte[_head.Count + _tails.Sum(tail => tail.Tail.Length)];
        _head.CopyTo(result);
        var offset = _head.Count;
        foreach (var (position, tail) in _tails)
        {
            BinaryPrimitives.WriteInt32BigEndian(result.AsSpan(position + 28), offset);
            tail.CopyTo(result, offset);
            offset += tail.Length;
        }

        return result;
    }

    /// <summary>The selector and then the arguments.</summary>
    public byte[] ToCall(Selector selector)
    {
        var arguments = ToBytes();
        var call = new byte[4 + arguments.Length];
        BinaryPrimitives.WriteUInt32BigEndian(call, selector.Value);
        arguments.CopyTo(call, 4);
        return call;
    }

    private void Append(ReadOnlySpan<byte> word) => _head.AddRange(word);

    private void AppendTail(byte[] tail)
    {
        _tails.Add((_head.Count, tail));
        SmallUnsigned(0, 64);
    }
}
