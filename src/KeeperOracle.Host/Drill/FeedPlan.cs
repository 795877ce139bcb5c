using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Host.Chains;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Drill;

/// <summary>
/// The feeds of the listed assets, three in force and one that waits, and what is put in their place. A feed that can be used on the live chain
/// answers anew in every block of the fork. One whose answer is too old, or out of its bounds, keeps its time and stays as good or bad as it
/// is. One that does not answer, or not with a price, is left alone: a shock does not mend a feed.
/// </summary>
internal sealed class FeedPlan
{
    private const int InForce = 3;

    private FeedPlan(IReadOnlyList<ShockedAsset> assets, IReadOnlyDictionary<Address, ShockedFeed> shocked) => (Assets, Shocked) = (assets, shocked);

    /// <summary>Every asset, with what is done to its feeds; prices after the shock are not known yet.</summary>
    public IReadOnlyList<ShockedAsset> Assets { get; }

    /// <summary>By the feed's address.</summary>
    public IReadOnlyDictionary<Address, ShockedFeed> Shocked { get; }

    /// <summary>Reads the feeds at the snapshot's block. Throws <see cref="DrillRefusedException"/> where one feed is asked to move in two ways.</summary>
    public static async Task<FeedPlan> MakeAsync(ChainAccess live, ChainSnapshot snapshot, ShockList shocks, CancellationToken cancellationToken)
    {
        var first = live.Reader.At(snapshot.Block.Hash);
        var sets = snapshot.Assets.Select(asset => first.Add(live.Addresses.OracleHub, new OracleHub.FeedsOfFunction(asset.Token))).ToList();
        await first.ExecuteAsync(cancellationToken);

        var second = live.Reader.At(snapshot.Block.Hash);
        var found = snapshot.Assets.Zip(sets, (asset, set) => (asset, Feeds: ReadAll(second, live.Addresses.OracleHub, asset, set.Value))).ToList();
        await second.ExecuteAsync(cancellationToken);

        var shocked = new Dictionary<Address, ShockedFeed>();
        var moves = new Dictionary<Address, Shock?>();
        var assets = new List<ShockedAsset>();
        foreach (var (asset, feeds) in found)
        {
            var shock = shocks.Of(asset);
            foreach (var feed in feeds.Where(feed => !moves.TryAdd(feed.Address, shock) && moves[feed.Address] != shock))
            {
                throw new DrillRefusedException(
                    $"Two assets have the feed {feed.Address}, and one of them is {asset.Symbol}: what moves the one moves the other. Give both the same shock.", ExitCode.Usage);
            }

            foreach (var feed in feeds.Where(feed => shock is not null && feed.IsPrice))
            {
                shocked[feed.Address] = feed.Shocked(shock!.Value);
            }

            assets.Add(new ShockedAsset(
                asset.Symbol, asset.Token, shock?.ToString(), asset.Price, PriceAfter: null, asset.PriceStatus, [.. feeds.Select(feed => feed.ToReport(shock))]));
        }

        return new FeedPlan(assets, shocked);
    }

    /// <summary>Puts the code in place; it is in force from the fork's next block on.</summary>
    public async Task ApplyAsync(ForkedChain fork, CancellationToken cancellationToken)
    {
        foreach (var (feed, shocked) in Shocked)
        {
            var original = await fork.Eth.GetCodeAsync(feed, null, cancellationToken);
            await fork.SetCodeAsync(shocked.Original, original, cancellationToken);
            await fork.SetCodeAsync(feed, shocked.ToCode(), cancellationToken);
        }
    }

    private static List<Feed> ReadAll(ReadBatch batch, Address hub, AssetSnapshot asset, FeedSet set) =>
        [.. set.Feeds.Append(set.FallbackFeed).Select((feed, i) => new Feed(
            i == InForce ? "fallback" : $"feed {i + 1}",
            feed.Aggregator,
            feed.Decimals,
            batch.Add(hub, new OracleHub.FeedReadingFunction(asset.Token, i)),
            batch.Add(feed.Aggregator, new AggregatorV3Interface.LatestRoundDataFunction()))).Where(feed => !feed.Address.IsZero)];

    private sealed record Feed(
        string Role, Address Address, int Decimals, PendingRead<PriceReading> Reading, PendingRead<AggregatorV3Interface.LatestRoundDataResult> Round)
    {
        public bool IsPrice => !Round.Failed && Round.Value.Answer.Sign > 0;

        private PriceStatus Status => Reading.Failed ? PriceStatus.FeedReverted : (PriceStatus)Reading.Value.Status;

        public ShockedFeed Shocked(Shock shock) => new(
            ShockedFeed.OriginalOf(Address),
            Round.Value.RoundId + 1,
            shock.Of(Round.Value.Answer),
            Status == PriceStatus.Ok ? null : (ulong)BigInteger.Min(Round.Value.UpdatedAt, ulong.MaxValue));

        public FeedMove ToReport(Shock? shock) => new(
            Role,
            Address,
            IsPrice ? Text(Round.Value.Answer) : null,
            IsPrice && shock is { } move ? Text(move.Of(Round.Value.Answer)) : null,
            Status == PriceStatus.Ok ? null : $"{Status} on the live chain, and so it stays");

        private string Text(BigInteger answer) => new TokenAmount(answer, Decimals).ToString();
    }
}
