namespace KeeperOracle.Risk.Portfolios;

/// <summary>
/// What one margin assessment sees: markets, legs, collaterals, debt and cash, all in one unit of account. A portfolio may join accounts
/// of several chains. Lists keep the order of the file they came from; names are matched exactly.
/// </summary>
/// <param name="Underlyings">markets of the legs</param>
/// <param name="Legs">options and perpetuals, signed amounts</param>
/// <param name="Collaterals">what secures the account</param>
/// <param name="Debt">borrowed units of account, at least zero</param>
/// <param name="Cash">stable units held (positive) or owed (negative) inside the margin account</param>
/// <param name="StablePrice">price of the stable unit, 1 at peg</param>
/// <param name="StableConfidence">of that price, 0 to 1</param>
public sealed record Portfolio(
    IReadOnlyList<Underlying> Underlyings,
    IReadOnlyList<Leg> Legs,
    IReadOnlyList<Collateral> Collaterals,
    double Debt = 0,
    double Cash = 0,
    double StablePrice = 1,
    double StableConfidence = 1);

/// <summary>The market of one underlying.</summary>
/// <param name="Volatility">applied volatility, annualised: sets the range of the scenarios, not the value of legs</param>
/// <param name="Expiries">by time, each once</param>
/// <param name="Perp">where a leg of the portfolio is a perpetual</param>
public sealed record Underlying(
    string Name, double Spot, double Volatility, IReadOnlyList<ExpiryMarket> Expiries, PerpMarket? Perp = null, double SpotConfidence = 1);

/// <summary>Attested inputs of one expiry.</summary>
/// <param name="Name">as legs name it</param>
/// <param name="SecondsToExpiry">from the valuation; at zero options are worth their intrinsic value</param>
/// <param name="Forward">whole forward price, its fixed part included</param>
/// <param name="ImpliedVolatility">annualised, for legs that have none of their own</param>
/// <param name="Rate">continuously compounded, annual</param>
/// <param name="FixedForward">part of the forward that no longer moves with spot (settlement averaging)</param>
public sealed record ExpiryMarket(
    string Name,
    double SecondsToExpiry,
    double Forward,
    double ImpliedVolatility,
    double Rate = 0,
    double FixedForward = 0,
    double ForwardConfidence = 1,
    double VolatilityConfidence = 1,
    double RateConfidence = 1)
{
    /// <summary>On a 365-day year.</summary>
    public double YearsToExpiry => SecondsToExpiry / Conventions.SecondsPerYear;
}

/// <summary>Mark price of the perpetual, in units of account.</summary>
public sealed record PerpMarket(double Price, double Confidence = 1);

public enum LegKind
{
    Call,
    Put,
    Perp,
}

/// <summary>One position.</summary>
/// <param name="Underlying">name of its market</param>
/// <param name="Expiry">name of its expiry; null for a perpetual</param>
/// <param name="Strike">units of account; zero for a perpetual</param>
/// <param name="Amount">contracts of one unit of the underlying, negative when short</param>
/// <param name="ImpliedVolatility">of this strike, where it is not the expiry's</param>
/// <param name="UnrealisedPnl">of a perpetual, funding included, in units of account</param>
/// <param name="Chain">where it is held, for figures by chain</param>
public sealed record Leg(
    LegKind Kind,
    string Underlying,
    string? Expiry,
    double Strike,
    double Amount,
    double? ImpliedVolatility = null,
    double UnrealisedPnl = 0,
    string? Chain = null);

/// <summary>One collateral.</summary>
/// <param name="Asset">its own name; an underlying of the same name moves with the scenarios where the model lets it cancel risk</param>
/// <param name="Amount">tokens, at least zero</param>
/// <param name="Price">units of account a token</param>
/// <param name="LiquidationThreshold">LT, a fraction</param>
/// <param name="BorrowFactor">BF, a fraction</param>
/// <param name="Volatility">annualised, for the latency haircut; zero for the unit of account</param>
/// <param name="AgeSeconds">since the attestation of a remote collateral was observed; zero when local</param>
/// <param name="InitialHaircut">share of value counted in the initial contingency (derive-pm2)</param>
/// <param name="MaintenanceHaircut">likewise, maintenance</param>
/// <param name="RiskCancelling">whether its value moves in the scenarios against the legs (derive-pm2)</param>
public sealed record Collateral(
    string Asset,
    double Amount,
    double Price,
    double LiquidationThreshold = 0,
    double BorrowFactor = 0,
    double Volatility = 0,
    string? Chain = null,
    double AgeSeconds = 0,
    double InitialHaircut = 0,
    double MaintenanceHaircut = 0,
    bool RiskCancelling = false,
    double PriceConfidence = 1)
{
    public double Value => Amount * Price;
}
