using System.Buffers;
using System.Text.Json;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Quorum;

/// <summary>
/// How the answers of a method are compared: each is brought into one canonical text, of the members that the product uses, and equal
/// texts are equal answers. Where only some members are compared, the canonical text is also what the caller gets: what was not
/// voted on does not pass.
/// </summary>
internal sealed class AnswerForm
{
    private readonly Action<Utf8JsonWriter, JsonElement> _write;
    private readonly Action<JsonElement>? _check;

    private AnswerForm(
        Action<Utf8JsonWriter, JsonElement> write, bool isWhole, Func<JsonElement, string?>? blockOf = null, Action<JsonElement>? check = null)
    {
        _write = write;
        _check = check;
        IsWhole = isWhole;
        BlockOf = blockOf ?? (_ => null);
    }

    /// <summary>Everything in the answer is compared, so that an agreeing answer can be given as it came.</summary>
    public bool IsWhole { get; }

    /// <summary>Its answers are long, and checked without being written.</summary>
    public bool IsLong => _check is not null;

    /// <summary>The block that a (canonical) answer itself names, where everything else in it follows from that block; else null.</summary>
    public Func<JsonElement, string?> BlockOf { get; }

    public static AnswerForm Of(string method) => Forms.GetValueOrDefault(method, Anything);

    /// <summary>A transaction's own members alone, without the block it is in.</summary>
    public static AnswerForm TransactionAnywhere { get; } = new((writer, value) => WriteTransaction(writer, value, withBlock: false), isWhole: false);

    private static AnswerForm Anything { get; } = new(WriteAnything, isWhole: true);

    private static AnswerForm Quantity { get; } = new((writer, value) => WriteNumber(writer, value), isWhole: false);

    private static AnswerForm Block { get; } = new(WriteBlock, isWhole: false, answer => Text(answer, "hash"));

    private static AnswerForm Receipt { get; } = new(WriteReceipt, isWhole: false, answer => Text(answer, "blockHash"));

    private static AnswerForm Receipts { get; } = new((writer, value) => WriteList(writer, value, WriteReceipt), isWhole: false);

    private static AnswerForm Logs { get; } = new((writer, value) => WriteList(writer, value, WriteLog), isWhole: false, check: CheckLogs);

    private static AnswerForm Transaction { get; } = new((writer, value) => WriteTransaction(writer, value, withBlock: true), isWhole: false);

    private static AnswerForm FeeHistory { get; } = new(WriteFeeHistory, isWhole: false);

    private static AnswerForm Proof { get; } = new(WriteProof, isWhole: false);

    private static Dictionary<string, AnswerForm> Forms { get; } = new(StringComparer.Ordinal)
    {
        ["eth_blockNumber"] = Quantity,
        ["eth_chainId"] = Quantity,
        ["eth_gasPrice"] = Quantity,
        ["eth_getBalance"] = Quantity,
        ["eth_getTransactionCount"] = Quantity,
        ["eth_maxPriorityFeePerGas"] = Quantity,
        ["eth_getBlockByHash"] = Block,
        ["eth_getBlockByNumber"] = Block,
        ["eth_getBlockReceipts"] = Receipts,
        ["eth_getTransactionReceipt"] = Receipt,
        ["eth_getTransactionByHash"] = Transaction,
        ["eth_getLogs"] = Logs,
        ["eth_feeHistory"] = FeeHistory,
        ["eth_getProof"] = Proof,
    };

    /// <summary>
    /// Throws <see cref="RpcException"/> of kind MalformedReply where it is no answer to its method. Where nobody else was asked, that is all there
    /// is to do with an answer, and logs are too many to be written again for nothing.
    /// </summary>
    public void Check(JsonElement answer)
    {
        if (_check is null)
        {
            _ = Canonical(answer);
        }
        else if (answer.ValueKind != JsonValueKind.Null)
        {
            _check(answer);
        }
    }

    private static void CheckLogs(JsonElement logs)
    {
        foreach (var log in EthJson.Items(logs))
        {
            _ = EthJson.Log(log);
        }
    }

    /// <summary>Throws <see cref="RpcException"/> of kind MalformedReply where it is no answer to its method.</summary>
    public byte[] Canonical(JsonElement answer)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            if (answer.ValueKind == JsonValueKind.Null)
            {
                writer.WriteNullValue();
            }
            else
            {
                _write(writer, answer);
            }
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static string? Text(JsonElement answer, string name) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static void WriteBlock(Utf8JsonWriter writer, JsonElement value)
    {
        var block = EthJson.Block(value);
        writer.WriteStartObject();
        writer.WriteString("number", EthJson.Quantity(block.Ref.Number));
        writer.WriteString("hash", block.Ref.Hash.ToString());
        writer.WriteString("parentHash", block.Ref.ParentHash.ToString());
        writer.WriteString("timestamp", EthJson.Quantity(block.Ref.Timestamp));
        writer.WriteString("baseFeePerGas", EthJson.Quantity(block.BaseFeePerGas));
        writer.WriteString("gasLimit", EthJson.Quantity(block.GasLimit));
        if (block.StateRoot is { } stateRoot)
        {
            writer.WriteString("stateRoot", stateRoot.ToString());
        }

        writer.WriteEndObject();
    }

