using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Geth;

/// <summary>The finalized block stays.</summary>
internal sealed class Finality(LiveNode node) : GethBehaviour("finality")
{
    /// <summary>How often a finalized block was replaced all the same, by somebody who spoke to anvil directly.</summary>
    public int Violations { get; private set; }

    public override async Task<Reply> AnswerAsync(Call call, Next next)
    {
        var isTooDeep = call.Method == "anvil_reorg" && node.Chain.Head is { } head && Depth(call.Parameter(0)) is { } depth
            && depth <= head.Number && head.Number - depth < node.Chain.Finalized;
        return isTooDeep ? Reply.Fail("Invalid forkchoice state", -38002, "the finalized block is not in the new chain") : await next(call);
    }

    public override Task FollowAsync(ChainChange change)
    {
        Violations += change.Removed.Count > 0 && change.Removed[0].Number <= node.Chain.Finalized ? 1 : 0;
        return Task.CompletedTask;
    }

    private static BigInteger? Depth(JsonNode? value) =>
        Quantity.TryRead(value.AsText(), out var number) ? number
        : ulong.TryParse(value?.ToJsonString(), NumberStyles.None, CultureInfo.InvariantCulture, out var plain) ? plain
        : null;
}
