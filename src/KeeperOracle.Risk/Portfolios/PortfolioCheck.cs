namespace KeeperOracle.Risk.Portfolios;

/// <summary>
/// Refuses a portfolio that no model can value, by name: `NotFinite`, `OutOfRange`, `EmptyPortfolio`, `DuplicateUnderlying`,
/// `DuplicateExpiry`, `UnknownUnderlying`, `UnknownExpiry`, `MissingExpiry`, `UnexpectedExpiry`, `MissingPerpMarket`, `RateTooLarge`.
/// The message names the place as a path, such as legs[2].strike. Limits are wide (prices and amounts to 1e15) and keep every finite
/// input from overflowing.
/// </summary>
public static class PortfolioCheck
{
    private const double Largest = 1e15;

    private const double LongestSeconds = 100 * Conventions.SecondsPerYear;

    private const double HighestVolatility = 1e6;

    /// <summary>Of rate times years: beyond it a discount factor says nothing.</summary>
    private const double LargestRateTime = 100;

    public static void Require(Portfolio portfolio)
    {
        if (portfolio.Legs.Count == 0 && portfolio.Collaterals.Count == 0 && portfolio.Cash == 0)
        {
            throw new RiskInputException(
                "EmptyPortfolio", "The portfolio has neither legs nor collaterals nor cash: there is nothing to assess.");
        }

        Within(portfolio.Debt, 0, Largest, "debt");
        Amount(portfolio.Cash, "cash");
        Fraction(portfolio.StableConfidence, "stableConfidence");
        RequireMarkets(portfolio.Underlyings, portfolio.StablePrice);
        for (var i = 0; i < portfolio.Legs.Count; i++)
        {
            RequireLeg(portfolio.Legs[i], portfolio.Underlyings, $"legs[{i}]");
        }

        for (var i = 0; i < portfolio.Collaterals.Count; i++)
        {
            RequireCollateral(portfolio.Collaterals[i], $"collaterals[{i}]");
        }
    }

    internal static void RequireMarkets(IReadOnlyList<Underlying> underlyings, double stablePrice)
    {
        Within(stablePrice, 1e-6, 1e6, "stablePrice");
        RequireUnderlyings(underlyings);
    }

