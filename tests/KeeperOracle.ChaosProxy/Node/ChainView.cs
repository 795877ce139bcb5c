using System.Text.Json.Nodes;

namespace KeeperOracle.ChaosProxy.Node;

/// <summary>
/// Follows anvil's head, so that a block that a reorganisation replaces was seen before. Keeps the last <see cref="Depth"/> blocks of the
/// chain and as many that fell out of it. Not safe for two callers at once: <see cref="LiveNode"/> lets one in.
/// </summary>
internal sealed class ChainView(Upstream upstream, Pool pool)
{
    public const int Depth = 256;

    /// <summary>How many blocks before the first head are looked at, so that a reorganisation soon after the start is understood.</summary>
    private const int DepthAtStart = 64;

    private readonly List<SeenBlock> _chain = [];
    private readonly List<SeenBlock> _side = [];

    /// <summary>The highest block that was ever told to be final, before the last change.</summary>
    public ulong Finalized { get; private set; }

    public SeenBlock? Head { get; private set; }

    /// <summary>A block that is no longer in the chain.</summary>
    public SeenBlock? Side(string? hash)
    {
        lock (_side)
        {
            return _side.FirstOrDefault(block => string.Equals(block.Hash, hash, StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>A transaction in one of the blocks that are kept.</summary>
    public RawTransaction? Transaction(string? hash)
    {
        lock (_side)
        {
            return _chain.Concat(_side)
                .SelectMany(block => block.Transactions)
                .FirstOrDefault(one => string.Equals(one.Hash, hash, StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>One look; null where the head is as it was.</summary>
    public async Task<ChainChange?> LookAsync()
    {
        var latest = await LatestAsync();
        if (Head is { } head && latest["hash"].Is(head.Hash))
        {
            return null;
        }

        if (Head is { } before && Quantity.Read(latest["number"]) < before.Number)
        {
            latest = await SettleAsync(latest);
        }

        var added = await BranchAsync(latest);
        var isFirst = _chain.Count == 0;
        var isRollback = Head is { } old && added[^1].Number < old.Number;
        var removed = _chain.Where(block => block.Number >= added[0].Number).ToList();
        if (isRollback && _chain.Find(block => block.Hash == added[^1].Hash) is { } kept)
        {
            removed = [.. _chain.Where(block => block.Number > kept.Number)];
            added = [];
        }

        Move(removed, added);
        return isFirst ? new ChainChange([], [], false) : new ChainChange(removed, added, isRollback);
    }

    /// <summary>What finality is now, for the next change to be judged by.</summary>
    public async Task MarkFinalizedAsync() =>
        Finalized = (ulong)Quantity.Read((await upstream.AskAsync("eth_getBlockByNumber", "finalized", false))?["number"] ?? "0x0");

    /// <summary>
    /// A reorganisation in anvil goes back first and then mines again. A lower head is believed only when it stands still, or
    /// every reorganisation would look like a rollback at an unlucky moment.
    /// </summary>
    private async Task<JsonObject> SettleAsync(JsonObject latest)
    {
        for (var look = 0; look < 50; look++)
        {
            await Task.Delay(40);
            var next = await LatestAsync();
            if (next["hash"].Is(latest["hash"].AsText()))
            {
                break;
            }

            latest = next;
        }

        return latest;
    }

    /// <summary>The blocks from the first that was not seen to the latest; where that is too far, as many as are kept.</summary>
    private async Task<List<SeenBlock>> BranchAsync(JsonObject latest)
    {
        var branch = new List<SeenBlock> { await SeeAsync(latest) };
        var limit = _chain.Count == 0 ? DepthAtStart : Depth;
        while (branch.Count < limit && branch[0].Number > 0 && !_chain.Exists(block => block.Hash == branch[0].ParentHash)
            && !_chain.Exists(block => block.Hash == branch[0].Hash))
        {
            var parent = await upstream.AskAsync("eth_getBlockByHash", branch[0].ParentHash, true) as JsonObject;
            if (parent is null)
            {
                break;
            }

            branch.Insert(0, await SeeAsync(parent));
        }

        return branch;
    }

    private async Task<SeenBlock> SeeAsync(JsonObject block)
    {
        var hash = block["hash"].AsText()!;
        var hashes = block["transactions"]!.AsArray().Select(one => one!["hash"].AsText()!).ToList();
        var receipts = hashes.Count == 0 ? [] : await upstream.AskAsync("eth_getBlockReceipts", hash) as JsonArray ?? [];
        var transactions = new List<RawTransaction>();
        foreach (var one in hashes)
        {
            var raw = pool.Find(one) ?? RawTransaction.TryRead((await upstream.AskAsync("eth_getRawTransactionByHash", one)).AsText());
            // A transaction of an impersonated account has no signature that gives its hash: it cannot be sent again.
            if (raw?.Hash == one)
            {
                transactions.Add(raw);
            }
        }

        return new SeenBlock((ulong)Quantity.Read(block["number"]), hash, block["parentHash"].AsText()!, block, receipts, transactions);
    }

    private void Move(List<SeenBlock> removed, List<SeenBlock> added)
    {
        lock (_side)
        {
            _chain.RemoveAll(removed.Contains);
            _chain.AddRange(added);
            _chain.RemoveRange(0, Math.Max(0, _chain.Count - Depth));
            Head = _chain.Count == 0 ? null : _chain[^1];
            _side.RemoveAll(block => added.Exists(one => one.Hash == block.Hash));
            _side.AddRange(removed);
            _side.RemoveRange(0, Math.Max(0, _side.Count - Depth));
        }
    }

    private async Task<JsonObject> LatestAsync() =>
        await upstream.AskAsync("eth_getBlockByNumber", "latest", true) as JsonObject ?? throw new HttpRequestException("anvil has no latest block.");
}