    private static void WriteReceipt(Utf8JsonWriter writer, JsonElement value)
    {
        var receipt = EthJson.Receipt(value);
        writer.WriteStartObject();
        writer.WriteString("transactionHash", receipt.TransactionHash.ToString());
        writer.WriteString("status", receipt.Succeeded ? "0x1" : "0x0");
        writer.WriteString("blockNumber", EthJson.Quantity(receipt.BlockNumber));
        writer.WriteString("blockHash", receipt.BlockHash.ToString());
        writer.WriteString("from", receipt.From.ToString());
        writer.WriteString("to", receipt.To?.ToString());
        writer.WriteString("contractAddress", receipt.ContractAddress?.ToString());
        writer.WriteString("gasUsed", EthJson.Quantity(receipt.GasUsed));
        writer.WriteString("effectiveGasPrice", EthJson.Quantity(receipt.EffectiveGasPrice));
        writer.WritePropertyName("logs");
        WriteList(writer, EthJson.Member(value, "logs"), WriteLog);
        writer.WriteEndObject();
    }

    private static void WriteLog(Utf8JsonWriter writer, JsonElement value)
    {
        var log = EthJson.Log(value);
        writer.WriteStartObject();
        writer.WriteString("address", log.Address.ToString());
        writer.WriteStartArray("topics");
        foreach (var topic in log.Topics)
        {
            writer.WriteStringValue(topic.ToString());
        }

        writer.WriteEndArray();
        writer.WriteString("data", Hex.FromBytes(EthJson.Bytes(EthJson.Member(value, "data"))));
        writer.WriteString("blockNumber", EthJson.Quantity(log.BlockNumber));
        writer.WriteString("blockHash", log.BlockHash.ToString());
        writer.WriteString("transactionHash", log.TransactionHash.ToString());
        writer.WriteString("logIndex", EthJson.Quantity(log.LogIndex));
        writer.WriteBoolean("removed", log.Removed);
        writer.WriteEndObject();
    }

    private static void WriteTransaction(Utf8JsonWriter writer, JsonElement value, bool withBlock)
    {
        writer.WriteStartObject();
        writer.WriteString("hash", EthJson.Hash(EthJson.Member(value, "hash")).ToString());
        writer.WriteString("from", EthJson.Address(EthJson.Member(value, "from")).ToString());
        writer.WriteString("nonce", EthJson.Quantity(EthJson.Small(EthJson.Member(value, "nonce"))));
        if (withBlock && !EthJson.IsNull(value, "blockHash"))
        {
            writer.WriteString("blockNumber", EthJson.Quantity(EthJson.Small(EthJson.Member(value, "blockNumber"))));
            writer.WriteString("blockHash", EthJson.Hash(EthJson.Member(value, "blockHash")).ToString());
        }

        writer.WriteEndObject();
    }

    private static void WriteFeeHistory(Utf8JsonWriter writer, JsonElement value)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("baseFeePerGas");
        WriteList(writer, EthJson.Member(value, "baseFeePerGas"), WriteNumber);
        if (!EthJson.IsNull(value, "reward"))
        {
            writer.WritePropertyName("reward");
            WriteList(writer, EthJson.Member(value, "reward"), (inner, tips) => WriteList(inner, tips, WriteNumber));
        }

        writer.WriteEndObject();
    }

    /// <summary>Without the keys of slots, which clients write with zeros or without; their order is that of the call.</summary>
    private static void WriteProof(Utf8JsonWriter writer, JsonElement value)
    {
        writer.WriteStartObject();
        writer.WriteString("balance", EthJson.Quantity(EthJson.Number(EthJson.Member(value, "balance"))));
        writer.WriteString("nonce", EthJson.Quantity(EthJson.Number(EthJson.Member(value, "nonce"))));
        writer.WriteString("codeHash", EthJson.Hash(EthJson.Member(value, "codeHash")).ToString());
        writer.WriteString("storageHash", EthJson.Hash(EthJson.Member(value, "storageHash")).ToString());
        writer.WritePropertyName("accountProof");
        WriteList(writer, EthJson.Member(value, "accountProof"), WriteBytes);
        writer.WritePropertyName("storageProof");
        WriteList(writer, EthJson.Member(value, "storageProof"), (inner, slot) =>
        {
            inner.WriteStartObject();
            inner.WriteString("value", EthJson.Quantity(EthJson.Number(EthJson.Member(slot, "value"))));
            inner.WritePropertyName("proof");
            WriteList(inner, EthJson.Member(slot, "proof"), WriteBytes);
            inner.WriteEndObject();
        });
        writer.WriteEndObject();
    }

    private static void WriteBytes(Utf8JsonWriter writer, JsonElement value) => writer.WriteStringValue(Hex.FromBytes(EthJson.Bytes(value)));

    private static void WriteNumber(Utf8JsonWriter writer, JsonElement value) => writer.WriteStringValue(EthJson.Quantity(EthJson.Number(value)));

    private static void WriteList(Utf8JsonWriter writer, JsonElement list, Action<Utf8JsonWriter, JsonElement> write)
    {
        writer.WriteStartArray();
        foreach (var item in EthJson.Items(list))
        {
            write(writer, item);
        }

        writer.WriteEndArray();
    }

    /// <summary>Members in order of their names and without those that are null; hexadecimal text in small letters.</summary>
    private static void WriteAnything(Utf8JsonWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in value.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null).OrderBy(member => member.Name, StringComparer.Ordinal))
                {
                    writer.WritePropertyName(member.Name);
                    WriteAnything(writer, member.Value);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                WriteList(writer, value, WriteAnything);
                break;
            case JsonValueKind.String:
                var text = value.GetString()!;
                writer.WriteStringValue(text.StartsWith("0x", StringComparison.Ordinal) ? text.ToLowerInvariant() : text);
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }
}
