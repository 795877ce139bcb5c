using System.Globalization;
using System.Numerics;
using System.Text.Json;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Abi;

/// <summary>Drives the writer and the reader by a type known only at run time, as generated code does by one known at build time.</summary>
internal static class DynamicAbi
{
    public static void Write(AbiWriter writer, JsonElement parameter, string type, JsonElement value)
    {
        if (type.EndsWith(']'))
        {
            var (element, length) = Split(type);
            var items = value.EnumerateArray().ToList();
            void Each(AbiWriter inner, JsonElement item) => Write(inner, parameter, element, item);
            if (length == 0)
            {
                writer.List(items, Each);
            }
            else if (IsDynamic(parameter, element))
            {
                writer.FixedList(items, length, Each);
            }
            else
            {
                writer.InlineList(items, length, Each);
            }

            return;
        }

        switch (type)
        {
            case "tuple":
                void Fields(AbiWriter inner, JsonElement fields)
                {
                    foreach (var (component, field) in Components(parameter).Zip(fields.EnumerateArray()))
                    {
                        Write(inner, component, TypeOf(component), field);
                    }
                }

                if (IsDynamic(parameter, type))
                {
                    writer.Nested(value, Fields);
                }
                else
                {
                    Fields(writer, value);
                }

                break;
            case "bool": writer.Bool(value.GetBoolean()); break;
            case "address": writer.Address(Address.FromHex(value.GetString()!)); break;
            case "string": writer.Text(value.GetString()!); break;
            case "bytes": writer.Bytes(Hex.ToBytes(value.GetString()!)); break;
            case "bytes32": writer.Hash(Hash32.FromHex(value.GetString()!)); break;
            case var _ when type.StartsWith("bytes", StringComparison.Ordinal): writer.FixedBytes(Hex.ToBytes(value.GetString()!), Size(type)); break;
            case var _ when type[0] == 'u': writer.BigUnsigned(BigInteger.Parse(value.GetString()!, CultureInfo.InvariantCulture), Size(type)); break;
            default: writer.BigSigned(BigInteger.Parse(value.GetString()!, CultureInfo.InvariantCulture), Size(type)); break;
        }
    }

    /// <summary>The same tree as <see cref="RandomAbi"/> makes.</summary>
    public static object Read(ref AbiReader reader, JsonElement parameter, string type)
    {
        if (type.EndsWith(']'))
        {
            var (element, length) = Split(type);
            object Each(ref AbiReader inner) => Read(ref inner, parameter, element);
            return length == 0 ? reader.List(HeadWords(parameter, element), Each)
                : IsDynamic(parameter, element) ? reader.FixedList(length, Each)
                : reader.InlineList(length, Each);
        }

        switch (type)
        {
            case "tuple":
                object Fields(ref AbiReader inner)
                {
                    var fields = new List<object>();
                    foreach (var component in Components(parameter))
                    {
                        fields.Add(Read(ref inner, component, TypeOf(component)));
                    }

                    return fields;
                }

                return IsDynamic(parameter, type) ? reader.Nested(StaticWords(parameter, type), Fields) : Fields(ref reader);
            case "bool": return reader.Bool();
            case "address": return reader.Address().ToString();
            case "string": return reader.Text();
            case "bytes": return Hex.FromBytes(reader.Bytes());
            case "bytes32": return reader.Hash().ToString();
            case var _ when type.StartsWith("bytes", StringComparison.Ordinal): return Hex.FromBytes(reader.FixedBytes(Size(type)));
            case var _ when type[0] == 'u':
                return Size(type) <= 64 ? reader.SmallUnsigned(Size(type)).ToString(CultureInfo.InvariantCulture) : reader.BigUnsigned(Size(type)).ToString(CultureInfo.InvariantCulture);
            default:
                return Size(type) <= 64 ? reader.SmallSigned(Size(type)).ToString(CultureInfo.InvariantCulture) : reader.BigSigned(Size(type)).ToString(CultureInfo.InvariantCulture);
        }
    }

    public static string TypeOf(JsonElement parameter) => parameter.GetProperty("type").GetString()!;

    public static int HeadWords(JsonElement parameter, string type) => IsDynamic(parameter, type) ? 1 : StaticWords(parameter, type);

    private static int StaticWords(JsonElement parameter, string type) => type.EndsWith(']') ? Math.Max(Split(type).Length, 1) * HeadWords(parameter, Split(type).Element)
        : type == "tuple" ? Components(parameter).Sum(component => HeadWords(component, TypeOf(component)))
        : 1;

    private static bool IsDynamic(JsonElement parameter, string type) => type.EndsWith(']') ? Split(type).Length == 0 || IsDynamic(parameter, Split(type).Element)
        : type == "tuple" ? Components(parameter).Any(component => IsDynamic(component, TypeOf(component)))
        : type is "bytes" or "string";

    private static JsonElement.ArrayEnumerator Components(JsonElement parameter) => parameter.GetProperty("components").EnumerateArray();

    private static int Size(string type) => int.Parse(type.AsSpan(type.AsSpan().IndexOfAnyInRange('0', '9')), CultureInfo.InvariantCulture);

    private static (string Element, int Length) Split(string type)
    {
        var open = type.LastIndexOf('[');
        return (type[..open], type[(open + 1)..^1] is { Length: > 0 } digits ? int.Parse(digits, CultureInfo.InvariantCulture) : 0);
    }
}
