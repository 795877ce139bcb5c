using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Quorum;

/// <summary>A node in memory over the one true chain, with its faults.</summary>
internal sealed class ScriptedNode(string name, TrueChain chain) : IRpc
{
    private readonly List<string> _sent = [];
    private int _calls;

    public string Name => name;

    public ulong ChainId { get; set; } = 31337;

    /// <summary>How many blocks it has not got yet.</summary>
    public int Lag { get; set; }

    /// <summary>What it fails with; null where it answers.</summary>
    public RpcFailure? Failure { get; set; }

    /// <summary>It never answers, and does not even heed its cancellation.</summary>
    public bool Hangs { get; set; }

    /// <summary>Answers wait for this.</summary>
    public Task? Gate { get; set; }

    /// <summary>Makes a lie of an honest answer (by method); null tells the truth.</summary>
    public Func<string, JsonNode?, JsonNode?>? Lie { get; set; }

    /// <summary>What it says to a transaction; null takes it.</summary>
    public string? Refusal { get; set; }

    public int Calls => Volatile.Read(ref _calls);

    public IReadOnlyList<string> Sent => _sent;

    /// <summary>A lie that all who tell it agree on: every number and hash a little off, every revert a success, and a head that does not exist.</summary>
    public static JsonNode? InConcert(string method, JsonNode? honest) => honest switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Off(value.GetValue<string>()),
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(
            member.Key, member.Key is "status" or "timestamp" or "gasUsed" ? JsonValue.Create("0x0") : member.Value?.DeepClone()))),
        null when method == "eth_call" => JsonValue.Create("0x" + new string('1', 64)),
        _ => honest?.DeepClone(),
    };

    public async Task<JsonElement> SendAsync(string method, CancellationToken ct, params object?[] parameters)
    {
        await ArriveAsync(ct);
        return Answer(method, parameters).ResultOrThrow();
    }

    public async Task<IReadOnlyList<RpcReply>> SendBatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken ct)
    {
        await ArriveAsync(ct);
        return [.. requests.Select(request => Answer(request.Method, request.Parameters))];
    }

    public RpcReply Answer(string method, IReadOnlyList<object?> parameters)
    {
        try
        {
            var honest = method switch
            {
                "eth_chainId" => $"0x{ChainId:x}",
                "eth_sendRawTransaction" => Take((string)parameters[0]!),
                _ => chain.Answer(method, parameters, chain.Head.Number - Math.Min(chain.Head.Number, (ulong)Lag)),
            };
            return Said(method, honest is JsonNode node ? node : JsonSerializer.SerializeToNode(honest));
        }
        catch (RpcException refused)
        {
            return Lie is not null && refused.Code == 3 ? Said(method, null) : new RpcReply(default, refused);
        }
    }

    private RpcReply Said(string method, JsonNode? honest) =>
        new(JsonSerializer.SerializeToElement(Lie is null || method is "eth_chainId" or "eth_sendRawTransaction" ? honest : Lie(method, honest)), null);

    private async Task ArriveAsync(CancellationToken ct)
    {
        Interlocked.Increment(ref _calls);
        if (Hangs)
        {
            await Task.Delay(Timeout.Infinite, CancellationToken.None);
        }

        if (Gate is { } gate)
        {
            await gate.WaitAsync(ct);
        }

        if (Failure is { } kind)
        {
            throw new RpcException(kind, name, "scripted");
        }
    }

    private string Take(string raw)
    {
        if (Refusal is { } words)
        {
            throw new RpcException(RpcFailure.ErrorReply, name, words, -32000);
        }

        lock (_sent)
        {
            _sent.Add(raw);
        }

        return Keccak.Hash(Hex.ToBytes(raw)).ToString();
    }

    private static string Off(string honest) => honest.Length > 2 ? honest[..^1] + (honest[^1] == '7' ? '8' : '7') : "0x7";
}
