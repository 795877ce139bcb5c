using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Abi;

/// <summary>Random types of the ABI and random values of a type, as plain JSON-like trees: numbers as decimal text, the rest as hexadecimal.</summary>
internal sealed class RandomAbi(int seed)
{
    private static readonly string[] Elementary =
        ["uint8", "uint16", "uint24", "uint32", "uint40", "uint64", "uint72", "uint96", "uint128", "uint256", "int8", "int24", "int64", "int72", "int128", "int256",
         "bool", "address", "bytes1", "bytes4", "bytes31", "bytes32", "bytes", "string"];

    private readonly Random _random = new(seed);

    /// <summary>A parameter as an ABI file has it: "type", and "components" of a tuple.</summary>
    public Dictionary<string, object> Parameter(int depth = 0)
    {
        var isTuple = depth < 3 && _random.Next(4) == 0;
        var type = isTuple ? "tuple" : Elementary[_random.Next(Elementary.Length)];
        for (var arrays = _random.Next(6) - 3; arrays > 0 && depth < 3; arrays--)
        {
            type += _random.Next(2) == 0 ? "[]" : $"[{_random.Next(1, 4)}]";
        }

        var parameter = new Dictionary<string, object> { ["name"] = $"p{_random.Next(1 << 30)}", ["type"] = type };
        if (isTuple)
        {
            parameter["components"] = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Parameter(depth + 1)).ToArray();
        }

        return parameter;
    }

    /// <summary>A value of a parameter, which may come from an ABI file.</summary>
    public object Value(JsonElement parameter) => Value(parameter.GetProperty("type").GetString()!, parameter);

    private object Value(string type, JsonElement parameter)
    {
        if (type.EndsWith(']'))
        {
            var open = type.LastIndexOf('[');
            var length = type[(open + 1)..^1] is { Length: > 0 } digits ? int.Parse(digits, CultureInfo.InvariantCulture) : _random.Next(4);
            return Enumerable.Range(0, length).Select(_ => Value(type[..open], parameter)).ToArray();
        }

        return type switch
        {
            "tuple" => parameter.GetProperty("components").EnumerateArray().Select(Value).ToArray(),
            "bool" => _random.Next(2) == 0,
            "address" => Hex.FromBytes(Bytes(20)),
            "string" => Text(),
            "bytes" => Hex.FromBytes(Bytes(_random.Next(80))),
            _ when type.StartsWith("bytes", StringComparison.Ordinal) => Hex.FromBytes(Bytes(int.Parse(type[5..], CultureInfo.InvariantCulture))),
            _ => Integer(type).ToString(CultureInfo.InvariantCulture),
        };
    }

    private BigInteger Integer(string type)
    {
        var isSigned = type[0] == 'i';
        var bits = int.Parse(type[(isSigned ? 3 : 4)..], CultureInfo.InvariantCulture) - (isSigned ? 1 : 0);
        var largest = (BigInteger.One << bits) - 1;
        var value = _random.Next(5) switch
        {
            0 => BigInteger.Zero,
            1 => largest,
            _ => new BigInteger(Bytes(32), isUnsigned: true) & largest,
        };
        return isSigned && _random.Next(2) == 0 ? -value - 1 : value;
    }

    private string Text()
    {
        var text = new StringBuilder();
        for (var i = _random.Next(50); i > 0; i--)
        {
            text.Append("aé€漢😀\"\\\n".EnumerateRunes().ElementAt(_random.Next(8)));
        }

        return text.ToString();
    }

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }
}
