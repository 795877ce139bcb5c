using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>One collateral of an account under liquidation: its value and its factors.</summary>
/// <param name="Value">units of account, rounded down</param>
/// <param name="LiquidationThreshold">in force, ramped</param>
/// <param name="Bonus">the largest bonus</param>
/// <param name="Seizable">false: it counts for health, and that is all</param>
public readonly record struct LiquidationLeg(Wad Value, Wad LiquidationThreshold, Wad Bonus, bool Seizable = true);

/// <summary>The market's constants of a liquidation.</summary>
/// <param name="TargetHealth">HT: health that a liquidation restores</param>
/// <param name="MinimumDebt">least debt that may remain, in stable units</param>
/// <param name="StableDecimals">decimals of the stable token</param>
/// <param name="BonusFloor">share of the bonus at health 1</param>
/// <param name="FullBonusUnderHealth">under-health at which the whole bonus applies</param>
public readonly record struct LiquidationTerms(
    Wad TargetHealth, BigInteger MinimumDebt, int StableDecimals, Wad BonusFloor, Wad FullBonusUnderHealth);

/// <summary>What to repay, in stable units, and the value to seize from each leg, in their order.</summary>
public sealed record LiquidationSizing(BigInteger Repay, IReadOnlyList<Wad> SeizeValue, Wad HealthBefore, Wad BonusRate);

/// <summary>
/// How much to liquidate: the least that restores the target health; the twin of contracts/libraries/LiquidationMath.sol, held against
/// it by tests/vectors/liquidation.json.
/// <code>
/// bonus rate = floor + (1-floor) min(1, (1-H)/fullUnderHealth)         grows as health falls
/// b_i        = min(bonus_i rate, max(0, V/D - 1))                       no deficit is made by the bonus
/// x_i        = min(D, (HT D - num)/(HT - (1+b_i) LT_i), C_i/(1+b_i))    legs in ascending (1+b_i) LT_i
/// </code>
/// D debt, V value of all seizable collateral, num = sum(value LT), C_i value of leg i. A remainder under the minimum debt is repaid too.
/// </summary>
public static class PartialLiquidation
{
    /// <summary>Null where health is at least 1 or there is no debt: there is nothing to liquidate.</summary>
    public static LiquidationSizing? Size(BigInteger debtUnits, IReadOnlyList<LiquidationLeg> legs, in LiquidationTerms terms)
    {
        ArgumentNullException.ThrowIfNull(legs);
        var debt = AccountHealth.DebtValue(debtUnits, terms.StableDecimals);
        var capacity = AccountHealth.Capacity(legs.Select(leg => (leg.Value, leg.LiquidationThreshold)));
        if (AccountHealth.Health(capacity, debt) is not { } health || health >= Wad.One)
        {
            return null;
        }

        var rate = BonusRate(health, terms);
        var bonuses = Bonuses(legs, debt, rate);
        var order = Enumerable.Range(0, legs.Count)
            .Where(i => legs[i].Seizable && legs[i].Value > Wad.Zero)
            .OrderBy(i => (Wad.One + bonuses[i]).MultiplyDown(legs[i].LiquidationThreshold).Raw);
        var restoring = Walk(debtUnits, capacity, legs, bonuses, order, terms, closing: false);
        var remaining = debtUnits - restoring.Repay;
        var chosen = remaining.Sign > 0 && remaining < terms.MinimumDebt
            ? Walk(debtUnits, capacity, legs, bonuses, order, terms, closing: true)
            : restoring;
        return new LiquidationSizing(chosen.Repay, chosen.SeizeValue, health, rate);
    }

    private static Wad BonusRate(Wad health, in LiquidationTerms terms)
    {
        var depth = (Wad.One - health).DivideDown(terms.FullBonusUnderHealth);
        return terms.BonusFloor + (Wad.One - terms.BonusFloor).MultiplyDown(depth < Wad.One ? depth : Wad.One);
    }

    private static Wad[] Bonuses(IReadOnlyList<LiquidationLeg> legs, Wad debt, Wad rate)
    {
        var value = legs.Where(leg => leg.Seizable).Aggregate(Wad.Zero, (sum, leg) => sum + leg.Value);
        var cover = value > debt ? value.DivideDown(debt) - Wad.One : Wad.Zero;
        return [.. legs.Select(leg => leg.Bonus.MultiplyDown(rate)).Select(bonus => bonus < cover ? bonus : cover)];
    }

    private static (BigInteger Repay, Wad[] SeizeValue) Walk(
        BigInteger debtUnits,
        Wad capacity,
        IReadOnlyList<LiquidationLeg> legs,
        Wad[] bonuses,
        IEnumerable<int> order,
        in LiquidationTerms terms,
        bool closing)
    {
        var unit = BigInteger.Pow(10, 18 - terms.StableDecimals);
        var left = debtUnits;
        var seize = new Wad[legs.Count];
        foreach (var i in order)
        {
            var debt = new Wad(left * unit);
            if (left.IsZero || (!closing && capacity.Raw * Wad.Scale >= terms.TargetHealth.Raw * debt.Raw))
            {
                break;
            }

            var gross = Wad.One + bonuses[i];
            var wanted = closing ? left : BigInteger.Min(left, Restoring(debt, capacity, gross, legs[i], terms, unit));
            // Rounded up as the contract does: one unit too few here would be asked several times over from the next leg.
            var bearable = Wad.MultiplyDivideUp(legs[i].Value.Raw, Wad.Scale, gross.Raw * unit);
            var paid = BigInteger.Min(wanted, bearable);
            seize[i] = wanted >= bearable ? legs[i].Value : new Wad(paid * unit).MultiplyDown(gross);
            left -= paid;
            capacity -= seize[i].MultiplyDown(legs[i].LiquidationThreshold);
        }

        return (debtUnits - left, seize);
    }

    /// <summary>(HT D - num)/(HT - (1+b) LT) in stable units, rounded up. The denominator is positive: HT >= 1 > (1+b) LT.</summary>
    private static BigInteger Restoring(Wad debt, Wad capacity, Wad gross, in LiquidationLeg leg, in LiquidationTerms terms, BigInteger unit)
    {
        var missing = (terms.TargetHealth.Raw * debt.Raw) - (capacity.Raw * Wad.Scale);
        var gain = terms.TargetHealth.Raw - Wad.MultiplyDivideUp(gross.Raw, leg.LiquidationThreshold.Raw, Wad.Scale);
        return Wad.MultiplyDivideUp(missing, BigInteger.One, gain * unit);
    }
}
