using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Proofs;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Chains;
using KeeperOracle.Keeper.Relaying;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Relay;

/// <summary>A header that the other chain believes, with the block of our own nodes that it is.</summary>
internal sealed record LedgerHeader(BelievedHeader Header, Hash32 StateRoot, Hash32 BlockHash);

/// <summary>
/// Which headers of one chain another believes. Numbers come from its log (once, over the newest blocks) and from its newest number at each look; what counts is what the
/// contract says of each number at the head. A believed header whose state root our own nodes do not have for that number is told of aloud and never used.
/// </summary>
/// <param name="of">whose headers</param>
/// <param name="on">who believes them</param>
internal sealed class HeaderLedger(ChainAccess of, ChainAccess on, ILogger logger)
{
    private const ulong LogBlocks = 2000;
    private const int Kept = 64;

    private readonly SortedSet<ulong> _numbers = [];
    private readonly HashSet<ulong> _strange = [];

    /// <summary>Blocks of our own nodes that are what was attested: a number, its root, its hash.</summary>
    private readonly Dictionary<(ulong Number, Hash32 Root), Hash32> _ours = [];
    private bool _hasLooked;

    /// <summary>Those that count at this block, the newest last.</summary>
    public async Task<(bool IsHalted, IReadOnlyList<LedgerHeader> Known)> ReadAsync(BlockRef head, CancellationToken cancellationToken)
    {
        var contract = on.Options.CrossChain.AttestedHeaders;
        await LookBackAsync(contract, head, cancellationToken);
        var batch = on.Reader.At(head.Hash);
        var halted = batch.Add(contract, new AttestedHeaders.IsHaltedFunction(of.Id.Value));
        var latest = batch.Add(contract, new AttestedHeaders.LatestOfFunction(of.Id.Value));
        await batch.ExecuteAsync(cancellationToken);
        if (halted.Value)
        {
            return (true, []);
        }

        if (latest.Value > 0)
        {
            _numbers.Add(latest.Value);
        }

        while (_numbers.Count > Kept)
        {
            _numbers.Remove(_numbers.Min);
        }

        var headers = on.Reader.At(head.Hash);
        var reads = _numbers.Select(number => headers.Add(contract, new AttestedHeaders.HeaderFunction(of.Id.Value, LienSlots.Locator(number)))).ToList();
        if (reads.Count == 0)
        {
            return (false, []);
        }

        await headers.ExecuteAsync(cancellationToken);
        var known = reads.Where(read => !read.Failed).Select(read => read.Value).ToList();
        await CompareAsync([.. known.Where(header => !_ours.ContainsKey((header.Number, header.StateRoot)))], cancellationToken);
        return (false, [.. known.Where(header => _ours.ContainsKey((header.Number, header.StateRoot))).Select(header => new LedgerHeader(
            new BelievedHeader(header.Number, header.Timestamp, header.KnownSince), header.StateRoot, _ours[(header.Number, header.StateRoot)]))]);
    }

    private async Task CompareAsync(IReadOnlyList<Header> unknown, CancellationToken cancellationToken)
    {
        if (unknown.Count == 0)
        {
            return;
        }

        if (_ours.Count > 4 * Kept)
        {
            _ours.Clear();
        }

        var blocks = await of.Eth.GetBlocksByNumberAsync([.. unknown.Select(header => header.Number)], cancellationToken);
        foreach (var (header, block) in unknown.Zip(blocks).Where(pair => IsOurs(pair.First, pair.Second)))
        {
            _ours[(header.Number, header.StateRoot)] = block!.Value.Ref.Hash;
        }
    }

    private bool IsOurs(Header header, BlockHeader? block)
    {
        if (block is { StateRoot: { } root } && root == header.StateRoot)
        {
            return true;
        }

        if (_strange.Add(header.Number))
        {
            logger.LogError(
                "HeaderNotOurs: chain {On} believes header {Number} of chain {Of} with state root {Root}, our nodes have {Ours}; it is not used",
                on.Name,
                header.Number,
                of.Name,
                header.StateRoot,
                block?.StateRoot?.ToString() ?? "no such block");
        }

        return false;
    }

    private async Task LookBackAsync(Address contract, BlockRef head, CancellationToken cancellationToken)
    {
        if (_hasLooked)
        {
            return;
        }

        var logs = await on.Eth.GetLogsAsync(
            new LogFilter(contract, null, FromBlock: head.Number > LogBlocks ? head.Number - LogBlocks : 0, ToBlock: head.Number), cancellationToken);
        foreach (var log in logs)
        {
            if (AttestedHeaders.HeaderAttestedEvent.TryDecode(log, out var attested) && attested.ChainId == of.Id.Value)
            {
                _numbers.Add(attested.Number);
            }
        }

        _hasLooked = true;
    }
}
