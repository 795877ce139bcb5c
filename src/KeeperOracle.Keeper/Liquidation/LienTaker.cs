using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Liquidation;

// An account with debt here whose collateral is on another chain is liquidated against a lien (contracts/libraries/Liquidation.sol, liquidateLien): the keeper
// repays here, and the hub orders that so much of the lien be seized there for the keeper's own address. Units and price are those of the order: what the token does
// until it is paid is the keeper's. The order is final here first, then a relay proves it there; what is more than may leave there in a day waits a day in a queue,
// and the lien's owner and the guardian may each send it back once: it comes late then, by at most two vetoes, each a day and a queue, and it comes.
//
// So what is earned is the seized value less Keeper:SeizureDiscountBps, less what is paid. The bonus that the hub gives for the delay is in the seized value; the
// discount is what the operator holds against the waiting. While health falls the bonus grows, so a lien that does not pay yet is judged again at each head.
//
// Only where nothing may be seized here: what is here goes first, however little, and anyone may add a little to any account. Where a repayment here
// uses all of it up and a lien stands behind, that lien's earning counts with it: nobody holds a liquidation back with dust.
//
// Of several liens the one that earns most; of equals the lowest key. One at a time: after it the count of liquidations, and with it the purpose, is another.

/// <summary>A lien that a liquidation would take of, and what that earns.</summary>
/// <param name="Earned">seized value less the operator's discount, less what is paid, in units of account; may be under zero</param>
internal sealed record TakenLien(SeizableLien Lien, LienSizing Sizing, Wad Earned);

/// <summary>Which lien of an account is liquidated against.</summary>
internal static class LienTaker
{
    /// <summary>The lien that earns most; null where none can be taken of, or something here goes first, or health is at least 1.</summary>
    public static TakenLien? Best(KeeperSettings settings, ChainSnapshot snapshot, AccountSnapshot account) => account.Liens
        .Where(lien => Obstacle(snapshot, lien) is null)
        .Select(lien => (Lien: lien, Sizing: SnapshotValuation.SizeLien(snapshot, account, lien)))
        .Where(pair => pair.Sizing is { Repay.Sign: > 0, Units.Sign: > 0 })
        .Select(pair => new TakenLien(pair.Lien, pair.Sizing!.Value, Earned(settings, snapshot, pair.Sizing.Value)))
        .OrderByDescending(taken => taken.Earned)
        .ThenBy(taken => taken.Lien.Lien)
        .FirstOrDefault();

    /// <summary>The lien that could be taken of once a repayment here has used all up that may be seized here; null where it does not.</summary>
    public static TakenLien? Behind(KeeperSettings settings, ChainSnapshot snapshot, AccountSnapshot account, RequirementLiquidationSizing here)
    {
        var now = snapshot.Block.Timestamp;
        var values = SnapshotValuation.Values(snapshot, account);
        if (account.Liens.IsEmpty || snapshot.Assets.Where((asset, i) => asset.IsSeizableAt(now) && here.SeizeValue[i] < values[i]).Any())
        {
            return null;
        }

        var shares = account.DebtShares - (here.Repay * MarketSnapshot.ShareScale / snapshot.Market.BorrowIndex);
        return Best(settings, snapshot, account with
        {
            DebtShares = shares.Sign > 0 ? shares : 0,
            Collateral = [.. account.Collateral.Select((held, i) => snapshot.Assets[i].IsSeizableAt(now) ? 0 : held)],
        });
    }

    /// <summary>Why nothing can be taken of a lien now, in words; null where it can.</summary>
    public static string? Obstacle(ChainSnapshot snapshot, SeizableLien lien)
    {
        var now = snapshot.Block.Timestamp;
        return snapshot.Assets.FirstOrDefault(one => one.Token == lien.Asset) is not { } asset ? $"lien {lien.Lien}: {lien.Asset} is no collateral of this vault"
            : asset.PriceStatus == PriceStatus.Ok && asset.LiquidationBlockedUntil > now
                ? $"lien {lien.Lien}: {asset.Symbol} is held back by the guardian for {asset.LiquidationBlockedUntil - now} s"
            : !asset.IsSeizableAt(now) ? $"lien {lien.Lien}: {asset.Symbol} may not be seized: {PriceWords.Of(asset, now)}"
            : lien.Units.IsZero ? $"lien {lien.Lien}: nothing of it counts here that is not ordered already"
            : null;
    }

    private static Wad Earned(KeeperSettings settings, ChainSnapshot snapshot, LienSizing sizing)
    {
        var kept = Wad.MultiplyDivideDown(sizing.SeizeValue.Raw, 10_000 - settings.SeizureDiscount.Value, 10_000);
        return new Wad(kept) - AccountHealth.DebtValue(sizing.Repay, snapshot.Market.StableDecimals);
    }
}
