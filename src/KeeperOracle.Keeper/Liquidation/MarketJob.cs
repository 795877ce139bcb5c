using System.Collections.Immutable;
using KeeperOracle.Keeper.Liquidation.Guards;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Liquidation;

/// <summary>
/// What holds back everybody or all holders of an asset, told once a head about the market: accounts that the screen holds back get no decision
/// of their own that could tell it.
/// </summary>
public static class MarketJob
{
    public static ImmutableArray<Decision> Decide(KeeperSettings settings, ChainSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(snapshot);
        var refusals = snapshot.Assets.Where(asset => !asset.HasPrice()).Select(asset => PriceGuard.Refuse(asset, snapshot.Block.Timestamp));
        if (FactorGuard.Find(settings, snapshot) is { } diverging)
        {
            refusals = refusals.Prepend(diverging);
        }

        return [.. refusals.Select(refusal => new Decision(snapshot.Chain, Subject.Market, new Refuse(refusal)))];
    }
}
