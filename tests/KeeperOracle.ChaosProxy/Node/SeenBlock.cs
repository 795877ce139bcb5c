using System.Text.Json.Nodes;

namespace KeeperOracle.ChaosProxy.Node;

/// <summary>A block with all that a node can be asked of it by its hash, kept because anvil forgets blocks that a reorganisation replaced.</summary>
internal sealed record SeenBlock(ulong Number, string Hash, string ParentHash, JsonObject Full, JsonArray Receipts, IReadOnlyList<RawTransaction> Transactions)
{
    public IEnumerable<JsonObject> Logs => Receipts.SelectMany(receipt => receipt!["logs"]!.AsArray()).Select(log => log!.AsObject());

    /// <summary>As eth_getBlockByHash gives it.</summary>
    public JsonObject Render(bool isFull)
    {
        var block = (JsonObject)Full.DeepClone();
        if (!isFull)
        {
            block["transactions"] = new JsonArray([.. Full["transactions"]!.AsArray().Select(one => one!["hash"]!.DeepClone())]);
        }

        return block;
    }

    /// <summary>As a subscription announces it: without what the body holds.</summary>
    public JsonObject Header()
    {
        var header = (JsonObject)Full.DeepClone();
        foreach (var name in new[] { "transactions", "uncles", "withdrawals", "size" })
        {
            header.Remove(name);
        }

        return header;
    }
}

/// <summary>What became of the chain since the last look. Blocks are in the order of their heights.</summary>
/// <param name="IsRollback">the head is lower than before: blocks were taken back and none put in their place</param>
internal sealed record ChainChange(IReadOnlyList<SeenBlock> Removed, IReadOnlyList<SeenBlock> Added, bool IsRollback)
{
    /// <summary>Transactions that were in a block and are in none now.</summary>
    public IReadOnlyList<RawTransaction> Lost()
    {
        var mined = Added.SelectMany(block => block.Transactions).Select(one => one.Hash).ToHashSet();
        return [.. Removed.SelectMany(block => block.Transactions).Where(one => !mined.Contains(one.Hash))];
    }
}
