using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>An account whose collateral here is gone or may not be seized, and the one lien on another chain that is repaid against.</summary>
/// <param name="DebtUnits">stable units owed</param>
/// <param name="Requirement">of its options</param>
/// <param name="OtherCapacity">what counts for health beside this lien: credit, winnings, what is held here, the other liens</param>
/// <param name="OtherValue">of the other liens: it pays for the bonus too</param>
/// <param name="Units">token units of the lien that may be seized</param>
/// <param name="Unit">token units of one whole token</param>
/// <param name="Threshold">liquidation threshold less the haircut of the finality lag</param>
/// <param name="Bonus">the largest bonus, with the part for the delay</param>
public readonly record struct LienBook(
    BigInteger DebtUnits, Wad Requirement, Wad OtherCapacity, Wad OtherValue, BigInteger Units, Price Price, BigInteger Unit, Wad Threshold, Wad Bonus);

/// <summary>What liquidating against a lien does.</summary>
/// <param name="Repay">stable units, rounded up</param>
/// <param name="Units">token units whose seizure is ordered, rounded down</param>
/// <param name="SeizeValue">of these units at the price of now, rounded down</param>
/// <param name="Bonus">that applies</param>
/// <param name="IsRestored">health is at its target after it</param>
public readonly record struct LienSizing(BigInteger Repay, BigInteger Units, Wad SeizeValue, Wad HealthBefore, Wad Bonus, bool IsRestored);

/// <summary>
/// How much is repaid against one lien, and how much of it is seized: the twin, to the unit, of what contracts/libraries/Liquidation.sol
/// (liquidateLien) and LiquidationMath.sol compute for a book whose only lot is the lien.
/// <code>
/// V = value + other value,  num = value LT + other capacity,  H = num / (D + R)
/// b = min(bonus rate(H), max(0, V/D - 1 - tip))
/// x = min(D, (HT (D + R) - num) / (HT - (1+b) LT), value / (1+b)),  seized x (1+b) / price
/// </code>
/// Where less than the minimum debt would remain, all of it is repaid as far as the lien goes.
/// </summary>
public static class LienLiquidation
{
    /// <summary>Slack in the numerator for the rounding of values, as in the contract, in 1e-18 units of account.</summary>
    private static readonly BigInteger Rounding = 2;

    /// <summary>Null where health is at least 1, or nothing is owed.</summary>
    public static LienSizing? Size(in LienBook book, in LiquidationTerms terms, Wad tip)
    {
        var scale = BigInteger.Pow(10, 18 - terms.StableDecimals);
        var debt = new Wad(book.DebtUnits * scale);
        var value = ValueDown(book, book.Units);
        var capacity = value.MultiplyDown(book.Threshold) + book.OtherCapacity;
        var owed = debt + book.Requirement;
        if (book.DebtUnits.Sign <= 0 || AccountHealth.Health(capacity, owed) is not { } health || health >= Wad.One)
        {
            return null;
        }

        var bonus = Bonus(book, terms, tip, health, value + book.OtherValue, debt);
        var wanted = BigInteger.Min(Needed(book, terms, bonus, capacity, owed, scale), book.DebtUnits);
        var (repay, units) = Take(book, bonus, value, wanted, scale);
        repay = BigInteger.Min(repay, book.DebtUnits);
        var after = capacity - value.MultiplyDown(book.Threshold) + ValueDown(book, book.Units - units).MultiplyDown(book.Threshold);
        var target = Target(terms, owed - new Wad(repay * scale));
        return new LienSizing(repay, units, ValueDown(book, units), health, bonus, after >= target);
    }

    private static Wad Bonus(in LienBook book, in LiquidationTerms terms, Wad tip, Wad health, Wad total, Wad debt)
    {
        var depth = (Wad.One - health).DivideDown(terms.FullBonusUnderHealth);
        var rate = terms.BonusFloor + (Wad.One - terms.BonusFloor).MultiplyDown(depth < Wad.One ? depth : Wad.One);
        var affordable = total.DivideDown(debt) - Wad.One - tip;
        var bonus = book.Bonus.MultiplyDown(rate);
        return affordable <= Wad.Zero ? Wad.Zero : bonus < affordable ? bonus : affordable;
    }

    /// <summary>Stable units that restore the target if the lien is large enough, rounded up; all of the debt where dust would remain.</summary>
    private static BigInteger Needed(in LienBook book, in LiquidationTerms terms, Wad bonus, Wad capacity, Wad owed, BigInteger scale)
    {
        var target = Target(terms, owed);
        var needed = BigInteger.Zero;
        if (capacity < target)
        {
            var holding = Wad.MultiplyDivideUp((Wad.One + bonus).Raw, book.Threshold.Raw, Wad.Scale);
            if (holding >= terms.TargetHealth.Raw)
            {
                return book.DebtUnits;
            }

            var missing = Wad.MultiplyDivideUp((target - capacity).Raw + Rounding, Wad.Scale, terms.TargetHealth.Raw - holding);
            needed = Wad.MultiplyDivideUp(missing, BigInteger.One, scale);
        }

        return needed >= book.DebtUnits || book.DebtUnits - needed < terms.MinimumDebt ? book.DebtUnits : needed;
    }

    private static (BigInteger Repay, BigInteger Units) Take(in LienBook book, Wad bonus, Wad value, BigInteger wanted, BigInteger scale)
    {
        var gross = Wad.One + bonus;
        var bearable = Wad.MultiplyDivideUp(Wad.MultiplyDivideUp(value.Raw, Wad.Scale, gross.Raw), BigInteger.One, scale);
        if (wanted >= bearable)
        {
            return (bearable, book.Units);
        }

        var worth = new Wad(wanted * scale).MultiplyDown(gross);
        return (wanted, BigInteger.Min(Wad.MultiplyDivideDown(worth.Raw, book.Unit, book.Price.PerToken.Raw), book.Units));
    }

    private static Wad Target(in LiquidationTerms terms, Wad owed) => new(Wad.MultiplyDivideUp(owed.Raw, terms.TargetHealth.Raw, Wad.Scale));

    private static Wad ValueDown(in LienBook book, BigInteger units) => new(Wad.MultiplyDivideDown(units, book.Price.PerToken.Raw, book.Unit));
}
