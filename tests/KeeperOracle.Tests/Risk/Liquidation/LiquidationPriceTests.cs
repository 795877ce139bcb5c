using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Liquidation;

public sealed class LiquidationPriceTests
{
    private static readonly Collateral Ether = new("ETH", 10, 3000, .8, Volatility: .75);
    private static readonly Collateral Bitcoin = new("BTC", .2, 60_000, .75, Volatility: .5);
    private static readonly Collateral Dollars = new("USDC", 5000, 1, .9);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Along_MoveThatIsNoNumber_Refused(double move) => Assert.Equal(
        "NotFinite",
        Assert.Throws<RiskInputException>(() => LiquidationPrice.Along(Book(Ether), null, [new AssetMove("ETH", move)], .5)).Refusal);

    [Fact]
    public void PerAsset_OneCollateral_IsDebtOverAmountAndThreshold()
    {
        var eth = Assert.Single(LiquidationPrice.PerAsset(Book(Ether) with { Debt = 20_000 }, null));

        Assert.Equal(BarrierStatus.LiquidatableAt, eth.Down.Status);
        Close(2500, eth.PriceDown);
        Close((2500.0 / 3000) - 1, eth.Down.Distance);
        Close(Math.Log(3000.0 / 2500) / (.75 / Math.Sqrt(365)), eth.Down.SigmaDays);
        Assert.Equal(BarrierStatus.NeverLiquidatable, eth.Up.Status);
        Assert.Null(eth.PriceUp);
    }

    [Fact]
    public void PerAsset_SeveralCollaterals_EachHasItsOwnWhereTheOthersStandStill()
    {
        // num 24,000 + 9,000 + 4,500 = 37,500
        var prices = LiquidationPrice.PerAsset(Book(Ether, Bitcoin, Dollars) with { Debt = 30_000 }, null);

        Close((30_000 - 13_500) / 8.0, prices[0].PriceDown);
        Close((30_000 - 28_500) / .15, prices[1].PriceDown);
        Assert.Equal(BarrierStatus.NeverLiquidatable, prices[2].Down.Status); // 33,000 without a dollar
        Assert.Null(prices[2].Down.SigmaDays);
        Assert.Equal(["ETH", "BTC", "USDC"], prices.Select(price => price.Asset));
    }

    [Fact]
    public void PerAsset_OwedTokens_AreLiquidatedAbove()
    {
        var prices = LiquidationPrice.PerAsset(Book(Dollars, Ether with { Amount = -1 }), null);

        Assert.Equal(BarrierStatus.NeverLiquidatable, prices[1].Down.Status);
        Assert.Equal(BarrierStatus.LiquidatableAt, prices[1].Up.Status);
        Close(4500, prices[1].PriceUp);
        Close(.5, prices[1].Up.Distance);
    }

    [Fact]
    public void PerAsset_LiquidatableAlready_SaysWhereItIsHealthyAgain()
    {
        var prices = LiquidationPrice.PerAsset(Book(Ether) with { Debt = 26_000 }, null);

        Assert.Equal(BarrierStatus.HealthyAgainAt, prices[0].Up.Status);
        Close(3250, prices[0].PriceUp);
        Assert.Equal(BarrierStatus.AlwaysLiquidatable, prices[0].Down.Status);
    }

    [Fact]
    public void PerAsset_NoDebt_IsNeverLiquidatable()
    {
        var eth = Assert.Single(LiquidationPrice.PerAsset(Book(Ether), null));

        Assert.Equal((BarrierStatus.NeverLiquidatable, BarrierStatus.NeverLiquidatable), (eth.Down.Status, eth.Up.Status));
    }

    [Fact]
    public void PerAsset_ShortStraddle_HasOneOnEitherSide()
    {
        // A requirement of 2 |S - 3000| against 1000 of cash.
        var portfolio = new Portfolio([new Underlying("ETH", 3000, .6, [])], [new Leg(LegKind.Call, "ETH", "30d", 3000, -1)], [],
            Cash: 1000);

        var eth = Assert.Single(LiquidationPrice.PerAsset(portfolio, book => 2 * Math.Abs(book.Underlyings[0].Spot - 3000)));

        Close(2500, eth.PriceDown);
        Close(3500, eth.PriceUp);
    }

