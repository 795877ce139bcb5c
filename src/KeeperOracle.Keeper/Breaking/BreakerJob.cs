using System.Collections.Immutable;
using KeeperOracle.Keeper.Breaking.Guards;
using KeeperOracle.Keeper.Liquidation;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Breaking;

// Specification of this folder.
//
// The breaker of a market, as far as it is anyone's. Most of what holds a market back trips by itself on the chain and needs nobody: without a price nothing is seized
// and nobody takes new risk; past the heartbeat initial margin counts the fallback inputs too; past the silence limit there is no new risk. Stops (Guardian) are the
// guardian's key and never a keeper's. One entry remains that anyone may call and that somebody must: markOutage of contracts/OracleHub.sol. Only a time without a price that
// was marked over at least outageMinimum is followed by a repay window, in which owners who could only repay blindly see a price before anybody is liquidated.
//
// Each collateral without a price is judged at every head. It is marked at once; again after outageMinimum, so that the window is sure; then every half repay window, so that
// no gap ends the outage and at least half a window is left after it. It clears by itself: with a price there is nothing to mark, and the window ends with the chain's time.
// Nobody pays for it: what a mark may cost is Keeper:BreakerWorth, and 0 leaves it to others.
//
// A mark's purpose names the one that stands, so each is followed once.

/// <summary>One collateral without a price under consideration.</summary>
public sealed record BreakerCase(KeeperSettings Settings, LaneState Lane, ChainSnapshot Snapshot, AssetSnapshot Asset)
{
    public string Purpose => Keeper.Purpose.Outage(Snapshot.Report, Asset);

    public ulong Now => Snapshot.Block.Timestamp;

    /// <summary>Chain time from which a mark is due: at once where none stands, or where the one that stands belongs to an earlier outage.</summary>
    public ulong DueFrom
    {
        get
        {
            var (since, last) = (Asset.Outage.Since, Asset.Outage.Last);
            var isSure = last - since >= Snapshot.Market.OutageMinimumSeconds;
            return last == 0 || Now > last + Snapshot.Market.RepayWindowSeconds ? 0
                : last + (isSure ? Snapshot.Market.RepayWindowSeconds / 2 : Snapshot.Market.OutageMinimumSeconds);
        }
    }
}

/// <summary>Marks times without a price.</summary>
public static class BreakerJob
{
    /// <summary>The guards in the order in which they are asked; the first "no" is the decision.</summary>
    internal static readonly ImmutableArray<Func<BreakerCase, Refusal?>> Guards =
    [
        ExposureGuard.Check,
        SpacingGuard.Check,
        UnderWayGuard.Check,
        WorthGuard.Check,
        ModeGuard.Check,
    ];

    /// <summary>Of an asset with a price nothing is told: it is no subject.</summary>
    public static ImmutableArray<Decision> Decide(KeeperSettings settings, LaneState lane, ChainSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(lane);
        ArgumentNullException.ThrowIfNull(snapshot);
        return
        [
            .. snapshot.Assets.Where(asset => !asset.HasPrice() && asset.PriceStatus != PriceStatus.UnknownAsset).Select(asset =>
                new Decision(snapshot.Chain, Subject.Outage(asset.Token), Judge(new BreakerCase(settings, lane, snapshot, asset)))),
        ];
    }

    private static Verdict Judge(BreakerCase breaker)
    {
        foreach (var guard in Guards)
        {
            if (guard(breaker) is { } refusal)
            {
                return new Refuse(refusal);
            }
        }

        var (asset, market) = (breaker.Asset, breaker.Snapshot.Market);
        return new Act(
            breaker.Purpose,
            new MarkOutage(asset.Token, breaker.Now + breaker.Settings.LiquidationDeadlineSeconds),
            breaker.Settings.BreakerWorth,
            $"{asset.Symbol} has no price: {PriceWords.Of(asset, breaker.Now)}; marked, so that after {market.OutageMinimumSeconds} s of it nobody is liquidated for {market.RepayWindowSeconds} s once it has one");
    }
}
