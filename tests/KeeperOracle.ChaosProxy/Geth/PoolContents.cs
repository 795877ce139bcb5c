using System.Globalization;
using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Geth;

/// <summary>What is parked stands among the waiting transactions.</summary>
internal sealed class PoolContents(LiveNode node) : GethBehaviour("poolContents")
{
    public override async Task<Reply> AnswerAsync(Call call, Next next)
    {
        if (call.Method is not ("txpool_content" or "txpool_status"))
        {
            return await next(call);
        }

        var content = (await node.Upstream.AskAsync("txpool_content"))!.AsObject();
        var pending = content["pending"]!.AsObject();
        foreach (var parked in await node.Pool.ParkedAsync())
        {
            var sender = parked.Sender.ToString();
            pending[sender] ??= new JsonObject();
            pending[sender]![parked.Nonce.ToString(CultureInfo.InvariantCulture)] = parked.Pending.DeepClone();
        }

        return Reply.Ok(call.Method == "txpool_content"
            ? content
            : new JsonObject { ["pending"] = Count(pending), ["queued"] = Count(content["queued"]!.AsObject()) });
    }

    private static string Count(JsonObject senders) => Quantity.Of(senders.Sum(sender => sender.Value!.AsObject().Count));
}