    [Fact]
    public void PerAsset_ShortOptionUnderTheScaledModel_IsRevaluedAtEveryPrice()
    {
        var market = new Underlying("ETH", 3000, .6, [new ExpiryMarket("30d", 30 * 86_400, 3000, .6)]);
        var portfolio = new Portfolio(
            [market], [new Leg(LegKind.Put, "ETH", "30d", 2800, -5)], [Ether with { Amount = 1, Volatility = .6 }, Dollars], Debt: 1000);

        var eth = LiquidationPrice.PerAsset(portfolio, AccountMargin.Scaled())[0];

        Assert.Equal(BarrierStatus.LiquidatableAt, eth.Down.Status);
        var at = AccountMargin.Of(PriceShock.Apply(portfolio, asset => asset == "ETH" ? eth.Down.Multiplier!.Value : 1),
            AccountMargin.Scaled());
        Assert.Equal(1, at.Health!.Value, 9);
        Assert.InRange(eth.PriceDown!.Value, 1500, 2990);
    }

    [Fact]
    public void Joint_TwoAssets_MoveByTheSameNumberOfTheirOwnStandardDeviations()
    {
        var portfolio = Book(Ether, Bitcoin, Dollars) with { Debt = 30_000 };

        var (down, up) = LiquidationPrice.Joint(portfolio, null);

        Assert.NotNull(down.SigmaDays);
        double Fallen(double volatility) => Math.Exp(-down.SigmaDays.Value * volatility / Math.Sqrt(365));
        Close(30_000, (24_000 * Fallen(.75)) + (9_000 * Fallen(.5)) + 4_500);
        Close(Fallen(.75), down.Multiplier);
        Assert.Equal(BarrierStatus.NeverLiquidatable, up.Status);
    }

    [Fact]
    public void Along_NoMoves_StaysAsItIs()
    {
        var (down, up) = LiquidationPrice.Along(Book(Ether) with { Debt = 20_000 }, null, [], .5);

        Assert.Equal((BarrierStatus.NeverLiquidatable, BarrierStatus.NeverLiquidatable), (down.Status, up.Status));
    }

    [Fact]
    public void PerAsset_RandomBooks_StateChangesExactlyAtTheBarrier() =>
        Gen.Select(Gen.Double[-5, 20], Gen.Double[.2, 1.5], Gen.Double[0, 40_000], Gen.Double[0, 30_000]).Sample(
            (amount, volatility, debt, dollars) =>
            {
                var held = Book(Ether with { Amount = amount, Volatility = volatility }, Dollars with { Amount = dollars });
                var portfolio = held with { Debt = debt };
                foreach (var asset in LiquidationPrice.PerAsset(portfolio, null))
                {
                    Check(portfolio, asset, asset.Down, -1);
                    Check(portfolio, asset, asset.Up, 1);
                }
            },
            iter: 500);

    private static void Check(Portfolio portfolio, AssetLiquidationPrice asset, LiquidationBarrier barrier, int side)
    {
        bool Healthy(double multiplier) =>
            AccountMargin.Of(PriceShock.Apply(portfolio, name => name == asset.Asset ? multiplier : 1), null).Surplus >= 0;
        var now = Healthy(1);
        if (barrier.Multiplier is not { } at)
        {
            Assert.Equal(now ? BarrierStatus.NeverLiquidatable : BarrierStatus.AlwaysLiquidatable, barrier.Status);
            Assert.Equal(now, Healthy(side < 0 ? 1.01e-4 : 9900));
            return;
        }

        Assert.Equal(now ? BarrierStatus.LiquidatableAt : BarrierStatus.HealthyAgainAt, barrier.Status);
        Assert.Equal(side, Math.Sign(barrier.Distance ?? 0));
        Assert.Equal(now, Healthy(at * (1 - (side * 1e-12))));
        Assert.Equal(!now, Healthy(at * (1 + (side * 1e-12))));
    }

    private static Portfolio Book(params Collateral[] collaterals) => new([], [], collaterals);

    private static void Close(double expected, double? actual)
    {
        Assert.NotNull(actual);
        Assert.True(Math.Abs(actual.Value - expected) <= 1e-12 * Math.Abs(expected), $"{expected:R} is not {actual:R}");
    }
}