    private static void RequireUnderlyings(IReadOnlyList<Underlying> underlyings)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < underlyings.Count; i++)
        {
            var (underlying, path) = (underlyings[i], $"underlyings[{i}]");
            if (!names.Add(underlying.Name))
            {
                throw new RiskInputException("DuplicateUnderlying", $"{path}: {underlying.Name} stands twice; give each underlying once.");
            }

            Price(underlying.Spot, path, ".spot");
            Volatility(underlying.Volatility, path, ".volatility");
            Fraction(underlying.SpotConfidence, path, ".spotConfidence");
            if (underlying.Perp is { } perp)
            {
                Price(perp.Price, path, ".perp.price");
                Fraction(perp.Confidence, path, ".perp.confidence");
            }

            RequireExpiries(underlying.Expiries, path);
        }
    }

    private static void RequireExpiries(IReadOnlyList<ExpiryMarket> expiries, string owner)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < expiries.Count; i++)
        {
            var (expiry, path) = (expiries[i], $"{owner}.expiries[{i}]");
            if (!names.Add(expiry.Name))
            {
                throw new RiskInputException("DuplicateExpiry", $"{path}: {expiry.Name} stands twice; give each expiry once.");
            }

            RequireExpiry(expiry, path);
        }
    }

    internal static void RequireExpiry(ExpiryMarket expiry, string path)
    {
        Within(expiry.SecondsToExpiry, 0, LongestSeconds, path, ".secondsToExpiry");
        Price(expiry.Forward, path, ".forward");
        Within(expiry.FixedForward, 0, expiry.Forward, path, ".fixedForward");
        Volatility(expiry.ImpliedVolatility, path, ".impliedVolatility");
        Within(expiry.Rate, -LongestSeconds, LongestSeconds, path, ".rate");
        if (Math.Abs(expiry.Rate) * expiry.YearsToExpiry > LargestRateTime)
        {
            throw new RiskInputException(
                "RateTooLarge",
                $"{path}.rate: {expiry.Rate} a year over {expiry.YearsToExpiry} years is no discount; rates are fractions.");
        }

        Fraction(expiry.ForwardConfidence, path, ".forwardConfidence");
        Fraction(expiry.VolatilityConfidence, path, ".volatilityConfidence");
        Fraction(expiry.RateConfidence, path, ".rateConfidence");
    }

    internal static void RequireLeg(Leg leg, IReadOnlyList<Underlying> underlyings, string path)
    {
        Amount(leg.Amount, path, ".amount");
        Amount(leg.UnrealisedPnl, path, ".unrealisedPnl");
        var underlying = underlyings.FirstOrDefault(market => market.Name == leg.Underlying)
            ?? throw new RiskInputException(
                "UnknownUnderlying", $"{path}.underlying: there is no underlying {leg.Underlying}; add it to underlyings.");
        if (leg.Kind == LegKind.Perp)
        {
            if (leg.Expiry is not null)
            {
                throw new RiskInputException("UnexpectedExpiry", $"{path}.expiry: a perpetual has none; remove {leg.Expiry}.");
            }

            if (underlying.Perp is null)
            {
                throw new RiskInputException(
                    "MissingPerpMarket", $"{path}: {leg.Underlying} has no perpetual market; give its perp price.");
            }

            return;
        }

        if (leg.Expiry is null)
        {
            throw new RiskInputException("MissingExpiry", $"{path}.expiry: an option names its expiry.");
        }

        if (underlying.Expiries.All(expiry => expiry.Name != leg.Expiry))
        {
            throw new RiskInputException(
                "UnknownExpiry",
                $"{path}.expiry: {leg.Underlying} has no expiry {leg.Expiry}; add it with its forward and implied volatility.");
        }

        Price(leg.Strike, path, ".strike");
        Volatility(leg.ImpliedVolatility ?? 0, path, ".impliedVolatility");
    }

    internal static void RequireCollateral(Collateral collateral, string path)
    {
        Within(collateral.Amount, 0, Largest, path, ".amount");
        Within(collateral.Price, 0, Largest, path, ".price");
        Fraction(collateral.LiquidationThreshold, path, ".liquidationThreshold");
        Fraction(collateral.BorrowFactor, path, ".borrowFactor");
        Volatility(collateral.Volatility, path, ".volatility");
        Within(collateral.AgeSeconds, 0, LongestSeconds, path, ".ageSeconds");
        Fraction(collateral.InitialHaircut, path, ".initialHaircut");
        Fraction(collateral.MaintenanceHaircut, path, ".maintenanceHaircut");
        Fraction(collateral.PriceConfidence, path, ".priceConfidence");
    }

    internal static void Price(double value, string path, string field = "") => Within(value, 1e-15, Largest, path, field);

    internal static void Amount(double value, string path, string field = "") => Within(value, -Largest, Largest, path, field);

    internal static void NotNegative(double value, string path, string field) => Within(value, 0, Largest, path, field);

    internal static void Seconds(double value, string path, string field) => Within(value, 0, LongestSeconds, path, field);

    internal static void Volatility(double value, string path, string field = "") => Within(value, 0, HighestVolatility, path, field);

    private static void Fraction(double value, string path, string field = "") => Within(value, 0, 1, path, field);

    /// <summary>Path and field are put together only for a refusal: checking allocates nothing.</summary>
    private static void Within(double value, double least, double most, string path, string field = "")
    {
        if (!double.IsFinite(value))
        {
            throw new RiskInputException("NotFinite", $"{path}{field} is {value}: give a number.");
        }

        if (value < least || value > most)
        {
            throw new RiskInputException("OutOfRange", $"{path}{field} is {value}: it must lie from {least} to {most}.");
        }
    }
}
