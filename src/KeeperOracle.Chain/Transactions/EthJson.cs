using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Transactions;

/// <summary>Values as the Ethereum JSON-RPC writes them, read strictly; anything else is a malformed reply of the node.</summary>
internal static class EthJson
{
    public static string Quantity(BigInteger value) => value.IsZero ? "0x0" : "0x" + value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');

    public static BigInteger Number(JsonElement value, int bits = 256)
    {
        var text = Text(value);
        var digits = text.StartsWith("0x", StringComparison.Ordinal) ? text.AsSpan(2) : throw Malformed($"'{Shorten(text)}' is no quantity");
        var isShort = digits.Length is > 0 and <= 64;
        // The leading zero keeps a first digit of 8 or more from being taken for a sign.
        return isShort && BigInteger.TryParse($"0{digits}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number)
            && number.GetBitLength() <= bits
            ? number
            : throw Malformed($"'{Shorten(text)}' is no quantity of {bits} bits");
    }

    public static ulong Small(JsonElement value) =>
        Digits(value) is { Length: > 0 and <= 16 } digits
            && Utf8Parser.TryParse(digits, out ulong number, out var read, 'x') && read == digits.Length
            ? number
            : (ulong)Number(value, 64);

    public static byte[] Bytes(JsonElement value)
    {
        if (Digits(value) is var digits && !digits.IsEmpty && digits.Length % 2 == 0)
        {
            var bytes = new byte[digits.Length / 2];
            if (Convert.FromHexString(digits, bytes, out _, out _) == OperationStatus.Done)
            {
                return bytes;
            }
        }

        try
        {
            return Hex.ToBytes(Text(value));
        }
        catch (FormatException problem)
        {
            throw Malformed(problem.Message);
        }
    }

    public static Hash32 Hash(JsonElement value)
    {
        Span<byte> hash = stackalloc byte[32];
        if (Digits(value) is { Length: 64 } digits && Convert.FromHexString(digits, hash, out _, out _) == OperationStatus.Done)
        {
            return new Hash32(hash);
        }

        var bytes = Bytes(value);
        return bytes.Length == 32 ? new Hash32(bytes) : throw Malformed($"a hash has 32 bytes, not {bytes.Length}");
    }

    public static Address Address(JsonElement value)
    {
        Span<byte> address = stackalloc byte[20];
        if (Digits(value) is { Length: 40 } digits && Convert.FromHexString(digits, address, out _, out _) == OperationStatus.Done)
        {
            return new Address(address);
        }

        var bytes = Bytes(value);
        return bytes.Length == 20 ? new Address(bytes) : throw Malformed($"an address has 20 bytes, not {bytes.Length}");
    }

    public static JsonElement Member(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var value) ? value : throw Malformed($"'{name}' is missing");

    public static bool IsNull(JsonElement owner, string name) =>
        owner.ValueKind != JsonValueKind.Object || !owner.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null;

    /// <summary>In one pass: logs come by the ten thousand.</summary>
    public static LogEntry Log(JsonElement log)
    {
        if (log.ValueKind != JsonValueKind.Object)
        {
            throw Malformed("a log is an object");
        }

        JsonElement address = default, topics = default, data = default, number = default, block = default, transaction = default, index = default;
        var removed = false;
        foreach (var member in log.EnumerateObject())
        {
            if (member.NameEquals("address"u8))
            {
                address = member.Value;
            }
            else if (member.NameEquals("topics"u8))
            {
                topics = member.Value;
            }
            else if (member.NameEquals("data"u8))
            {
                data = member.Value;
            }
            else if (member.NameEquals("blockNumber"u8))
            {
                number = member.Value;
            }
            else if (member.NameEquals("blockHash"u8))
            {
                block = member.Value;
            }
            else if (member.NameEquals("transactionHash"u8))
            {
                transaction = member.Value;
            }
            else if (member.NameEquals("logIndex"u8))
            {
                index = member.Value;
            }
            else if (member.NameEquals("removed"u8))
            {
                removed = member.Value.ValueKind == JsonValueKind.True;
            }
        }

        return new LogEntry(
            Address(Present(address, "address")),
            Topics(Present(topics, "topics")),
            Bytes(Present(data, "data")),
            Small(Present(number, "blockNumber")),
            Hash(Present(block, "blockHash")),
            Hash(Present(transaction, "transactionHash")),
            Small(Present(index, "logIndex")) is var at && at <= uint.MaxValue ? (uint)at : throw Malformed($"{at} is no index of a log"),
            removed);
    }

    private static Hash32[] Topics(JsonElement list)
    {
        var topics = new Hash32[list.ValueKind == JsonValueKind.Array ? list.GetArrayLength() : throw Malformed("an array is missing")];
        var at = 0;
        foreach (var topic in list.EnumerateArray())
        {
            topics[at++] = Hash(topic);
        }

        return topics;
    }

    private static JsonElement Present(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Undefined ? throw Malformed($"'{name}' is missing") : value;

    public static BlockHeader Block(JsonElement block) => new(
        new BlockRef(
            Small(Member(block, "number")),
            Hash(Member(block, "hash")),
            Hash(Member(block, "parentHash")),
            Small(Member(block, "timestamp"))),
        IsNull(block, "baseFeePerGas") ? BigInteger.Zero : Number(Member(block, "baseFeePerGas")),
        Small(Member(block, "gasLimit")),
        IsNull(block, "stateRoot") ? null : Hash(Member(block, "stateRoot")));

    public static TransactionReceipt Receipt(JsonElement receipt) => new(
        Hash(Member(receipt, "transactionHash")),
        Small(Member(receipt, "status")) switch
        {
            0 => false,
            1 => true,
            var other => throw Malformed($"the status of a receipt is 0 or 1, not {other}"),
        },
        Small(Member(receipt, "blockNumber")),
        Hash(Member(receipt, "blockHash")),
        Address(Member(receipt, "from")),
        IsNull(receipt, "to") ? null : Address(Member(receipt, "to")),
        IsNull(receipt, "contractAddress") ? null : Address(Member(receipt, "contractAddress")),
        Small(Member(receipt, "gasUsed")),
        IsNull(receipt, "effectiveGasPrice") ? BigInteger.Zero : Number(Member(receipt, "effectiveGasPrice")),
        [.. Items(Member(receipt, "logs")).Select(Log)]);

    public static IEnumerable<JsonElement> Items(JsonElement list) =>
        list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : throw Malformed("an array is missing");

    public static RpcException Malformed(string problem) => new(RpcFailure.MalformedReply, "reply", problem);

    /// <summary>
    /// What stands between "0x and the closing quotation mark, as it came: no text is made of it, for it may be megabytes. Empty for what is not
    /// written so; the slow path then says what is wrong with it.
    /// </summary>
    private static ReadOnlySpan<byte> Digits(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return [];
        }

        var raw = JsonMarshal.GetRawUtf8Value(value);
        return raw.StartsWith("\"0x"u8) ? raw[3..^1] : [];
    }

    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Malformed($"text is missing ({value.ValueKind})");

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..77] + "...";
}
