using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Hedging;

/// <summary>Something listed that a book can be hedged with; prices in units of account for one unit of the underlying.</summary>
/// <param name="Expiry">name of its expiry; null for the perpetual</param>
/// <param name="Strike">zero for the perpetual</param>
/// <param name="Bid">best bid, zero where there is none: it cannot be sold then</param>
/// <param name="Ask">best ask, zero where there is none: it cannot be bought then</param>
/// <param name="BidSize">units that can be sold at the bid, may be infinite</param>
/// <param name="AskSize">units that can be bought at the ask, may be infinite</param>
/// <param name="ImpliedVolatility">of this strike, where it is not the expiry's</param>
/// <param name="FeePerUnit">units of account for a unit traded</param>
/// <param name="LotSize">units that are traded at least and in multiples of; zero: any amount</param>
public sealed record HedgeInstrument(
    string Name,
    LegKind Kind,
    string? Expiry,
    double Strike,
    double Bid,
    double Ask,
    double BidSize,
    double AskSize,
    double? ImpliedVolatility = null,
    double FeePerUnit = 0,
    double LotSize = 0);

/// <summary>What may stay unhedged, in every bucket, and what trading costs in the no-trade band.</summary>
/// <param name="Delta">units of the underlying</param>
/// <param name="Gamma">units of the underlying for a move of one unit of account</param>
/// <param name="Vega">units of account per 1.00 of volatility</param>
/// <param name="ProportionalCost">c of <see cref="NoTradeBand"/>: cost of trading the underlying, as a fraction of value</param>
/// <param name="RiskAversion">a of <see cref="NoTradeBand"/></param>
/// <param name="Discount">D of <see cref="NoTradeBand"/></param>
public sealed record HedgeLimits(
    double Delta, double Gamma, double Vega, double ProportionalCost, double RiskAversion, double Discount = 1);

/// <param name="Amount">units, negative when sold</param>
/// <param name="CashPaid">units of account that leave the account: premium and fee, negative where premium comes in; for the perpetual its
/// cost</param>
/// <param name="Cost">of that, what is lost against the model's mark: half the spread, more or less, and the fee; never negative</param>
public sealed record HedgeTrade(HedgeInstrument Instrument, double Amount, double CashPaid, double Cost);

/// <summary>One candidate.</summary>
/// <param name="Name">which instruments it uses</param>
/// <param name="Residual">Greeks of book and hedge together</param>
/// <param name="InsideTolerance">whether every bucket is inside the limits</param>
/// <param name="MarginBefore">requirement of the book, by the model given</param>
/// <param name="MarginAfter">requirement of book and hedge</param>
public sealed record HedgePlan(
    string Name,
    IReadOnlyList<HedgeTrade> Trades,
    IReadOnlyList<GreekBucket> Residual,
    bool InsideTolerance,
    double MarginBefore,
    double MarginAfter)
{
    public double Cost => Trades.Sum(trade => trade.Cost);

    public double CashPaid => Trades.Sum(trade => trade.CashPaid);

    /// <summary>Requirement that goes away, less the cash that the hedge takes out of the account.</summary>
    public double MarginReleased => MarginBefore - MarginAfter - CashPaid;
}

/// <summary>What the planner says. Kept for good: programs depend on the names.</summary>
public enum HedgeStatus
{
    /// <summary>Nothing to do: there are no plans.</summary>
    InsideBand,

    /// <summary>The first plan brings every bucket inside the limits.</summary>
    Hedged,

    /// <summary>No combination of what is listed does; the first plan is the nearest by margin released.</summary>
    OutsideTolerance,

    /// <summary>Nothing listed can be traded and changes a Greek.</summary>
    NoInstruments,
}

/// <param name="Before">Greeks of the book</param>
/// <param name="Bands">half width of the no-trade band for delta, by bucket</param>
/// <param name="Plans">those inside the limits, or all where none is; by margin released, then by cost</param>
public sealed record HedgeProposal(
    HedgeStatus Status, IReadOnlyList<GreekBucket> Before, IReadOnlyList<double> Bands, IReadOnlyList<HedgePlan> Plans);
