using System.Collections.Immutable;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper;

/// <summary>An asset that is new or other than before.</summary>
/// <param name="Position">in the vault's order, from 0</param>
public sealed record AssetChange(int Position, AssetSnapshot Asset);

/// <summary>An account that is new or other than before.</summary>
/// <param name="Position">in the vault's order, from 0</param>
public sealed record AccountChange(int Position, AccountSnapshot Account);

/// <summary>
/// A chain was read at a later block (or, after a reorganisation, at another): what is different from the snapshot before. It holds what the next
/// snapshot does not share with the previous one, so applied to that one, and to no other, it gives the next one value for value.
/// </summary>
/// <param name="Previous">hash of the block of the snapshot that this changes</param>
/// <param name="AssetCount">assets there are now; of those not listed each is as before</param>
/// <param name="Assets">ascending by position</param>
/// <param name="AccountCount">accounts there are now; those from here on are gone</param>
/// <param name="Accounts">ascending by position</param>
public sealed record ChainAdvanced(
    ChainId Chain,
    Hash32 Previous,
    BlockRef Block,
    MarketSnapshot Market,
    ReportSnapshot Report,
    KeeperBalances Keeper,
    int AssetCount,
    ImmutableArray<AssetChange> Assets,
    int AccountCount,
    ImmutableArray<AccountChange> Accounts) : KeeperEvent
{
    /// <summary>All that there are now: they are few, and trade at every block.</summary>
    public ImmutableArray<SwapPoolSnapshot> SwapPools { get; init; } = [];

    /// <summary>The difference of two snapshots of one chain. The same object is the same value and costs one comparison.</summary>
    public static ChainAdvanced Between(ChainSnapshot previous, ChainSnapshot next)
    {
        ArgumentNullException.ThrowIfNull(previous);
        ArgumentNullException.ThrowIfNull(next);
        if (previous.Chain != next.Chain)
        {
            throw new ArgumentException($"Chain {next.Chain} does not follow chain {previous.Chain}.", nameof(next));
        }

        return new ChainAdvanced(
            next.Chain,
            previous.Block.Hash,
            next.Block,
            next.Market,
            next.Report,
            next.Keeper,
            next.Assets.Length,
            [.. Changed(previous.Assets, next.Assets, IsSame).Select(i => new AssetChange(i, next.Assets[i]))],
            next.Accounts.Length,
            [.. Changed(previous.Accounts, next.Accounts, (a, b) => a.IsSameAs(b)).Select(i => new AccountChange(i, next.Accounts[i]))])
        {
            SwapPools = next.SwapPools,
        };
    }

    /// <summary>Why this is not the difference to a snapshot, in words; null where it is.</summary>
    public string? Misfit(ChainSnapshot? previous) =>
        previous is null ? $"it changes block {Previous}, and no block is known"
        : previous.Chain != Chain ? $"it is of chain {Chain}, not of {previous.Chain}"
        : previous.Block.Hash != Previous ? $"it changes block {Previous}, and the block known is {previous.Block.Number} ({previous.Block.Hash})"
        : Misfit("asset", previous.Assets.Length, AssetCount, Assets.Length, i => Assets[i].Position)
            ?? Misfit("account", previous.Accounts.Length, AccountCount, Accounts.Length, i => Accounts[i].Position);

    /// <summary>The next snapshot; what did not change is the same object. Throws where there is a <see cref="Misfit(ChainSnapshot?)"/>.</summary>
    public ChainSnapshot ApplyTo(ChainSnapshot previous)
    {
        ArgumentNullException.ThrowIfNull(previous);
        if (Misfit(previous) is { } misfit)
        {
            throw new ArgumentException($"The difference does not fit: {misfit}.", nameof(previous));
        }

        var assets = Resized(previous.Assets, AssetCount);
        foreach (var change in Assets)
        {
            assets[change.Position] = change.Asset;
        }

        var accounts = Resized(previous.Accounts, AccountCount);
        foreach (var change in Accounts)
        {
            accounts[change.Position] = change.Account;
        }

        return new ChainSnapshot(Chain, Block, Market, Report, assets.MoveToImmutable(), accounts.MoveToImmutable(), Keeper) { SwapPools = SwapPools };
    }

    private static IEnumerable<int> Changed<T>(ImmutableArray<T> previous, ImmutableArray<T> next, Func<T, T, bool> isSame)
        where T : class =>
        Enumerable.Range(0, next.Length).Where(i => i >= previous.Length || !(ReferenceEquals(previous[i], next[i]) || isSame(previous[i], next[i])));

    /// <summary>Arrays compare by reference in a record: what is in them is compared apart, all else as the record does.</summary>
    private static bool IsSame(AssetSnapshot a, AssetSnapshot b) =>
        a.Token == b.Token
        && a.Feeds.AsSpan().SequenceEqual(b.Feeds.AsSpan())
        && a.Expiries.AsSpan().SequenceEqual(b.Expiries.AsSpan())
        && a.ExpiryPools.AsSpan().SequenceEqual(b.ExpiryPools.AsSpan())
        && a.OptionInputs.AsSpan().SequenceEqual(b.OptionInputs.AsSpan())
        && a with { Feeds = b.Feeds, Expiries = b.Expiries, ExpiryPools = b.ExpiryPools, OptionInputs = b.OptionInputs } == b;

    private static string? Misfit(string what, int before, int count, int listed, Func<int, int> positionOf)
    {
        var expected = Math.Max(0, count - before);
        var last = -1;
        for (var i = 0; i < listed; i++)
        {
            var position = positionOf(i);
            if (position <= last || position >= count)
            {
                return $"{what} {position} follows {last} of {count}";
            }

            last = position;
            expected -= position >= before ? 1 : 0;
        }

        return count < 0 ? $"there are {count} {what}s" : expected > 0 ? $"{expected} of the {what}s from {before} to {count} are missing" : null;
    }

    private static ImmutableArray<T>.Builder Resized<T>(ImmutableArray<T> previous, int count)
    {
        var builder = ImmutableArray.CreateBuilder<T>(count);
        builder.AddRange(previous, Math.Min(previous.Length, count));
        builder.Count = count;
        return builder;
    }
}
