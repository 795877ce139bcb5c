using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Liquidation;

/// <summary>Why an asset has no price, in words: the status of the asset, and what each of its feeds says.</summary>
public static class PriceWords
{
    public static string Of(AssetSnapshot asset, ulong now)
    {
        ArgumentNullException.ThrowIfNull(asset);
        var feeds = string.Join("; ", asset.Feeds.Select((feed, i) => $"feed {i + 1} {feed.Status}, answer {feed.Price}, {Age(feed.UpdatedAt, now)}"));
        return feeds.Length == 0 ? $"{asset.PriceStatus}" : $"{asset.PriceStatus} ({feeds})";
    }

    private static string Age(ulong updatedAt, ulong now) =>
        updatedAt == 0 ? "never" : now >= updatedAt ? $"{now - updatedAt} s old" : $"{updatedAt - now} s in the future";
}
