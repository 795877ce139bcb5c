using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>What the owner of an account has allowed a keeper to swap.</summary>
/// <param name="From">assets that may be sold</param>
/// <param name="To">assets that may be bought</param>
/// <param name="MaxAmountIn">tokens sold at most</param>
/// <param name="MaxSlippage">most by which the average price, fee included, may lie under the oracle's; a fraction</param>
/// <param name="MaxEquityLoss">most of the account's equity that the swap may cost; 1 % is what the vault allows (its rule 8)</param>
public sealed record SwapMandate(
    IReadOnlyCollection<string> From, IReadOnlyCollection<string> To, double MaxAmountIn, double MaxSlippage, double MaxEquityLoss = .01);

/// <summary>The answer; only <see cref="Swap"/> restores the target. Kept for good: programs depend on the names.</summary>
public enum SwapAnswer
{
    Swap,

    /// <summary>The target health holds already.</summary>
    NotNeeded,

    /// <summary>Health is under 1: the account belongs to liquidation, no owner's swap is allowed.</summary>
    BelowMaintenance,

    /// <summary>The mandate does not name this pair, or the tokens are the same.</summary>
    AssetNotAllowed,

    /// <summary>Even the first token sold lowers health.</summary>
    HealthWouldNotImprove,

    /// <summary>The mandate's amount ends first.</summary>
    MandateTooSmall,

    /// <summary>What the account holds ends first.</summary>
    CollateralTooSmall,

    /// <summary>The slippage limit is reached first.</summary>
    SlippageOverLimit,

    /// <summary>The equity loss limit is reached first.</summary>
    EquityLossOverLimit,

    /// <summary>The venue ends, or one more token sold lowers health again, first.</summary>
    VenueTooShallow,
}

/// <summary>
/// With <see cref="SwapAnswer.Swap"/> the least swap; where a limit comes first, the swap at that limit, to say how far it would go;
/// otherwise zeros.
/// </summary>
/// <param name="MinAmountOut">what the transaction insists on: the oracle's price less the slippage limit</param>
/// <param name="Slippage">of the average price against the oracle's, a fraction; negative where the venue pays more</param>
/// <param name="EquityLoss">units of account at the oracle's prices</param>
public sealed record SwapPlan(
    SwapAnswer Answer,
    double AmountIn,
    double AmountOut,
    double MinAmountOut,
    double? HealthBefore,
    double? HealthAfter,
    double Slippage,
    double EquityLoss);

/// <summary>
/// The least swap of one collateral into another that restores the target health. Debt, legs and requirement stay as they are.
/// <code>
/// gain(v) = LT_to P_to out(v) - LT_from P_from v  >=  HT (D+R) - num        v tokens sold, LT net of latency haircuts
/// </code>
/// out is concave, so gain rises to one maximum; slippage and loss rise with v. The plan is the first v, to the last bit, where the gain is
/// enough, if no limit comes before it. Round the amount up to the token's unit.
/// </summary>
public static class SwapSizing
{
    /// <param name="equity">units of account at the oracle's prices: collateral and legs less debt</param>
    /// <param name="from">the collateral to sell, held in the account</param>
    /// <param name="to">the collateral to buy; its amount does not matter</param>
    /// <remarks>Refuses (`NotFinite`, `TargetHealthTooLow`, `SwapInputOutOfRange`) inputs without meaning.</remarks>
    public static SwapPlan Size(
        AccountMargin margin, double equity, Collateral from, Collateral to, SwapVenue venue, SwapMandate mandate, double targetHealth)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(venue);
        ArgumentNullException.ThrowIfNull(mandate);
        Validate(margin, equity, from, to, mandate, targetHealth);
        var trade = new Trade(margin, from, to, venue, mandate);
        if (trade.Refuse(targetHealth) is { } refusal)
        {
            return trade.Nothing(refusal);
        }

        var missing = margin.Shortfall(targetHealth);
        var (limit, reason) = trade.Limit(equity);
        if (!(trade.Gain(limit) >= missing))
        {
            return trade.At(limit, reason);
        }

