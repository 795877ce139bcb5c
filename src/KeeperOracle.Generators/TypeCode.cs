using System.Globalization;

namespace KeeperOracle.Generators;

/// <summary>How a Solidity type is spelt, read and written in C#.</summary>
internal static class TypeCode
{
    private const string Primitives = "global::KeeperOracle.Primitives.";
    private const string Reader = "ref global::KeeperOracle.Chain.Abi.AbiReader";

    public static string CSharp(AbiType type) => type.Kind switch
    {
        AbiKind.UInt => type.Size <= 8 ? "byte" : type.Size <= 16 ? "ushort" : type.Size <= 32 ? "uint" : type.Size <= 64 ? "ulong" : "global::System.Numerics.BigInteger",
        AbiKind.Int => type.Size <= 8 ? "sbyte" : type.Size <= 16 ? "short" : type.Size <= 32 ? "int" : type.Size <= 64 ? "long" : "global::System.Numerics.BigInteger",
        AbiKind.Bool => "bool",
        AbiKind.Address => Primitives + "Address",
        AbiKind.FixedBytes => type.Size == 32 ? Primitives + "Hash32" : "byte[]",
        AbiKind.Bytes => "byte[]",
        AbiKind.String => "string",
        AbiKind.Array => $"global::System.Collections.Generic.IReadOnlyList<{CSharp(type.Element!)}>",
        _ => type.Struct!.CSharpName,
    };

    /// <summary>An expression that takes the next value of this type from the reader.</summary>
    public static string Read(AbiType type, string reader, int depth = 0)
    {
        var inner = "r" + Text(depth + 1);
        switch (type.Kind)
        {
            case AbiKind.UInt: return type.Size <= 64 ? $"({CSharp(type)}){reader}.SmallUnsigned({type.Size})" : $"{reader}.BigUnsigned({type.Size})";
            case AbiKind.Int: return type.Size <= 64 ? $"({CSharp(type)}){reader}.SmallSigned({type.Size})" : $"{reader}.BigSigned({type.Size})";
            case AbiKind.Bool: return $"{reader}.Bool()";
            case AbiKind.Address: return $"{reader}.Address()";
            case AbiKind.FixedBytes: return type.Size == 32 ? $"{reader}.Hash()" : $"{reader}.FixedBytes({type.Size})";
            case AbiKind.Bytes: return $"{reader}.Bytes()";
            case AbiKind.String: return $"{reader}.Text()";
            case AbiKind.Array:
                var element = type.Element!;
                var each = $"static ({Reader} {inner}) => {Read(element, inner, depth + 1)}";
                return type.Size == 0 ? $"{reader}.List({element.HeadWords}, {each})"
                    : element.IsDynamic ? $"{reader}.FixedList({type.Size}, {each})"
                    : $"{reader}.InlineList({type.Size}, {each})";
            default:
                var read = $"{type.Struct!.CSharpName}.ReadFrom(ref {(type.IsDynamic ? inner : reader)})";
                return type.IsDynamic ? $"{reader}.Nested({type.StaticWords}, static ({Reader} {inner}) => {read})" : read;
        }
    }

    /// <summary>An expression that appends a value of this type to the writer.</summary>
    public static string Write(AbiType type, string writer, string value, int depth = 0)
    {
        var inner = "w" + Text(depth + 1);
        var item = "x" + Text(depth + 1);
        switch (type.Kind)
        {
            case AbiKind.UInt: return $"{writer}.{(type.Size <= 64 ? "SmallUnsigned" : "BigUnsigned")}({value}, {type.Size})";
            case AbiKind.Int: return $"{writer}.{(type.Size <= 64 ? "SmallSigned" : "BigSigned")}({value}, {type.Size})";
            case AbiKind.Bool: return $"{writer}.Bool({value})";
            case AbiKind.Address: return $"{writer}.Address({value})";
            case AbiKind.FixedBytes: return type.Size == 32 ? $"{writer}.Hash({value})" : $"{writer}.FixedBytes({value}, {type.Size})";
            case AbiKind.Bytes: return $"{writer}.Bytes({value})";
            case AbiKind.String: return $"{writer}.Text({value})";
            case AbiKind.Array:
                var element = type.Element!;
                var each = $"static ({inner}, {item}) => {Write(element, inner, item, depth + 1)}";
                return type.Size == 0 ? $"{writer}.List({value}, {each})"
                    : element.IsDynamic ? $"{writer}.FixedList({value}, {type.Size}, {each})"
                    : $"{writer}.InlineList({value}, {type.Size}, {each})";
            default:
                return type.IsDynamic ? $"{writer}.Nested({value}, static ({inner}, {item}) => {item}.WriteTo({inner}))" : $"{value}.WriteTo({writer})";
        }
    }

    private static string Text(int depth) => depth.ToString(CultureInfo.InvariantCulture);
}
