using System.Numerics;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Geth;

/// <summary>The first nonce that neither a block nor the pool holds.</summary>
internal sealed class PendingNonce(LiveNode node) : GethBehaviour("pendingNonce")
{
    public override async Task<Reply> AnswerAsync(Call call, Next next)
    {
        if (call.Method != "eth_getTransactionCount" || !call.Parameter(1).Is("pending"))
        {
            return await next(call);
        }

        var reply = await next(call.With(1, "latest"));
        if (!reply.HasResult)
        {
            return reply;
        }

        var held = Pool.Entries(await node.Upstream.AskAsync("txpool_content"))
            .Where(one => one["from"].Is(call.Text(0)))
            .Select(one => Quantity.Read(one["nonce"]));
        var ours = node.Pool.All.Where(one => string.Equals(one.Sender.ToString(), call.Text(0), StringComparison.OrdinalIgnoreCase));
        var waiting = held.Concat(ours.Select(one => new BigInteger(one.Nonce))).ToHashSet();
        var nonce = Quantity.Read(reply.Result);
        while (waiting.Contains(nonce))
        {
            nonce++;
        }

        return Reply.Ok(Quantity.Of(nonce));
    }
}
