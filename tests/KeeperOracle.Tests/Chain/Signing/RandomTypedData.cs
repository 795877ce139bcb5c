using System.Globalization;
using System.Numerics;
using System.Text;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Signing;

/// <summary>
/// One random document of EIP-712: a few structs, of which a later one may hold earlier ones, arrays of anything in anything, and a
/// message. As the JSON object that wallets take, and as a digest by <see cref="TypedStruct"/> from the same tree.
/// </summary>
internal sealed class RandomTypedData
{
    private static readonly string[] Elementary =
        ["uint8", "uint64", "uint256", "int8", "int64", "int256", "bool", "address", "bytes1", "bytes20", "bytes32", "bytes", "string"];

    private readonly Random _random;
    private readonly Dictionary<string, List<(string Name, string Type)>> _structs = [];
    private readonly string _primary;
    private readonly Dictionary<string, object> _message;
    private readonly (string Name, string Version, ulong Chain, Address Contract) _domain;

    public RandomTypedData(Random random)
    {
        _random = random;
        var count = _random.Next(1, 5);
        for (var i = 0; i < count; i++)
        {
            // Names in no order, so that the order by name differs from that of their making.
            var name = $"{"QaZbMc"[_random.Next(6)]}{i}";
            _structs[name] = [.. Enumerable.Range(0, _random.Next(1, 6)).Select(field => ($"f{field}", FieldType()))];
        }

        _primary = _structs.Keys.Last();
        _message = Struct(_primary);
        _domain = (Text(), Text(), (ulong)_random.Next(1, 1 << 30), new Address(Bytes(20)));
    }

    public object Document()
    {
        var types = _structs.ToDictionary(pair => pair.Key, pair => pair.Value.Select(field => new { name = field.Name, type = field.Type }).ToArray());
        types["EIP712Domain"] =
        [
            new { name = "name", type = "string" }, new { name = "version", type = "string" },
            new { name = "chainId", type = "uint256" }, new { name = "verifyingContract", type = "address" },
        ];
        var domain = new { name = _domain.Name, version = _domain.Version, chainId = _domain.Chain, verifyingContract = _domain.Contract.ToString() };
        return new { types, primaryType = _primary, domain, message = _message };
    }

    public Hash32 Digest() => TypedData.Digest(
        TypedData.DomainSeparator(_domain.Name, _domain.Version, new ChainId(_domain.Chain), _domain.Contract), HashStruct(_primary, _message));

    private Hash32 HashStruct(string type, Dictionary<string, object> value)
    {
        var hash = new TypedStruct(Keccak.HashText(TypeText(type)));
        foreach (var (name, fieldType) in _structs[type])
        {
            Add(hash, fieldType, value[name]);
        }

        return hash.Hash();
    }

    private void Add(TypedStruct hash, string type, object value)
    {
        if (type.EndsWith(']'))
        {
            hash.Array(((object[])value).Select(item => Word(ElementOf(type), item)));
        }
        else if (value is Dictionary<string, object> inner)
        {
            hash.Word(HashStruct(type, inner));
        }
        else if (type == "string")
        {
            hash.Text((string)value);
        }
        else if (type == "bytes")
        {
            hash.Bytes(Hex.ToBytes((string)value));
        }
        else if (type.StartsWith("uint", StringComparison.Ordinal))
        {
            hash.Number(BigInteger.Parse((string)value, CultureInfo.InvariantCulture));
        }
        else if (type == "bool")
        {
            hash.Bool((bool)value);
        }
        else if (type == "address")
        {
            hash.Address(Address.FromHex((string)value));
        }
        else
        {
            hash.Word(Word(type, value));
        }
    }

