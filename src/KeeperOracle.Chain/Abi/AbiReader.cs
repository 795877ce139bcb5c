using System.Numerics;
using System.Text;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Abi;

/// <summary>Reads one value at the reader's place and moves it on.</summary>
public delegate T AbiRead<T>(ref AbiReader reader);

/// <summary>
/// The strict reader of Solidity's ABI encoding. It accepts exactly the bytes that Solidity's own encoder writes for a value,
/// so one value has one form, and what two nodes answered may be compared after decoding. Refused with an <see cref="AbiException"/>:
/// data that is too short or has anything left over; dirty bits over a short integer, address or boolean, or after short bytes;
/// a tail that is not where the one before it ended (an offset out of range, backwards, overlapping or with a gap);
/// a length that cannot fit in what is left; text that is not UTF-8. As no byte is read twice, a small answer cannot unfold
/// into a large value.
/// </summary>
public ref struct AbiReader
{
    private const int Word = 32;
    private readonly ReadOnlySpan<byte> _frame;
    private readonly int _headBytes;
    private int _head;
    private int _tail;

    /// <summary>Starts on a tuple whose head takes this many words.</summary>
    public AbiReader(ReadOnlySpan<byte> data, int headWords)
    {
        _headBytes = checked(headWords * Word);
        if (data.Length < _headBytes)
        {
            throw new AbiException($"{data.Length} bytes where at least {_headBytes} must be");
        }

        _frame = data;
        _tail = _headBytes;
    }

    /// <summary>Everything must have been read: what is left over belongs to no value.</summary>
    public readonly void Finish()
    {
        if (_head != _headBytes || _tail != _frame.Length)
        {
            throw new AbiException($"{_frame.Length} bytes where the value ends after {_tail}");
        }
    }

    public BigInteger BigUnsigned(int bits)
    {
        var word = Clean(bits / 8);
        // Most numbers are small, and a small one is made many times faster.
        return IsSmall(word) ? new BigInteger(Low(word)) : new BigInteger(word, isUnsigned: true, isBigEndian: true);
    }

    /// <summary>An unsigned integer of at most 64 bits; 24 or 40 bits are checked too.</summary>
    public ulong SmallUnsigned(int bits)
    {
        return Low(Clean(bits / 8));
    }

    public BigInteger BigSigned(int bits)
    {
        var word = Next();
        CheckSign(word, bits);
        return new BigInteger(word, isUnsigned: false, isBigEndian: true);
    }

    public long SmallSigned(int bits)
    {
        var word = Next();
        CheckSign(word, bits);
        return System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(word[^8..]);
    }

    public bool Bool() => Clean(1)[^1] switch
    {
        0 => false,
        1 => true,
        var other => throw new AbiException($"a boolean is 0 or 1, not {other}"),
    };

    public Address Address() => new(Clean(20)[^20..]);

    public Hash32 Hash() => new(Next());

    /// <summary>bytes1 to bytes32: on the left of the word.</summary>
    public byte[] FixedBytes(int length)
    {
        var word = Next();
        CheckZero(word[length..]);
        return word[..length].ToArray();
    }

    public byte[] Bytes() => TailBytes().ToArray();

    public string Text()
    {
        try
        {
            return StrictUtf8.GetString(TailBytes());
        }
        catch (DecoderFallbackException)
        {
            throw new AbiException("a string that is not UTF-8");
        }
    }

    /// <summary>A tuple with a dynamic field: its own frame in the tail.</summary>
    public T Nested<T>(int headWords, AbiRead<T> read)
    {
        var inner = new AbiReader(EnterTail(), headWords);
        var value = read(ref inner);
        _tail += inner._tail;
        return value;
    }

    /// <summary>T[]: a length, then a frame of elements.</summary>
    public IReadOnlyList<T> List<T>(int elementHeadWords, AbiRead<T> read)
    {
        var tail = EnterTail();
        var length = Length(tail, "elements");
        tail = tail[Word..];
        if (length > tail.Length / (elementHeadWords * Word))
        {
            throw new AbiException($"{length} elements do not fit in {tail.Length} bytes");
        }

        var inner = new AbiReader(tail, length * elementHeadWords);
        var items = inner.InlineList(length, read);
        _tail += Word + inner._tail;
        return items;
    }

    /// <summary>T[n] whose elements are dynamic: a frame of n offsets.</summary>
    public IReadOnlyList<T> FixedList<T>(int length, AbiRead<T> read)
    {
        var inner = new AbiReader(EnterTail(), length);
        var items = inner.InlineList(length, read);
        _tail += inner._tail;
        return items;
    }

    /// <summary>T[n] whose elements are static: they stand in the head itself.</summary>
    public IReadOnlyList<T> InlineList<T>(int length, AbiRead<T> read)
    {
        var items = new T[length];
        for (var i = 0; i < length; i++)
        {
            items[i] = read(ref this);
        }

        return items;
    }

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> Next()
    {
        if (_head + Word > _headBytes)
        {
            throw new AbiException("more fields were read than the head has");
        }

        var word = _frame.Slice(_head, Word);
        _head += Word;
        return word;
    }

    /// <summary>A word whose bytes before the last <paramref name="length"/> are zero.</summary>
    private ReadOnlySpan<byte> Clean(int length)
    {
        var word = Next();
        CheckZero(word[..^length]);
        return word;
    }

    private static void CheckZero(ReadOnlySpan<byte> padding)
    {
        if (padding.ContainsAnyExcept((byte)0))
        {
            throw new AbiException("dirty bits outside of the value");
        }
    }

    private static void CheckSign(ReadOnlySpan<byte> word, int bits)
    {
        var first = Word - (bits / 8);
        var sign = (word[first] & 0x80) == 0 ? (byte)0 : (byte)0xFF;
        if (word[..first].ContainsAnyExcept(sign))
        {
            throw new AbiException($"a value that is no int{bits}");
        }
    }

    /// <summary>It fits in the last eight bytes of its word.</summary>
    private static bool IsSmall(ReadOnlySpan<byte> word) => !word[..(Word - sizeof(ulong))].ContainsAnyExcept((byte)0);

    private static ulong Low(ReadOnlySpan<byte> word) => System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(word[(Word - sizeof(ulong))..]);

    private ReadOnlySpan<byte> EnterTail()
    {
        var word = Next();
        if (!IsSmall(word) || Low(word) != (ulong)_tail)
        {
            throw new AbiException($"an offset of {new BigInteger(word, isUnsigned: true, isBigEndian: true)} where the tail begins at {_tail}");
        }

        return _frame[_tail..];
    }

    private static int Length(ReadOnlySpan<byte> tail, string what)
    {
        if (tail.Length < Word)
        {
            throw new AbiException("the data ends before a length");
        }

        var word = tail[..Word];
        return IsSmall(word) && Low(word) <= (ulong)tail.Length
            ? (int)Low(word)
            : throw new AbiException($"{new BigInteger(word, isUnsigned: true, isBigEndian: true)} {what} do not fit in {tail.Length} bytes");
    }

    private ReadOnlySpan<byte> TailBytes()
    {
        var tail = EnterTail();
        var length = Length(tail, "bytes");
        var padded = (length + Word - 1) / Word * Word;
        if (padded > tail.Length - Word)
        {
            throw new AbiException($"{length} bytes do not fit in {tail.Length - Word}");
        }

        CheckZero(tail.Slice(Word + length, padded - length));
        _tail += Word + padded;
        return tail.Slice(Word, length);
    }
}
