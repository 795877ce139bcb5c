using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Geth;

/// <summary>Without a gas limit the node estimates, and what would revert is not sent.</summary>
internal sealed class Estimation(LiveNode node) : GethBehaviour("estimation")
{
    public override async Task<Reply> AnswerAsync(Call call, Next next)
    {
        if (call.Method != "eth_sendTransaction" || call.Parameter(0) is not JsonObject message || message["gas"] is not null)
        {
            return await next(call);
        }

        var estimate = await node.Upstream.SendAsync(Call.Of("eth_estimateGas", message, "latest"));
        return estimate.Error is null ? await next(call) : estimate;
    }
}