    /// <summary>The word of one element of an array, by the definition itself.</summary>
    private Hash32 Word(string type, object value) => value switch
    {
        object[] items => Keccak.Hash([.. items.SelectMany(item => Word(ElementOf(type), item).ToBytes())]),
        Dictionary<string, object> inner => HashStruct(type, inner),
        bool flag => new Hash32([.. new byte[31], (byte)(flag ? 1 : 0)]),
        string text when type == "string" => Keccak.HashText(text),
        string hex when type == "bytes" => Keccak.Hash(Hex.ToBytes(hex)),
        string hex when type == "address" => new Hash32([.. new byte[12], .. Hex.ToBytes(hex)]),
        string hex when type.StartsWith("bytes", StringComparison.Ordinal) => new Hash32([.. Hex.ToBytes(hex), .. new byte[32 - Hex.ToBytes(hex).Length]]),
        string number => TwosComplement(BigInteger.Parse(number, CultureInfo.InvariantCulture)),
        _ => throw new InvalidOperationException($"No word of a {type}."),
    };

    private static Hash32 TwosComplement(BigInteger value)
    {
        var bytes = (value.Sign < 0 ? value + (BigInteger.One << 256) : value).ToByteArray(isUnsigned: true, isBigEndian: true);
        return new Hash32([.. new byte[32 - bytes.Length], .. bytes]);
    }

    private string TypeText(string type)
    {
        var used = new SortedSet<string>(StringComparer.Ordinal);
        Collect(type, used);
        used.Remove(type);
        return string.Concat(used.Prepend(type).Select(name => $"{name}({string.Join(',', _structs[name].Select(field => $"{field.Type} {field.Name}"))})"));
    }

    private void Collect(string type, SortedSet<string> used)
    {
        if (used.Add(type))
        {
            foreach (var inner in _structs[type].Select(field => field.Type.Split('[')[0]).Where(_structs.ContainsKey))
            {
                Collect(inner, used);
            }
        }
    }

    private static string ElementOf(string type) => type[..type.LastIndexOf('[')];

    private string FieldType()
    {
        var type = _structs.Count > 0 && _random.Next(2) == 0 ? _structs.Keys.ElementAt(_random.Next(_structs.Count)) : Elementary[_random.Next(Elementary.Length)];
        for (var arrays = _random.Next(5) - 2; arrays > 0; arrays--)
        {
            type += _random.Next(2) == 0 ? "[]" : $"[{_random.Next(1, 4)}]";
        }

        return type;
    }

    private Dictionary<string, object> Struct(string type) => _structs[type].ToDictionary(field => field.Name, field => Value(field.Type));

    private object Value(string type)
    {
        if (type.EndsWith(']'))
        {
            var length = type[(type.LastIndexOf('[') + 1)..^1] is { Length: > 0 } digits ? int.Parse(digits, CultureInfo.InvariantCulture) : _random.Next(4);
            return Enumerable.Range(0, length).Select(_ => Value(ElementOf(type))).ToArray();
        }

        return type switch
        {
            _ when _structs.ContainsKey(type) => Struct(type),
            "bool" => _random.Next(2) == 0,
            "address" => Hex.FromBytes(Bytes(20)),
            "string" => Text(),
            "bytes" => Hex.FromBytes(Bytes(_random.Next(70))),
            _ when type.StartsWith("bytes", StringComparison.Ordinal) => Hex.FromBytes(Bytes(int.Parse(type[5..], CultureInfo.InvariantCulture))),
            _ => Integer(type).ToString(CultureInfo.InvariantCulture),
        };
    }

    private BigInteger Integer(string type)
    {
        var isSigned = type[0] == 'i';
        var bits = int.Parse(type[(isSigned ? 3 : 4)..], CultureInfo.InvariantCulture) - (isSigned ? 1 : 0);
        var largest = (BigInteger.One << bits) - 1;
        var value = _random.Next(4) switch { 0 => BigInteger.Zero, 1 => largest, _ => new BigInteger(Bytes(32), isUnsigned: true) & largest };
        return isSigned && _random.Next(2) == 0 ? -value - 1 : value;
    }

    private string Text()
    {
        var text = new StringBuilder();
        for (var i = _random.Next(40); i > 0; i--)
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
