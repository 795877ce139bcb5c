using System.Globalization;
using System.Numerics;
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

    public static ulong Small(JsonElement value) => (ulong)Number(value, 64);

    public static byte[] Bytes(JsonElement value)
    {
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
        var bytes = Bytes(value);
        return bytes.Length == 32 ? new Hash32(bytes) : throw Malformed($"a hash has 32 bytes, not {bytes.Length}");
    }

    public static Address Address(JsonElement value)
    {
        var bytes = Bytes(value);
        return bytes.Length == 20 ? new Address(bytes) : throw Malformed($"an address has 20 bytes, not {bytes.Length}");
    }

    public static JsonElement Member(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object && owner.TryGetProperty(name, out var value) ? value : throw Malformed($"'{name}' is missing");

    public static bool IsNull(JsonElement owner, string name) =>
        owner.ValueKind != JsonValueKind.Object || !owner.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null;

    public static LogEntry Log(JsonElement log) => new(
        Address(Member(log, "address")),
        [.. Items(Member(log, "topics")).Select(Hash)],
        Bytes(Member(log, "data")),
        Small(Member(log, "blockNumber")),
        Hash(Member(log, "blockHash")),
        Hash(Member(log, "transactionHash")),
        (uint)Number(Member(log, "logIndex"), 32),
        !IsNull(log, "removed") && Member(log, "removed").ValueKind == JsonValueKind.True);

    public static BlockHeader Block(JsonElement block) => new(
        new BlockRef(
            Small(Member(block, "number")),
            Hash(Member(block, "hash")),
            Hash(Member(block, "parentHash")),
            Small(Member(block, "timestamp"))),
        IsNull(block, "baseFeePerGas") ? BigInteger.Zero : Number(Member(block, "baseFeePerGas")),
        Small(Member(block, "gasLimit")));

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

    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Malformed($"text is missing ({value.ValueKind})");

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..77] + "...";
}
