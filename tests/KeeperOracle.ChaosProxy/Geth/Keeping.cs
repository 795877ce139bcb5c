using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Geth;

/// <summary>What anvil throws out when the base fee rises is offered to it again at each head, and known by its hash meanwhile.</summary>
internal sealed class Keeping(LiveNode node) : GethBehaviour("keeping")
{
    public override async Task<Reply> AnswerAsync(Call call, Next next)
    {
        var reply = await next(call);
        if (reply.Error is not null || reply.Result is not null)
        {
            return reply;
        }

        return call.Method switch
        {
            "eth_getTransactionByHash" => Reply.Ok(node.Pool.Find(call.Text(0))?.Pending.DeepClone()),
            "eth_getRawTransactionByHash" => Reply.Ok(node.Pool.Find(call.Text(0))?.Hex is { } hex ? JsonValue.Create(hex) : null),
            _ => reply,
        };
    }

    public override async Task FollowAsync(ChainChange change)
    {
        foreach (var parked in await node.Pool.ParkedAsync())
        {
            await node.Pool.OfferAsync(parked);
        }
    }
}