        return trade.At(MonotoneSearch.Least(0, limit, amount => trade.Gain(amount) >= missing), SwapAnswer.Swap);
    }

    private static void Validate(
        AccountMargin margin, double equity, Collateral from, Collateral to, SwapMandate mandate, double targetHealth)
    {
        ResponseTarget.Validate(margin, targetHealth);
        ReadOnlySpan<double> figures = [from.Amount, from.Price, to.Price, mandate.MaxAmountIn, mandate.MaxSlippage, mandate.MaxEquityLoss];
        foreach (var figure in figures)
        {
            if (!(figure >= 0) || !double.IsFinite(figure))
            {
                throw new RiskInputException(
                    "SwapInputOutOfRange",
                    $"{figure} among amount, prices and mandate of {from.Asset} to {to.Asset}: all are finite and not negative.");
            }
        }

        if (!double.IsFinite(equity))
        {
            throw new RiskInputException("NotFinite", $"The equity is {equity}: it is a finite number.");
        }
    }

    private sealed record Trade(AccountMargin Margin, Collateral From, Collateral To, SwapVenue Venue, SwapMandate Mandate)
    {
        private readonly double _given = From.Price * AccountMargin.EffectiveThreshold(From);
        private readonly double _received = To.Price * AccountMargin.EffectiveThreshold(To);

        public double Gain(double amount) => (_received * Venue.AmountOut(amount)) - (_given * amount);

        private double Loss(double amount) => (From.Price * amount) - (To.Price * Venue.AmountOut(amount));

        private double Slippage(double amount) => amount > 0 && From.Price > 0 ? Loss(amount) / (From.Price * amount) : 0;

        public SwapAnswer? Refuse(double targetHealth) =>
            Margin.Shortfall(targetHealth) <= 0 ? SwapAnswer.NotNeeded
            : Margin.Surplus < 0 ? SwapAnswer.BelowMaintenance
            : From.Asset == To.Asset || !Mandate.From.Contains(From.Asset) || !Mandate.To.Contains(To.Asset) ? SwapAnswer.AssetNotAllowed
            : !(_received * Venue.MarginalOut(0) > _given) ? SwapAnswer.HealthWouldNotImprove
            : null;

        /// <summary>The first limit that v meets, and its name.</summary>
        public (double Amount, SwapAnswer Reason) Limit(double equity)
        {
            var (amount, reason) = (Mandate.MaxAmountIn, SwapAnswer.MandateTooSmall);
            void Lower(double limit, SwapAnswer name) => (amount, reason) = limit < amount ? (limit, name) : (amount, reason);
            Lower(From.Amount, SwapAnswer.CollateralTooSmall);
            Lower(Venue.MaxAmountIn, SwapAnswer.VenueTooShallow);
            Lower(LastBefore(amount, v => _received * Venue.MarginalOut(v) < _given), SwapAnswer.VenueTooShallow);
            Lower(LastBefore(amount, v => Slippage(v) > Mandate.MaxSlippage), SwapAnswer.SlippageOverLimit);
            Lower(LastBefore(amount, v => Loss(v) > Mandate.MaxEquityLoss * Math.Max(0, equity)), SwapAnswer.EquityLossOverLimit);
            return (amount, reason);
        }

        public SwapPlan Nothing(SwapAnswer answer) => new(answer, 0, 0, 0, Margin.Health, Margin.Health, 0, 0);

        public SwapPlan At(double amount, SwapAnswer answer)
        {
            var after = Margin with { Weighted = Margin.Weighted + Gain(amount) };
            if (!double.IsFinite(after.Weighted) || !double.IsFinite(Loss(amount)))
            {
                throw new RiskInputException("NotFinite", $"Selling {amount} {From.Asset} has a value over the largest number.");
            }

            return new SwapPlan(
                answer,
                amount,
                Venue.AmountOut(amount),
                amount * (From.Price / To.Price) * (1 - Math.Min(1, Mandate.MaxSlippage)),
                Margin.Health,
                after.Health,
                Slippage(amount),
                Loss(amount));
        }

        /// <summary>The last number up to <paramref name="amount"/> before something that happens once has happened.</summary>
        private static double LastBefore(double amount, Func<double, bool> happened) =>
            amount > 0 && happened(amount) ? Math.BitDecrement(MonotoneSearch.Least(0, amount, happened)) : amount;
    }
}
