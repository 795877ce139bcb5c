using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Faults;
using KeeperOracle.ChaosProxy.Node;
using KeeperOracle.ChaosProxy.Subscriptions;

namespace KeeperOracle.ChaosProxy.Doors;

/// <summary>Takes the text of a request, whichever door it came through, and makes the text of the answer.</summary>
internal sealed class Desk(LiveNode node, FaultBook book, Control control, TimeProvider time)
{
    /// <summary>Geth's own limit on a batch.</summary>
    public const int MaxBatch = 1000;

    /// <returns>the messages to send: more than one where an answer is doubled</returns>
    public async Task<IReadOnlyList<string>> AnswerAsync(ReadOnlyMemory<byte> body, Wire wire, ISubscriber? connection, CancellationToken cancelled)
    {
        JsonNode? request;
        try
        {
            request = JsonNode.Parse(body.Span);
        }
        catch (JsonException)
        {
            return [Reply.Fail("parse error", -32700).ToJson(null).ToJsonString()];
        }

        if (request is not JsonArray batch)
        {
            var reply = await OneAsync(request, wire, connection, cancelled);
            return [.. Enumerable.Repeat(reply.ToJson(Id(request)).ToJsonString(), reply.Copies)];
        }

        if (batch.Count is 0 or > MaxBatch)
        {
            return [Reply.Fail(batch.Count == 0 ? "empty batch" : "batch too large", -32600).ToJson(null).ToJsonString()];
        }

        var replies = new JsonArray();
        foreach (var item in batch)
        {
            var reply = await OneAsync(item, wire, connection, cancelled);
            for (var copy = 0; copy < reply.Copies; copy++)
            {
                replies.Add((JsonNode)reply.ToJson(Id(item)));
            }
        }

        return [replies.ToJsonString()];
    }

    /// <summary>A notification on its way to a subscriber.</summary>
    public Task<Reply> NotifyAsync(string kind, JsonNode item, Wire wire, CancellationToken cancelled) =>
        ThroughFaultsAsync(Call.Of($"eth_subscription/{kind}", item), wire, _ => Task.FromResult(Reply.Ok(item)), cancelled);

    private async Task<Reply> OneAsync(JsonNode? request, Wire wire, ISubscriber? connection, CancellationToken cancelled)
    {
        if (request is not JsonObject asked || asked["method"].AsText() is not { } method)
        {
            return Reply.Fail("invalid request", -32600);
        }

        var call = new Call(method, asked["params"] as JsonArray ?? []);
        return method.StartsWith(Control.Prefix, StringComparison.Ordinal)
            ? await control.AnswerAsync(call)
            : await ThroughFaultsAsync(call, wire, inner => node.AnswerAsync(inner, connection), cancelled);
    }

    private async Task<Reply> ThroughFaultsAsync(Call call, Wire wire, Next end, CancellationToken cancelled)
    {
        var next = end;
        foreach (var (fault, roll) in book.Decide(call, Addresses.Of(call, node)).Reverse())
        {
            var inner = next;
            next = asked => fault.ApplyAsync(new Exchange(asked, wire, roll, node, time, cancelled), inner);
        }

        try
        {
            return await next(call);
        }
        catch (FormatException problem)
        {
            return Reply.Fail($"invalid argument: {problem.Message}", -32602);
        }
        catch (Exception problem) when (problem is HttpRequestException or JsonException
            || (problem is TaskCanceledException && !cancelled.IsCancellationRequested))
        {
            // Anvil is dead or does not answer: to the caller it is this node that is.
            wire.Ending = Ending.Reset;
            return Reply.Fail("the node is gone");
        }
    }

    private static JsonNode? Id(JsonNode? request) => (request as JsonObject)?["id"];
}
