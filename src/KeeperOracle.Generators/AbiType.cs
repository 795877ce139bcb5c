using System.Globalization;

namespace KeeperOracle.Generators;

internal enum AbiKind
{
    UInt,
    Int,
    Bool,
    Address,
    FixedBytes,
    Bytes,
    String,
    Array,
    Tuple,
}

/// <summary>
/// A Solidity type as the ABI file writes it. <c>Size</c> is bits of an integer, bytes of bytesN, or the length of a fixed array
/// (0: any length). A tuple refers to its struct through <see cref="Struct"/>, so that one struct is generated once.
/// </summary>
internal sealed class AbiType
{
    private AbiType(AbiKind kind, int size, AbiType? element, AbiStruct? @struct)
    {
        Kind = kind;
        Size = size;
        Element = element;
        Struct = @struct;
    }

    public AbiKind Kind { get; }

    public int Size { get; }

    public AbiType? Element { get; }

    public AbiStruct? Struct { get; }

    /// <summary>Reads "uint64", "tuple[3][]" and so on. Throws <see cref="FormatException"/>.</summary>
    public static AbiType Parse(string text, Func<AbiStruct> structOfTuple)
    {
        if (text.EndsWith("]", StringComparison.Ordinal))
        {
            var open = text.LastIndexOf('[');
            var length = open < 0 ? throw Unknown(text) : text.Substring(open + 1, text.Length - open - 2);
            return new AbiType(AbiKind.Array, length.Length == 0 ? 0 : Number(length, text, 1, 1 << 20), Parse(text.Substring(0, open), structOfTuple), null);
        }

        return text switch
        {
            "bool" => new AbiType(AbiKind.Bool, 0, null, null),
            "address" => new AbiType(AbiKind.Address, 0, null, null),
            "string" => new AbiType(AbiKind.String, 0, null, null),
            "bytes" => new AbiType(AbiKind.Bytes, 0, null, null),
            "tuple" => new AbiType(AbiKind.Tuple, 0, null, structOfTuple()),
            _ when text.StartsWith("uint", StringComparison.Ordinal) => new AbiType(AbiKind.UInt, Bits(text, 4), null, null),
            _ when text.StartsWith("int", StringComparison.Ordinal) => new AbiType(AbiKind.Int, Bits(text, 3), null, null),
            _ when text.StartsWith("bytes", StringComparison.Ordinal) => new AbiType(AbiKind.FixedBytes, Number(text.Substring(5), text, 1, 32), null, null),
            _ => throw Unknown(text),
        };
    }

    public bool IsDynamic => Kind switch
    {
        AbiKind.Bytes or AbiKind.String => true,
        AbiKind.Array => Size == 0 || Element!.IsDynamic,
        AbiKind.Tuple => Struct!.Fields.Any(item => item.Type.IsDynamic),
        _ => false,
    };

    /// <summary>Words that the type takes in the head of the tuple it stands in; a dynamic one takes its offset.</summary>
    public int HeadWords => IsDynamic ? 1 : StaticWords;

    /// <summary>Words of the type's own head, without the offset that may point to it.</summary>
    public int StaticWords => Kind switch
    {
        AbiKind.Array => Math.Max(Size, 1) * Element!.HeadWords,
        AbiKind.Tuple => Struct!.Fields.Sum(item => item.Type.HeadWords),
        _ => 1,
    };

    /// <summary>Arrays and bytes are compared by reference in C#; a record that holds one writes its own equality.</summary>
    public bool HoldsReference => Kind is AbiKind.Array or AbiKind.Bytes || (Kind == AbiKind.FixedBytes && Size != 32);

    /// <summary>The type as selectors and topics are computed from.</summary>
    public string Canonical => Kind switch
    {
        AbiKind.UInt => "uint" + Size.ToString(CultureInfo.InvariantCulture),
        AbiKind.Int => "int" + Size.ToString(CultureInfo.InvariantCulture),
        AbiKind.Bool => "bool",
        AbiKind.Address => "address",
        AbiKind.FixedBytes => "bytes" + Size.ToString(CultureInfo.InvariantCulture),
        AbiKind.Bytes => "bytes",
        AbiKind.String => "string",
        AbiKind.Array => $"{Element!.Canonical}[{(Size == 0 ? "" : Size.ToString(CultureInfo.InvariantCulture))}]",
        _ => "(" + string.Join(",", Struct!.Fields.Select(item => item.Type.Canonical)) + ")",
    };

    /// <summary>A word for names of overloads: "AddressArray", or the struct's name.</summary>
    public string NamePart => Kind switch
    {
        AbiKind.Array => Element!.NamePart + "Array" + (Size == 0 ? "" : Size.ToString(CultureInfo.InvariantCulture)),
        AbiKind.Tuple => Struct!.Name,
        _ => Naming.Pascal(Canonical),
    };

    private static int Bits(string text, int prefix)
    {
        var bits = text.Length == prefix ? 256 : Number(text.Substring(prefix), text, 8, 256);
        return bits % 8 == 0 ? bits : throw Unknown(text);
    }

    private static int Number(string digits, string text, int least, int most) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Unknown(text);

    private static FormatException Unknown(string text) => new($"the type '{text}' is not one that this generator knows");
}
