using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Keeper;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.CrossChain;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Chains;

/// <summary>A chain that cannot be read now.</summary>
/// <param name="Problem">why, in the words of who was asked; nodes by their names</param>
/// <param name="LastKnown">the block of its state in the journal, which stands in for it; null where there is none</param>
internal sealed record UnreadChain(ChainId Chain, string Problem, BlockRef? LastKnown);

/// <summary>
/// Several chains read at once for the accounts of one holder: each at its newest block by the quorum of its nodes, with the liens that its
/// hub counts. A chain that cannot be read does not keep the others from being read: where the keeper's journal has seen it, that state
/// stands in, as of a silent chain; otherwise it is named, and nothing of it counts.
/// </summary>
/// <param name="Seen">in the order of the configuration</param>
internal sealed record LinkedChains(IReadOnlyList<SeenChain> Seen, IReadOnlyList<UnreadChain> Unread)
{
    private const double TwoEpochsSeconds = 768;

    /// <summary>The newest time of any of their blocks, in seconds: from it all ages are counted; zero where nothing is known.</summary>
    public ulong Now => Seen.Select(seen => seen.Snapshot.Block.Timestamp).DefaultIfEmpty().Max();

    public static async Task<LinkedChains> ReadAsync(
        KeeperOracleOptions options, Func<AccountSnapshot, bool> isHeld, CancellationToken cancellationToken)
    {
        var reads = await Task.WhenAll(options.Chains.Select(chain => TryReadAsync(chain, isHeld, cancellationToken)));
        var known = Array.Exists(reads, read => read.Seen is null) ? LastKnown(options.JournalFile) : [];
        var (seen, unread) = (new List<SeenChain>(), new List<UnreadChain>());
        foreach (var (chain, read) in options.Chains.Zip(reads))
        {
            var last = read.Seen is null ? known.GetValueOrDefault(chain.Id) : null;
            if (read.Seen is null)
            {
                unread.Add(new UnreadChain(chain.Id, read.Problem, last?.Block));
            }

            if ((read.Seen ?? (last is null ? null : new SeenChain(last, null, LagOf(chain.Id, reads.Select(one => one.Seen)), Silent: true))) is { } found)
            {
                seen.Add(found);
            }
        }

        return new LinkedChains(seen, unread);
    }

    /// <summary>
    /// How far the final block of a chain that says nothing may be behind its head: what governance set on a hub that counts its liens, or else two epochs of Ethereum. The
    /// journal does not know it, and with none a chain would count for more than while it answered.
    /// </summary>
    private static double LagOf(ChainId silent, IEnumerable<SeenChain?> others) =>
        others.SelectMany(seen => seen?.Liens ?? []).Where(lien => lien.Source == silent).Select(lien => (double)lien.FinalityLagSeconds).DefaultIfEmpty(TwoEpochsSeconds).Max();

    private static async Task<(SeenChain? Seen, string Problem)> TryReadAsync(
        ChainOptions options, Func<AccountSnapshot, bool> isHeld, CancellationToken cancellationToken)
    {
        try
        {
            using var chain = new ChainAccess(options, TimeProvider.System);
            var head = await chain.Eth.GetLatestBlockAsync(cancellationToken);
            var snapshot = await new SnapshotReader(chain.Reader, chain.Eth, chain.Addresses, chain.Id)
                .ReadAsync(head.Ref, Address.Zero, cancellationToken);
            var held = snapshot.Accounts.Where(isHeld).Select(account => account.Account).ToList();
            var liens = await new LienReader(chain.Reader, chain.Addresses).ReadAsync(held, head.Ref, cancellationToken);
            var final = await chain.Eth.GetBlockByTagAsync("finalized", cancellationToken);
            var lag = final is { } block ? Math.Max(0.0, (double)head.Ref.Timestamp - block.Ref.Timestamp) : 0;
            return (new SeenChain(snapshot, liens, lag), "");
        }
        catch (Exception failed) when (failed is RpcException or ReadFailedException or AbiException)
        {
            return (null, failed.Message);
        }
    }

    /// <summary>What a keeper's journal saw last of each chain; nothing where there is no journal.</summary>
    private static Dictionary<ChainId, ChainSnapshot> LastKnown(string? journalFile)
    {
        var newest = new Dictionary<ChainId, ChainSnapshot>();
        if (journalFile is null || !File.Exists(journalFile))
        {
            return newest;
        }

        using var journal = Journal.Journal.OpenReadOnly(journalFile);
        var trail = new SnapshotTrail();
        foreach (var record in journal.Decisions(1, long.MaxValue))
        {
            if (trail.Follow(KeeperJson.ReadEvent(record.Event.Span)) is { } snapshot)
            {
                newest[snapshot.Chain] = snapshot;
            }
        }

        return newest;
    }
}
