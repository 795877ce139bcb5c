using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>The option side of an account under liquidation.</summary>
/// <param name="Requirement">R, at least zero, rounded up</param>
/// <param name="MarkToMarket">value of all legs to the account, negative when it owes; rounded down</param>
public readonly record struct OptionRisk(Wad Requirement, Wad MarkToMarket);

/// <summary>The market's constants of a liquidation with options.</summary>
/// <param name="Collateral">as without options</param>
/// <param name="Tip">share of debt that the bonus always leaves to the account</param>
/// <param name="DutchPrice">share of its net value that the taker of a fraction pays, 0 to 1; falls as the auction runs</param>
public readonly record struct RequirementTerms(LiquidationTerms Collateral, Wad Tip, Wad DutchPrice);

/// <summary>What a liquidation with options does.</summary>
public enum LiquidationAction
{
    /// <summary>Health is at least 1, or nothing is owed and nothing required.</summary>
    None,

    /// <summary>Repay debt and seize collateral.</summary>
    Repay,

    /// <summary>Sell a fraction of the whole portfolio.</summary>
    TakeFraction,

    /// <summary>The portfolio is worth nothing: all of it goes, without payment; its negative value is the deficit.</summary>
    TakeWhole,
}

/// <summary>What to do; amounts of the other action are zero.</summary>
/// <param name="Repay">stable units, rounded up</param>
/// <param name="SeizeValue">of each collateral, in their order, rounded down: for the repayment, or for the fraction taken</param>
/// <param name="Fraction">phi, rounded up</param>
/// <param name="DebtTaken">stable units that go to the taker with the fraction, rounded up</param>
/// <param name="Payment">stable units the taker pays into the account, rounded up: first towards debt, the rest stays as cash</param>
/// <param name="Deficit">units of account that the whole portfolio lacks</param>
public sealed record RequirementLiquidationSizing(
    LiquidationAction Action,
    BigInteger Repay,
    IReadOnlyList<Wad> SeizeValue,
    Wad HealthBefore,
    Wad BonusRate,
    Wad Fraction,
    BigInteger DebtTaken,
    BigInteger Payment,
    Wad Deficit);

/// <summary>
/// How much to liquidate where options stand beside the debt: health H = num/(D + R). Without options (R and MtM zero) it is
/// <see cref="PartialLiquidation"/> to the unit. Long options alone need no margin but are worth something: they go with a fraction, too.
/// <code>
/// x_i  = min(D, (HT (D+R) - num)/(HT - (1+b_i) LT_i), C_i/(1+b_i))    legs in ascending (1+b_i) LT_i
/// b_i  = min(bonus_i rate, max(0, V/D - 1 - tip))
/// where that does not reach HT, the taker gets phi of legs, collateral and debt and pays phi B:
/// E    = V + MtM - D,  B = price E,  S = HT (D+R) - num
/// phi  = S/(S + HT B)                     where the payment only lowers debt: phi B at most (1-phi) D
///      = S'/(S' + B), S' = S - (HT-1) D   otherwise: debt is gone, the rest of the payment is cash that counts in full
///      = D/(D + B)                        where less than the minimum debt would remain: the debt is closed
/// </code>
/// D debt, R requirement, V value of all seizable collateral (for b_i with that on other chains), num = sum(value LT) with LT net of latency haircuts, HT target. R is taken to be
/// proportional to the legs (it is: every term of the scenario margin is). Everything is rounded in the account's favour, so that health
/// afterwards is at least HT less one unit in the last place for each collateral. E at or under zero: the whole portfolio is taken.
/// </summary>
public static class RequirementLiquidation
{
    /// <summary>
    /// Refuses (`TargetHealthTooLow`) a target that a seizure cannot approach, (`NegativeRequirement`, `NegativeDebt`, `PriceOutOfRange`)
    /// inputs without meaning.
    /// </summary>
    /// <param name="elsewhere">value of collateral on other chains: it pays for bonuses too, and is not taken here</param>
    public static RequirementLiquidationSizing Size(
        BigInteger debtUnits, IReadOnlyList<LiquidationLeg> legs, OptionRisk options, in RequirementTerms terms, Wad elsewhere = default)
    {
        ArgumentNullException.ThrowIfNull(legs);
        Validate(debtUnits, legs, options, terms);
        var book = Book.Of(debtUnits, legs, options, terms, elsewhere);
        if (book.Owed == Wad.Zero || book.Health >= Wad.One)
        {
            return book.Result(LiquidationAction.None);
        }

        var restoring = book.Walk(closing: false);
        var remaining = debtUnits - restoring.Repay;
        var chosen = remaining.Sign > 0 && remaining < terms.Collateral.MinimumDebt ? book.Walk(closing: true) : restoring;
        var optionless = options.Requirement == Wad.Zero && options.MarkToMarket == Wad.Zero;
        return optionless || chosen.Restored
            ? book.Result(LiquidationAction.Repay) with { Repay = chosen.Repay, SeizeValue = chosen.SeizeValue }
            : book.Fraction();
    }

