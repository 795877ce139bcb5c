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
    private const int FirstBytes = 4 * Word;

    // The head and the tail grow side by side. Where an offset stands in the head is known from the start, its value only once the head is whole.
    private byte[] _head = new byte[FirstBytes];
    private byte[] _tail = [];
    private int _headBytes;
    private int _tailBytes;
    private List<(int HeadPosition, int TailPosition)>? _offsets;

    /// <summary>Writes what is nested, one after another: kept, so that a list of thousands needs one.</summary>
    private AbiWriter? _inner;

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
        BeginTail();
        var padded = (value.Length + Word - 1) / Word * Word;
        var tail = Room(ref _tail, ref _tailBytes, Word + padded);
        tail.Clear();
        BinaryPrimitives.WriteInt32BigEndian(tail[(Word - sizeof(int))..], value.Length);
        value.CopyTo(tail[Word..]);
    }

    public void Text(string value) => Bytes(Encoding.UTF8.GetBytes(value));

    /// <summary>A tuple with a dynamic field.</summary>
    public void Nested<T>(T value, Action<AbiWriter, T> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        write(Inner(), value);
        BeginTail();
        AppendInner();
    }

    /// <summary>T[].</summary>
    public void List<T>(IReadOnlyList<T> values, Action<AbiWriter, T> write)
    {
        ArgumentNullException.ThrowIfNull(values);
        Inner().InlineList(values, values.Count, write);
        BeginTail();
        var length = Room(ref _tail, ref _tailBytes, Word);
        length.Clear();
        BinaryPrimitives.WriteInt32BigEndian(length[(Word - sizeof(int))..], values.Count);
        AppendInner();
    }

    /// <summary>T[n] whose elements are dynamic.</summary>
    public void FixedList<T>(IReadOnlyList<T> values, int length, Action<AbiWriter, T> write)
    {
        Inner().InlineList(values, length, write);
        BeginTail();
        AppendInner();
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
        var result = new byte[_headBytes + _tailBytes];
        CopyTo(result);
        return result;
    }

    /// <summary>The selector and then the arguments.</summary>
    public byte[] ToCall(Selector selector)
    {
        var call = new byte[sizeof(uint) + _headBytes + _tailBytes];
        BinaryPrimitives.WriteUInt32BigEndian(call, selector.Value);
        CopyTo(call.AsSpan(sizeof(uint)));
        return call;
    }

    private void CopyTo(Span<byte> target)
    {
        _head.AsSpan(0, _headBytes).CopyTo(target);
        foreach (var (position, tail) in _offsets ?? [])
        {
            BinaryPrimitives.WriteInt32BigEndian(target[(position + Word - sizeof(int))..], _headBytes + tail);
        }

        _tail.AsSpan(0, _tailBytes).CopyTo(target[_headBytes..]);
    }

    /// <summary>An empty writer for what is nested here. It is used up before the next is asked for.</summary>
    private AbiWriter Inner()
    {
        var inner = _inner ??= new AbiWriter();
        (inner._headBytes, inner._tailBytes) = (0, 0);
        inner._offsets?.Clear();
        return inner;
    }

    private void AppendInner() => _inner!.CopyTo(Room(ref _tail, ref _tailBytes, _inner._headBytes + _inner._tailBytes));

    private void Append(ReadOnlySpan<byte> word) => word.CopyTo(Room(ref _head, ref _headBytes, Word));

    /// <summary>What is appended to the tail next is the value of the head's next field.</summary>
    private void BeginTail()
    {
        (_offsets ??= []).Add((_headBytes, _tailBytes));
        Room(ref _head, ref _headBytes, Word).Clear();
    }

    /// <summary>So many bytes more at the end of a buffer. They may hold what was there before.</summary>
    private static Span<byte> Room(ref byte[] buffer, ref int used, int more)
    {
        var needed = checked(used + more);
        if (needed > buffer.Length)
        {
            Array.Resize(ref buffer, Math.Max(needed, Math.Max(FirstBytes, 2 * buffer.Length)));
        }

        var room = buffer.AsSpan(used, more);
        used = needed;
        return room;
    }
}
