using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;
using KeeperOracle.ChaosProxy.Subscriptions;

namespace KeeperOracle.ChaosProxy.Geth;

/// <summary>Answers about a replaced block from memory: the block, its receipts, its logs; its state is gone.</summary>
internal sealed class SideBlocks(LiveNode node) : GethBehaviour("sideBlocks")
{
    public override Task<Reply> AnswerAsync(Call call, Next next)
    {
        var hash = call.Method switch
        {
            "eth_getBlockByHash" => call.Text(0),
            "eth_getLogs" => call.Parameter(0) is JsonObject filter ? filter["blockHash"].AsText() : null,
            _ => BlockParameter.Hash(call),
        };
        return node.Chain.Side(hash) is { } block ? Task.FromResult(Answer(call, block)) : next(call);
    }

    private static Reply Answer(Call call, SeenBlock block) => call.Method switch
    {
        "eth_getBlockByHash" => Reply.Ok(block.Render(call.Parameter(1) is JsonValue full && full.TryGetValue(out bool isFull) && isFull)),
        "eth_getBlockReceipts" => Reply.Ok(block.Receipts.DeepClone()),
        "eth_getLogs" => Reply.Ok(new JsonArray([.. LogCriteria.Read(call.Parameter(0)).Of(block).Select(log => log.DeepClone())])),
        _ when BlockParameter.RequiresCanonical(call) => Reply.Fail("hash is not currently canonical"),
        _ => Reply.Fail($"historical state of block {block.Hash} is not available"),
    };
}
