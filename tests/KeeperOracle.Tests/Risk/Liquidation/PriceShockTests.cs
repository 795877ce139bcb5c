using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Liquidation;

public sealed class PriceShockTests
{
    private static readonly Portfolio Book = new(
        [
            new Underlying("ETH", 3000, .6, [new ExpiryMarket("30d", 2_592_000, 3030, .6, FixedForward: 30)], new PerpMarket(3010)),
            new Underlying("BTC", 60_000, .5, []),
        ],
        [new Leg(LegKind.Perp, "ETH", null, 0, -2, UnrealisedPnl: 10), new Leg(LegKind.Put, "ETH", "30d", 2500, 1)],
        [new Collateral("ETH", 1, 3000, .8), new Collateral("USDC", 100, 1, .9)]);

    [Fact]
    public void Apply_OneAsset_MovesAllThatFollowsIt()
    {
        var shocked = PriceShock.Apply(Book, asset => asset == "ETH" ? .9 : 1);

        Assert.Equal(2700, shocked.Underlyings[0].Spot);
        Assert.Equal(2730, shocked.Underlyings[0].Expiries[0].Forward, 9); // 30 of the forward no longer moves
        Assert.Equal(2709, shocked.Underlyings[0].Perp?.Price);
        Assert.Equal(10 + 602, shocked.Legs[0].UnrealisedPnl, 9);
        Assert.Equal(2700, shocked.Collaterals[0].Price);
        Assert.Equal(Book.Underlyings[1], shocked.Underlyings[1] with { Expiries = Book.Underlyings[1].Expiries });
        Assert.Equal(Book.Collaterals[1], shocked.Collaterals[1]);
        Assert.Equal(Book.Legs[1], shocked.Legs[1]);
    }

    [Fact]
    public void Apply_NoMove_ChangesNothing()
    {
        var same = PriceShock.Apply(Book, _ => 1);

        Assert.Equal(Book.Legs, same.Legs);
        Assert.Equal(Book.Collaterals, same.Collaterals);
        Assert.Equal(3030, same.Underlyings[0].Expiries[0].Forward);
    }
}