    private static void Validate(BigInteger debtUnits, IReadOnlyList<LiquidationLeg> legs, OptionRisk options, in RequirementTerms terms)
    {
        if (debtUnits.Sign < 0)
        {
            throw new RiskInputException("NegativeDebt", $"The debt is {debtUnits} stable units: it is at least zero.");
        }

        if (options.Requirement < Wad.Zero)
        {
            throw new RiskInputException("NegativeRequirement", $"The requirement is {options.Requirement}: it is at least zero.");
        }

        if (terms.DutchPrice < Wad.Zero || terms.DutchPrice > Wad.One)
        {
            throw new RiskInputException("PriceOutOfRange", $"The auction's price is {terms.DutchPrice}: a share from 0 to 1.");
        }

        var target = terms.Collateral.TargetHealth;
        foreach (var leg in legs)
        {
            if (target < Wad.One || target <= (Wad.One + leg.Bonus).MultiplyDown(leg.LiquidationThreshold))
            {
                throw new RiskInputException(
                    "TargetHealthTooLow",
                    $"The target health {target} is at least 1 and over (1+b) LT = (1+{leg.Bonus}) {leg.LiquidationThreshold}: "
                    + "otherwise a seizure lowers health.");
            }
        }
    }

    /// <summary>One account while it is sized.</summary>
    private sealed record Book(
        BigInteger DebtUnits,
        IReadOnlyList<LiquidationLeg> Legs,
        OptionRisk Options,
        RequirementTerms Terms,
        Wad Capacity,
        Wad Value,
        Wad Elsewhere,
        Wad Debt)
    {
        private BigInteger Unit => BigInteger.Pow(10, 18 - Terms.Collateral.StableDecimals);

        public Wad Owed => Debt + Options.Requirement;

        public Wad Health => AccountHealth.Health(Capacity, Owed) ?? Wad.Zero;

        public static Book Of(
            BigInteger debtUnits, IReadOnlyList<LiquidationLeg> legs, OptionRisk options, in RequirementTerms terms, Wad elsewhere) =>
            new(
                debtUnits,
                legs,
                options,
                terms,
                AccountHealth.Capacity(legs.Select(leg => (leg.Value, leg.LiquidationThreshold))),
                legs.Where(leg => leg.Seizable).Aggregate(Wad.Zero, (sum, leg) => sum + leg.Value),
                elsewhere,
                AccountHealth.DebtValue(debtUnits, terms.Collateral.StableDecimals));

        public RequirementLiquidationSizing Result(LiquidationAction action) => new(
            action,
            BigInteger.Zero,
            [.. Legs.Select(_ => Wad.Zero)],
            Health,
            action == LiquidationAction.None ? Wad.Zero : BonusRate(),
            Wad.Zero,
            BigInteger.Zero,
            BigInteger.Zero,
            Wad.Zero);

        /// <summary>Repays from one collateral after the other, until the target or, when closing, until nothing is owed.</summary>
        public (BigInteger Repay, Wad[] SeizeValue, bool Restored) Walk(bool closing)
        {
            var (left, capacity, seize, bonuses) = (DebtUnits, Capacity, new Wad[Legs.Count], Bonuses());
            var order = Enumerable.Range(0, Legs.Count)
                .Where(i => Legs[i].Seizable && Legs[i].Value > Wad.Zero)
                .OrderBy(i => (Wad.One + bonuses[i]).MultiplyDown(Legs[i].LiquidationThreshold).Raw);
            foreach (var i in order)
            {
                var missing = Missing(left, capacity);
                if (left.IsZero || (!closing && missing.Sign <= 0))
                {
                    break;
                }

                var gross = Wad.One + bonuses[i];
                var gain = Terms.Collateral.TargetHealth.Raw
                    - Wad.MultiplyDivideUp(gross.Raw, Legs[i].LiquidationThreshold.Raw, Wad.Scale);
                var wanted = closing ? left : BigInteger.Min(left, Wad.MultiplyDivideUp(missing, BigInteger.One, gain * Unit));
                var bearable = Wad.MultiplyDivideUp(Legs[i].Value.Raw, Wad.Scale, gross.Raw * Unit);
                var paid = BigInteger.Min(wanted, bearable);
                seize[i] = wanted >= bearable ? Legs[i].Value : new Wad(paid * Unit).MultiplyDown(gross);
                left -= paid;
                capacity -= seize[i].MultiplyDown(Legs[i].LiquidationThreshold);
            }

            return (DebtUnits - left, seize, Missing(left, capacity).Sign <= 0);
        }

        /// <summary>The least fraction of everything whose price restores the target.</summary>
        public RequirementLiquidationSizing Fraction()
        {
            var equity = Value + Options.MarkToMarket - Debt;
            var price = equity.MultiplyDown(Terms.DutchPrice);
            if (price <= Wad.Zero)
            {
                var deficit = equity < Wad.Zero ? Wad.Zero - equity : Wad.Zero;
                return Result(LiquidationAction.TakeWhole) with
                {
                    SeizeValue = [.. Legs.Select(leg => leg.Value)],
                    Fraction = Wad.One,
                    DebtTaken = DebtUnits,
                    Deficit = deficit,
                };
            }

            var phi = RestoringFraction(price);
            return Result(LiquidationAction.TakeFraction) with
            {
                SeizeValue = [.. Legs.Select(leg => leg.Value.MultiplyDown(phi))],
                Fraction = phi,
                DebtTaken = Wad.MultiplyDivideUp(DebtUnits, phi.Raw, Wad.Scale),
                Payment = Wad.MultiplyDivideUp(price.Raw, phi.Raw, Wad.Scale * Unit),
            };
        }

        private Wad RestoringFraction(Wad price)
        {
            var target = Terms.Collateral.TargetHealth.Raw;
            var short1 = Missing(DebtUnits, Capacity); // HT (D+R) - num, scaled by 1e36
            var closes = Share(Debt.Raw, price.Raw);
            var lowers = Share(short1, target * price.Raw);
            if (lowers < closes)
            {
                var kept = Debt.Raw - Wad.MultiplyDivideUp(Debt.Raw + price.Raw, lowers.Raw, Wad.Scale);
                return kept < (Terms.Collateral.MinimumDebt + 2) * Unit ? closes : lowers; // two units: both roundings
            }

            var short2 = short1 - ((target - Wad.Scale) * Debt.Raw);
            var cash = Share(short2, Wad.Scale * price.Raw);
            return cash > closes ? cash : closes;
        }

        private static Wad Share(BigInteger part, BigInteger rest) => new(Wad.MultiplyDivideUp(part, Wad.Scale, part + rest));

        private BigInteger Missing(BigInteger left, Wad capacity) =>
            (Terms.Collateral.TargetHealth.Raw * ((left * Unit) + Options.Requirement.Raw)) - (capacity.Raw * Wad.Scale);

        private Wad BonusRate()
        {
            var market = Terms.Collateral;
            var depth = (Wad.One - Health).DivideDown(market.FullBonusUnderHealth);
            return market.BonusFloor + (Wad.One - market.BonusFloor).MultiplyDown(depth < Wad.One ? depth : Wad.One);
        }

        private Wad[] Bonuses()
        {
            var kept = Debt + Debt.MultiplyDown(Terms.Tip);
            var value = Value + Elsewhere;
            var cover = Debt > Wad.Zero && value > kept ? value.DivideDown(Debt) - Wad.One - Terms.Tip : Wad.Zero;
            cover = cover < Wad.Zero ? Wad.Zero : cover;
            var rate = BonusRate();
            return [.. Legs.Select(leg => leg.Bonus.MultiplyDown(rate)).Select(bonus => bonus < cover ? bonus : cover)];
        }
    }
}
