using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.MarginOracle.Feeds;

/// <summary>One round of a feed as the chain holds it.</summary>
public readonly record struct FeedRound(BigInteger RoundId, BigInteger Answer, ulong UpdatedAt);

/// <summary>
/// The rounds of one feed, read from the chain itself: every node that reads the same block has the same history, with no store of its
/// own to lose or to be wrong. Rounds once read are kept; the newest few are read again at every block, and where one differs (a reorg,
/// or a feed that rewrote itself) everything is read anew. Rounds count down by one from the latest; the first that the feed does not
/// have ends the history.
/// </summary>
public sealed class PriceHistory(ChainReader reader, Address feed, int feedDecimals, int capacity)
{
    private const int Recheck = 4;
    private const int Page = 512;
    private List<FeedRound> _rounds = []; // oldest first

    /// <summary>The rounds the feed has at the given block, oldest first, as they are.</summary>
    public async Task<IReadOnlyList<FeedRound>> ReadAsync(Hash32 blockHash, CancellationToken cancellationToken)
    {
        var latest = (await reader.ReadAsync(new AggregatorV3Interface.LatestRoundDataFunction(), feed, blockHash, cancellationToken)).RoundId;
        if (_rounds.Count == 0 || latest - _rounds[^1].RoundId > capacity || latest < _rounds[^1].RoundId)
        {
            return _rounds = await LoadAsync(blockHash, latest, latest - capacity, cancellationToken);
        }

        var from = _rounds[Math.Max(0, _rounds.Count - Recheck)].RoundId;
        var fresh = await LoadAsync(blockHash, latest, from - 1, cancellationToken);
        var kept = _rounds.TakeWhile(round => round.RoundId < from).ToList();
        var known = _rounds.Skip(kept.Count).ToList();
        var agrees = known.Count <= fresh.Count && known.SequenceEqual(fresh.Take(known.Count));
        _rounds = agrees ? [.. kept.Concat(fresh).TakeLast(capacity)] : await LoadAsync(blockHash, latest, latest - capacity, cancellationToken);
        return _rounds;
    }

    /// <summary>As prices of one whole token; answers at or under zero are no prices and are left out.</summary>
    public IReadOnlyList<PriceObservation> ToObservations(IReadOnlyList<FeedRound> rounds)
    {
        var scale = BigInteger.Pow(10, Math.Abs(18 - feedDecimals));
        return [.. rounds
            .Where(round => round.Answer.Sign > 0)
            .Select(round => new PriceObservation(
                new Price(new Wad(feedDecimals <= 18 ? round.Answer * scale : round.Answer / scale)), round.UpdatedAt))];
    }

    /// <summary>Rounds in (after, latest], oldest first.</summary>
    private async Task<List<FeedRound>> LoadAsync(Hash32 blockHash, BigInteger latest, BigInteger after, CancellationToken cancellationToken)
    {
        var rounds = new List<FeedRound>();
        for (var top = latest; top > after && top > 0;)
        {
            var batch = reader.At(blockHash);
            var reads = new List<PendingRead<AggregatorV3Interface.GetRoundDataResult>>();
            for (var i = 0; i < Page && top > after && top > 0; i++, top--)
            {
                reads.Add(batch.Add(feed, new AggregatorV3Interface.GetRoundDataFunction(top)));
            }

            await batch.ExecuteAsync(cancellationToken);
            foreach (var read in reads)
            {
                if (read.Failed || read.Value.UpdatedAt.IsZero)
                {
                    rounds.Reverse();
                    return rounds;
                }

                rounds.Add(new FeedRound(read.Value.RoundId, read.Value.Answer, (ulong)read.Value.UpdatedAt));
            }
        }

        rounds.Reverse();
        return rounds;
    }
}
