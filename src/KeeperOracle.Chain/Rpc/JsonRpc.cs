using System.Text.Json;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Rpc;

/// <summary>
/// JSON-RPC 2.0 as text, strictly: the id must be ours, there is a result or an error and not both, a batch has one reply for
/// each request, and a key does not occur twice. What an error says is cut and without our own secrets. A result of null is a result (a receipt that does not exist yet).
/// </summary>
internal static class JsonRpc
{
    private const int LongestMessage = 500;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 64, AllowDuplicateProperties = false };

    public static byte[] Write(IReadOnlyList<RpcRequest> requests, long firstId, bool isBatch)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            if (isBatch)
            {
                writer.WriteStartArray();
            }

            for (var i = 0; i < requests.Count; i++)
            {
                writer.WriteStartObject();
                writer.WriteString("jsonrpc", "2.0");
                writer.WriteNumber("id", firstId + i);
                writer.WriteString("method", requests[i].Method);
                writer.WritePropertyName("params");
                JsonSerializer.Serialize(writer, requests[i].Parameters);
                writer.WriteEndObject();
            }

            if (isBatch)
            {
                writer.WriteEndArray();
            }
        }

        return buffer.ToArray();
    }

    /// <summary>Replies in the order of the requests. Throws <see cref="RpcException"/> where the body is no answer to them.</summary>
    public static RpcReply[] Read(string node, SecretWords secrets, ReadOnlyMemory<byte> body, long firstId, int count, bool isBatch)
    {
        JsonElement root;
        try
        {
            // Not disposed: the results go on as parts of it, over the very bytes of the body.
            root = JsonDocument.Parse(body, Strict).RootElement;
        }
        catch (JsonException problem)
        {
            throw Malformed(node, $"the reply of {body.Length} bytes is not JSON (line {problem.LineNumber + 1}, byte {problem.BytePositionInLine})");
        }

        if (!isBatch)
        {
            return [ReadOne(node, secrets, root, firstId, 1, out _)];
        }

        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out var error))
        {
            // A node that takes no batches, or not this large, answers with one error for all.
            throw ReadError(node, secrets, error);
        }

        if (root.ValueKind != JsonValueKind.Array)
        {
            throw Malformed(node, "the reply to a batch is not an array");
        }

        var replies = new RpcReply?[count];
        foreach (var item in root.EnumerateArray())
        {
            var reply = ReadOne(node, secrets, item, firstId, count, out var index);
            replies[index] = replies[index] is null ? reply : throw Malformed(node, $"two replies to request {index} of a batch");
        }

        var missing = Array.IndexOf(replies, null);
        return missing < 0
            ? Array.ConvertAll(replies, reply => reply!.Value)
            : throw Malformed(node, $"no reply to request {missing} of a batch of {count}");
    }

    private static RpcReply ReadOne(string node, SecretWords secrets, JsonElement reply, long firstId, int count, out int index)
    {
        index = 0;
        if (reply.ValueKind != JsonValueKind.Object)
        {
            throw Malformed(node, "the reply is not an object");
        }

        var hasResult = reply.TryGetProperty("result", out var result);
        var hasError = reply.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null;
        var hasId = reply.TryGetProperty("id", out var id);
        if (hasError && (!hasId || id.ValueKind == JsonValueKind.Null))
        {
            // The node could not even read the request.
            throw ReadError(node, secrets, error);
        }

        var isNumber = hasId && id.ValueKind == JsonValueKind.Number;
        if (!isNumber || !id.TryGetInt64(out var number) || number < firstId || number - firstId >= count)
        {
            throw Malformed(node, "the reply has an id that was not asked");
        }

        index = (int)(number - firstId);
        if (hasResult && hasError && result.ValueKind != JsonValueKind.Null)
        {
            throw Malformed(node, "the reply has a result and an error");
        }

        if (!hasResult && !hasError)
        {
            throw Malformed(node, "the reply has neither result nor error");
        }

        return hasError ? new RpcReply(default, ReadError(node, secrets, error)) : new RpcReply(result, null);
    }

    private static RpcException ReadError(string node, SecretWords secrets, JsonElement error)
    {
        var message = default(JsonElement);
        if (error.ValueKind != JsonValueKind.Object || !error.TryGetProperty("message", out message) || message.ValueKind != JsonValueKind.String)
        {
            return Malformed(node, "the error of the reply has no message");
        }

        var hasCode = error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.Number;
        var number = hasCode && code.TryGetInt32(out var found) ? found : 0;
        return new RpcException(RpcFailure.ErrorReply, node, AbiText.Escape(secrets.Hide(message.GetString()!), LongestMessage), number, ReadData(error));
    }

    /// <summary>Revert data stands in "data" as hexadecimal text; some nodes put an object with "data" there.</summary>
    private static byte[] ReadData(JsonElement error)
    {
        if (!error.TryGetProperty("data", out var data))
        {
            return [];
        }

        if (data.ValueKind == JsonValueKind.Object && data.TryGetProperty("data", out var inner))
        {
            data = inner;
        }

        try
        {
            var text = data.ValueKind == JsonValueKind.String ? data.GetString()! : "";
            return text.StartsWith("0x", StringComparison.Ordinal) ? Hex.ToBytes(text) : [];
        }
        catch (FormatException)
        {
            return [];
        }
    }

    private static RpcException Malformed(string node, string problem) => new(RpcFailure.MalformedReply, node, problem);
}
