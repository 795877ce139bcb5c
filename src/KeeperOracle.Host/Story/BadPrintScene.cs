using System.Numerics;
using System.Runtime.CompilerServices;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Shows;
using KeeperOracle.Keeper;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Story;

/// <summary>Scene 2: a feed errs, then another. Known from elsewhere: the median by eye, and what the vault and the keeper do.</summary>
internal static class BadPrintScene
{
    private const double Bad = 1500;
    private const double Worse = 4200;

    public static StoryScene Scene { get; } = new(2, "A bad print is outvoted; two of them are no price", PlayAsync);

    private static async IAsyncEnumerable<ShowStep> PlayAsync(StoryCast cast, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var healthy = cast.Health(await cast.SnapshotAsync(cancellationToken));
        await PushAsync(cast, 1, Bad, cancellationToken);
        await cast.QuietAsync(cancellationToken);
        var one = await cast.SnapshotAsync(cancellationToken);
        yield return ShowStep.Of(
            $"One of the three feeds of WETH on B says {Bad:N0}. Two say {cast.Prices.Weth:N0}, and so does the chain; Alice's health stays {cast.Health(one):0.0000}, and the keeper does nothing.",
            new { feeds = Feeds(one) },
            new { status = $"{one.Assets[0].PriceStatus}", price = one.Assets[0].Price.PerToken.ToDouble(), healthBefore = healthy, health = cast.Health(one), liquidations = cast.Intents("liquidate/").Count },
            "the median of three; nobody is liquidated",
            one.Assets[0].PriceStatus == PriceStatus.Ok && ShowStep.Near(one.Assets[0].Price.PerToken.ToDouble(), cast.Prices.Weth, 1e-12) && Math.Abs(cast.Health(one) - healthy) < .01
            && cast.Intents("liquidate/").Count == 0);

        await PushAsync(cast, 2, Worse, cancellationToken);
        await cast.QuietAsync(cancellationToken);
        var two = await cast.SnapshotAsync(cancellationToken);
        var refusal = await BorrowAsync(cast, cancellationToken);
        var verdict = cast.LastVerdict($"{cast.Account}");
        yield return ShowStep.Of(
            $"Another says {Worse:N0}. No two agree: WETH has no price. Nothing is lent on it, and nobody is liquidated.",
            new { feeds = Feeds(two) },
            new { status = $"{two.Assets[0].PriceStatus}", refusalOfALoan = refusal, keeper = verdict is Refuse refused ? $"{refused.Refusal.Code}" : "", liquidations = cast.Intents("liquidate/").Count },
            "the status is Divided, the vault refuses a loan of 100, the keeper has sent no liquidation",
            two.Assets[0].PriceStatus == PriceStatus.Divided && refusal.Length > 0 && cast.Intents("liquidate/").Count == 0);

        await cast.SetPricesAsync(cast.Prices.Weth, cast.Prices.Wbtc, cancellationToken);
        await cast.QuietAsync(cancellationToken);
        var cleared = await cast.SnapshotAsync(cancellationToken);
        var again = await BorrowAsync(cast, cancellationToken);
        yield return ShowStep.Of(
            "The feeds come back to their senses, and nobody has to clear anything: there is a price again, and the same loan is made.",
            new { feeds = Feeds(cleared) },
            new { status = $"{cleared.Assets[0].PriceStatus}", refusal = again },
            "the status is Ok and the loan is not refused",
            cleared.Assets[0].PriceStatus == PriceStatus.Ok && again.Length == 0);
    }

    private static Task<string> BorrowAsync(StoryCast cast, CancellationToken cancellationToken) => cast.B.RefusalAsync(
        cast.Alice, cast.Vault, new MarginVault.BorrowFunction(cast.Account, new BigInteger(100_000_000), cast.Alice, []), cancellationToken);

    private static async Task PushAsync(StoryCast cast, int feed, double price, CancellationToken cancellationToken) => await cast.B.SendAsync(
        cast.B.Deployer, cast.Weth.Feeds[feed], new MockFeed.PushFunction(cast.Weth.Answer(price)), cancellationToken);

    private static double[] Feeds(ChainSnapshot snapshot) => [.. snapshot.Assets[0].Feeds.Select(feed => feed.Price.PerToken.ToDouble())];
}
