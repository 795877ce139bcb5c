using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Keeper.Liquidation.Guards;
using KeeperOracle.Keeper.Queueing;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Liquidation;

/// <summary>
/// Decides about accounts of a snapshot: who must be liquidated now, and for each other one why not. About all of them, or about those that a
/// screen let through: as no other is under 1, the actions are the same. In the order of <see cref="BreachOrder"/>, which is that in which they are sent.
/// </summary>
public static class LiquidationJob
{
    /// <summary>The guards in the order in which they are asked; the first "no" is the decision.</summary>
    internal static readonly ImmutableArray<Func<LiquidationCase, Refusal?>> Guards =
    [
        DebtGuard.Check,
        OptionGuard.Check,
        PriceGuard.Check,
        FactorGuard.Check,
        HealthGuard.Check,
        PortfolioGuard.Check,
        SeizableGuard.Check,
        QuarantineGuard.Check,
        InFlightGuard.Check,
        TopUpGuard.Check,
        SwapGuard.Check,
        ModeGuard.Check,
        StableGuard.Check,
        BonusGuard.Check,
    ];

    /// <summary>About every account.</summary>
    public static ImmutableArray<Decision> Decide(KeeperSettings settings, LaneState lane, ChainSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return Decide(settings, lane, snapshot, snapshot.Accounts);
    }

    /// <param name="accounts">in the vault's order</param>
    public static ImmutableArray<Decision> Decide(
        KeeperSettings settings, LaneState lane, ChainSnapshot snapshot, IEnumerable<AccountSnapshot> accounts)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var stable = BigInteger.Min(snapshot.Keeper.Stable, snapshot.Keeper.Allowance);
        var isTakerFree = true;
        var decisions = ImmutableArray.CreateBuilder<Decision>();
        var divergence = new Lazy<Refusal?>(() => FactorGuard.Find(settings, snapshot), isThreadSafe: false);
        foreach (var (account, valuation, probability) in BreachOrder.Order(snapshot, accounts))
        {
            var liquidation = new LiquidationCase(settings, lane, snapshot, account, stable, valuation, divergence, probability, isTakerFree);
            var verdict = Judge(liquidation);
            stable -= verdict is Act { Action: Liquidate or LiquidateLien } ? liquidation.MaxRepay : BigInteger.Zero;

            isTakerFree &= verdict is not Act { Action: TakePortfolio };

            decisions.Add(new Decision(snapshot.Chain, account.Account.ToString(), verdict) { BreachProbability = probability });
        }

        return decisions.ToImmutable();
    }

    private static Verdict Judge(LiquidationCase liquidation)
    {
        foreach (var guard in Guards)
        {
            if (guard(liquidation) is { } refusal)
            {
                return new Refuse(refusal);
            }
        }

        var sizing = liquidation.Sizing;
        if (liquidation.IsPortfolio)
        {
            return Take(liquidation);
        }

        if (liquidation.Lien is { } lien)
        {
            return TakeOf(liquidation, lien);
        }

        var repay = new TokenAmount(sizing.Repay, liquidation.Snapshot.Market.StableDecimals);
        var aim = liquidation.Behind is { } next ? $"for all that it has here, after which lien {next.Lien.Lien} on another chain can be taken of"
            : liquidation.IsUncovered ? "for all of its collateral, which does not cover its debt" : $"to restore {liquidation.Snapshot.Market.TargetHealth}";
        return new Act(liquidation.Purpose, Action(liquidation), liquidation.Worth, $"health {sizing.HealthBefore} is under 1: repay {repay} {aim}");
    }

    private static Act Take(LiquidationCase liquidation)
    {
        var (sizing, snapshot) = (liquidation.Sizing, liquidation.Snapshot);
        var taker = liquidation.Taker!; // its guard saw to it
        var payment = new TokenAmount(sizing.Payment, snapshot.Market.StableDecimals);
        return new Act(
            liquidation.Purpose,
            new TakePortfolio(
                liquidation.Account.Account,
                taker.Account,
                liquidation.MaxPayment,
                liquidation.MaxFraction,
                snapshot.Block.Timestamp + liquidation.Settings.LiquidationDeadlineSeconds),
            liquidation.Worth,
            $"health {sizing.HealthBefore} is under 1 and option risk dominates: take {sizing.Fraction} of everything over for {payment}"
            + (sizing.Deficit > Wad.Zero ? $", which lacks {sizing.Deficit}" : $" to restore {snapshot.Market.TargetHealth}"));
    }

    private static Act TakeOf(LiquidationCase liquidation, TakenLien taken)
    {
        var (sizing, lien, snapshot) = (taken.Sizing, taken.Lien, liquidation.Snapshot);
        var least = sizing.Units * (10_000 - liquidation.Settings.SeizureTolerance.Value) / 10_000;
        return new Act(
            liquidation.Purpose,
            new LiquidateLien(
                liquidation.Account.Account,
                lien.Lien,
                liquidation.MaxRepay,
                BigInteger.Max(least, BigInteger.One),
                snapshot.Keeper.Signer,
                snapshot.Block.Timestamp + liquidation.Settings.LiquidationDeadlineSeconds),
            liquidation.Worth,
            $"health {sizing.HealthBefore} is under 1 and nothing may be seized here: repay {new TokenAmount(sizing.Repay, snapshot.Market.StableDecimals)} against lien {lien.Lien} "
            + $"for {new TokenAmount(sizing.Units, lien.Decimals)} tokens on its chain, {(sizing.IsRestored ? $"which restores {snapshot.Market.TargetHealth}" : "all that it has")}; "
            + $"paid there when the order is proven, mostly after a day in the queue and up to two vetoes: worth {taken.Earned} after {liquidation.Settings.SeizureDiscount} for the waiting");
    }

    private static Liquidate Action(LiquidationCase liquidation)
    {
        var snapshot = liquidation.Snapshot;
        var keep = 10_000 - liquidation.Settings.SeizureTolerance.Value;
        // An asset that the account does not hold may be without a price: nothing is seized of it, and nothing is divided by.
        var minimum = snapshot.Assets.Select((asset, i) => liquidation.Sizing.SeizeValue[i] == Wad.Zero
            ? BigInteger.Zero
            : Wad.MultiplyDivideDown(
                liquidation.Sizing.SeizeValue[i].Raw * BigInteger.Pow(10, asset.Decimals), keep, asset.Price.PerToken.Raw * 10_000));
        return new Liquidate(
            liquidation.Account.Account,
            liquidation.MaxRepay,
            [.. minimum],
            snapshot.Block.Timestamp + liquidation.Settings.LiquidationDeadlineSeconds);
    }
}
