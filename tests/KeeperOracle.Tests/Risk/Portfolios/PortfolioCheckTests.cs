using KeeperOracle.Risk;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Portfolios;

public sealed class PortfolioCheckTests
{
    private static readonly ExpiryMarket Expiry = new("E", 86400, 100, .5);
    private static readonly Underlying Market = new("U", 100, .5, [Expiry], new PerpMarket(100));
    private static readonly Leg Option = new(LegKind.Call, "U", "E", 100, 1);
    private static readonly Collateral Asset = new("A", 1, 1);
    private static readonly Portfolio Good = new([Market], [Option, new Leg(LegKind.Perp, "U", null, 0, 1)], [Asset]);

    public static TheoryData<string, string, Portfolio> Bad => new()
    {
        { "EmptyPortfolio", "neither legs", new Portfolio([Market], [], [], Debt: 1) },
        { "NotFinite", "debt", Good with { Debt = double.NaN } },
        { "OutOfRange", "debt", Good with { Debt = -1 } },
        { "NotFinite", "cash", Good with { Cash = double.NegativeInfinity } },
        { "OutOfRange", "stablePrice", Good with { StablePrice = 0 } },
        { "OutOfRange", "stableConfidence", Good with { StableConfidence = 1.1 } },
        { "DuplicateUnderlying", "underlyings[1]", Good with { Underlyings = [Market, Market] } },
        { "OutOfRange", "underlyings[0].spot", With(Market with { Spot = 0 }) },
        { "NotFinite", "underlyings[0].volatility", With(Market with { Volatility = double.NaN }) },
        { "OutOfRange", "underlyings[0].volatility", With(Market with { Volatility = -.1 }) },
        { "OutOfRange", "underlyings[0].spotConfidence", With(Market with { SpotConfidence = -.1 }) },
        { "OutOfRange", "underlyings[0].perp.price", With(Market with { Perp = new PerpMarket(0) }) },
        { "OutOfRange", "underlyings[0].perp.confidence", With(Market with { Perp = new PerpMarket(1, 2) }) },
        { "DuplicateExpiry", "expiries[1]", With(Market with { Expiries = [Expiry, Expiry] }) },
        { "OutOfRange", "secondsToExpiry", With(Expiry with { SecondsToExpiry = -1 }) },
        { "OutOfRange", "forward", With(Expiry with { Forward = 0 }) },
        { "OutOfRange", "fixedForward", With(Expiry with { FixedForward = 101 }) },
        { "OutOfRange", "impliedVolatility", With(Expiry with { ImpliedVolatility = -1 }) },
        { "NotFinite", "rate", With(Expiry with { Rate = double.NaN }) },
        { "RateTooLarge", "rate", With(Expiry with { Rate = 40_000 }) },
        { "OutOfRange", "forwardConfidence", With(Expiry with { ForwardConfidence = 2 }) },
        { "OutOfRange", "volatilityConfidence", With(Expiry with { VolatilityConfidence = 2 }) },
        { "OutOfRange", "rateConfidence", With(Expiry with { RateConfidence = 2 }) },
        { "UnknownUnderlying", "legs[0].underlying", With(Option with { Underlying = "u" }) },
        { "UnknownExpiry", "legs[0].expiry", With(Option with { Expiry = "F" }) },
        { "MissingExpiry", "legs[0].expiry", With(Option with { Expiry = null }) },
        { "UnexpectedExpiry", "legs[0].expiry", With(Option with { Kind = LegKind.Perp }) },
        { "MissingPerpMarket", "legs[1]", With(Market with { Perp = null }) },
        { "OutOfRange", "legs[0].strike", With(Option with { Strike = 0 }) },
        { "NotFinite", "legs[0].amount", With(Option with { Amount = double.NaN }) },
        { "OutOfRange", "legs[0].amount", With(Option with { Amount = 1e16 }) },
        { "NotFinite", "legs[0].impliedVolatility", With(Option with { ImpliedVolatility = double.NaN }) },
        { "NotFinite", "legs[0].unrealisedPnl", With(Option with { UnrealisedPnl = double.NaN }) },
        { "OutOfRange", "collaterals[0].amount", With(Asset with { Amount = -1 }) },
        { "OutOfRange", "collaterals[0].price", With(Asset with { Price = -1 }) },
        { "OutOfRange", "collaterals[0].liquidationThreshold", With(Asset with { LiquidationThreshold = 1.01 }) },
        { "OutOfRange", "collaterals[0].borrowFactor", With(Asset with { BorrowFactor = -.01 }) },
        { "OutOfRange", "collaterals[0].volatility", With(Asset with { Volatility = -1 }) },
        { "OutOfRange", "collaterals[0].ageSeconds", With(Asset with { AgeSeconds = -1 }) },
        { "OutOfRange", "collaterals[0].initialHaircut", With(Asset with { InitialHaircut = 2 }) },
        { "OutOfRange", "collaterals[0].maintenanceHaircut", With(Asset with { MaintenanceHaircut = 2 }) },
        { "OutOfRange", "collaterals[0].priceConfidence", With(Asset with { PriceConfidence = 2 }) },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Require_BadPortfolio_NamesTheRefusalAndThePlace(string refusal, string place, Portfolio portfolio)
    {
        var refused = Assert.Throws<RiskInputException>(() => PortfolioCheck.Require(portfolio));

        Assert.Equal(refusal, refused.Refusal);
        Assert.Contains(place, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Require_GoodPortfolio_IsAccepted()
    {
        PortfolioCheck.Require(Good);
        PortfolioCheck.Require(new Portfolio([], [], [], Cash: -1));
        PortfolioCheck.Require(With(Expiry with { SecondsToExpiry = 0, FixedForward = 100 }));
    }

    private static Portfolio With(Underlying market) => Good with { Underlyings = [market] };

    private static Portfolio With(ExpiryMarket expiry) => With(Market with { Expiries = [expiry] });

    private static Portfolio With(Leg leg) => Good with { Legs = [leg, .. Good.Legs.Skip(1)] };

    private static Portfolio With(Collateral collateral) => Good with { Collaterals = [collateral] };
}
