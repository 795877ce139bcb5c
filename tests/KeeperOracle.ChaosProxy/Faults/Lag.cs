using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Doors;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>
/// The node has not heard of the last so many blocks: everything is as of the head before them, and later blocks, receipts and logs are
/// unknown. A subscriber is told the head that the lagging node would have; logs of later blocks it is never told.
/// </summary>
internal sealed class Lag(ulong blocks) : Fault
{
    public static Lag Read(RuleFields fields) => new((ulong)fields.Whole("blocks", 1, 1, 1_000_000));

    public override async Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        await exchange.Node.FollowAsync();
        var head = exchange.Node.Chain.Head?.Number ?? 0;
        var last = head > blocks ? head - blocks : 0;
        var call = exchange.Call;
        return call.Method switch
        {
            "eth_blockNumber" => Reply.Ok(Quantity.Of(last)),
            "eth_getTransactionReceipt" or "eth_getBlockByHash" => Hide(await next(call), last),
            "eth_getTransactionByHash" => Unmine(await next(call), last),
            "eth_getLogs" => await LogsAsync(exchange, next, last),
            "eth_subscription/newHeads" => Reply.Ok(await exchange.Node.Upstream.AskAsync("eth_getBlockByNumber", Quantity.Of(last), false)),
            "eth_subscription/logs" => Mute(exchange, await next(call), last),
            _ when BlockParameter.PositionIn(call.Method) is { } position => await AtAsync(exchange, next, position, last),
            _ => await next(call),
        };
    }

    /// <summary>A receipt and a log have "blockNumber", a block has "number"; null is known to be nothing.</summary>
    private static bool IsKnown(JsonNode? result, ulong last) =>
        result is not JsonObject named || !Quantity.TryRead((named["blockNumber"] ?? named["number"]).AsText(), out var number) || number <= last;

    private static Reply Hide(Reply reply, ulong last) => IsKnown(reply.Result, last) ? reply : Reply.Ok(null);

    private static Reply Mute(Exchange exchange, Reply reply, ulong last)
    {
        exchange.Wire.Ending = IsKnown(reply.Result, last) ? exchange.Wire.Ending : Ending.Hang;
        return reply;
    }

    private static Reply Unmine(Reply reply, ulong last)
    {
        if (IsKnown(reply.Result, last))
        {
            return reply;
        }

        var waiting = (JsonObject)reply.Result!.DeepClone();
        (waiting["blockHash"], waiting["blockNumber"], waiting["transactionIndex"]) = (null, null, null);
        return reply.WithResult(waiting);
    }

    private async Task<Reply> AtAsync(Exchange exchange, Next next, int position, ulong last)
    {
        var call = exchange.Call;
        var number = BlockParameter.Hash(call) is { } hash
            ? await NumberAsync(exchange, "eth_getBlockByHash", hash)
            : await ResolveAsync(exchange, call.Text(position), last);
        if (number > last)
        {
            return call.Method is "eth_getBlockByNumber" or "eth_getBlockReceipts" ? Reply.Ok(null) : Reply.Fail("header not found");
        }

        return await next(BlockParameter.Hash(call) is null ? call.With(position, Quantity.Of(number)) : call);
    }

    private async Task<Reply> LogsAsync(Exchange exchange, Next next, ulong last)
    {
        var filter = exchange.Call.Parameter(0) as JsonObject ?? [];
        if (filter["blockHash"].AsText() is { } hash)
        {
            return await NumberAsync(exchange, "eth_getBlockByHash", hash) > last ? Reply.Fail("unknown block") : await next(exchange.Call);
        }

        var (from, to) = (await ResolveAsync(exchange, filter["fromBlock"].AsText(), last), await ResolveAsync(exchange, filter["toBlock"].AsText(), last));
        var copy = (JsonObject)filter.DeepClone();
        copy["fromBlock"] = Quantity.Of(from);
        copy["toBlock"] = Quantity.Of(BigInteger.Min(to, last));
        return from > last ? Reply.Ok(new JsonArray()) : await next(exchange.Call.With(0, copy));
    }

    private async Task<BigInteger> ResolveAsync(Exchange exchange, string? block, ulong last) => block switch
    {
        null or "latest" or "pending" => last,
        "earliest" => 0,
        "safe" or "finalized" => BigInteger.Max(0, await NumberAsync(exchange, "eth_getBlockByNumber", block) - blocks),
        _ => Quantity.TryRead(block, out var number) ? number : last,
    };

    private static async Task<BigInteger> NumberAsync(Exchange exchange, string method, string block) =>
        await exchange.Node.Upstream.AskAsync(method, block, false) is JsonObject found ? Quantity.Read(found["number"]) : 0;
}
