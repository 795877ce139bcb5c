using KeeperOracle.Risk;
using KeeperOracle.Risk.Hedging;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Hedging;

public sealed class GreekLadderTests
{
    private static readonly Underlying Ether = new(
        "ETH", 3000, .6, [new ExpiryMarket("30d", 30 * 86_400, 3120, .6, .02, FixedForward: 60)], new PerpMarket(3030));

    private static readonly Portfolio Book = new(
        [Ether],
        [
            new Leg(LegKind.Put, "ETH", "30d", 3000, -2),
            new Leg(LegKind.Call, "ETH", "30d", 3300, 3, ImpliedVolatility: .65),
            new Leg(LegKind.Perp, "ETH", null, 0, -1),
            new Leg(LegKind.Call, "BTC", "30d", 3300, 3),
        ],
        []);

    [Theory]
    [InlineData("UnknownUnderlying", "SOL", 3000, 1.0)]
    [InlineData("SpotOutOfRange", "ETH", 0, 1.0)]
    [InlineData("GridInvalid", "ETH", 3000, 0.0)]
    [InlineData("GridInvalid", "ETH", 3000, double.PositiveInfinity)]
    public void Of_InputWithoutMeaning_Refused(string refusal, string underlying, double spot, double multiplier)
    {
        var book = Book with { Underlyings = [Ether with { Spot = spot }] };

        Assert.Equal(refusal, Assert.Throws<RiskInputException>(() => GreekLadder.Of(book, underlying, [multiplier])).Refusal);
    }

    [Fact]
    public void Of_MarketThatIsMissing_Refused()
    {
        Assert.Equal("GridInvalid", Assert.Throws<RiskInputException>(() => GreekLadder.Of(Book, "ETH", [])).Refusal);
        var strange = Book with { Legs = [new Leg(LegKind.Put, "ETH", "60d", 3000, 1)] };
        Assert.Equal("UnknownExpiry", Assert.Throws<RiskInputException>(() => GreekLadder.Of(strange, "ETH", [1])).Refusal);
        var noPerp = Book with { Underlyings = [Ether with { Perp = null }] };
        Assert.Equal("PerpMarketMissing", Assert.Throws<RiskInputException>(() => GreekLadder.Of(noPerp, "ETH", [1])).Refusal);
    }

    [Fact]
    public void Of_Perpetual_HasTheDeltaOfItsMarkOverSpot()
    {
        var bucket = Assert.Single(GreekLadder.Of(Book with { Legs = [Book.Legs[2]] }, "ETH", [.9]));

        Assert.Equal(new GreekBucket(.9, -1.01, 0, 0), bucket);
    }

    [Theory]
    [InlineData(.8)]
    [InlineData(1.2)]
    public void Of_Book_HasTheNetGreeksOfTheShockedPortfolio(double multiplier)
    {
        var book = Book with { Legs = [.. Book.Legs.Where(leg => leg.Underlying == "ETH")] };
        var bucket = Assert.Single(GreekLadder.Of(book, "ETH", [multiplier]));

        var net = Assert.Single(NetGreeks.Of(PriceShock.Apply(book, _ => multiplier)));

        Assert.Equal(net.Delta, bucket.Delta, 12);
        Assert.Equal(net.Gamma, bucket.Gamma, 12);
        Assert.Equal(net.Vega, bucket.Vega, 9);
    }

    [Theory]
    [InlineData(.8)]
    [InlineData(1)]
    [InlineData(1.2)]
    public void Of_Book_AgreesWithFiniteDifferencesInSpotAndVolatility(double multiplier)
    {
        double Value(double m, double volatility) => Book.Legs.Where(leg => leg.Underlying == "ETH").Sum(leg => leg.Kind == LegKind.Perp
            ? leg.Amount * 3030 * m
            : leg.Amount * GreekLadder.Value(Ether.Expiries[0], leg.Kind, leg.Strike, (leg.ImpliedVolatility ?? .6) + volatility, m).Price);
        const double step = 1e-4;
        var spotStep = step * 3000;

        var bucket = Assert.Single(GreekLadder.Of(Book, "ETH", [multiplier]));

        Assert.Equal((Value(multiplier + step, 0) - Value(multiplier - step, 0)) / (2 * spotStep), bucket.Delta, 6);
        Assert.Equal(
            (Value(multiplier + step, 0) - (2 * Value(multiplier, 0)) + Value(multiplier - step, 0)) / (spotStep * spotStep),
            bucket.Gamma,
            6);
        Assert.Equal((Value(multiplier, 1e-5) - Value(multiplier, -1e-5)) / 2e-5, bucket.Vega, 2);
    }
}
