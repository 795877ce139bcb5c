using System.Globalization;
using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Liquidation;

public sealed class SwapVenueTests
{
    private static readonly Gen<SwapVenue> Venues = Gen.Select(Gen.Int[0, 2], Gen.Double[1e-3, 1e3], Gen.Double[1, 1e6], Gen.Double[0, .05])
        .Select(SwapVenue (kind, rate, size, fee) => kind switch
        {
            0 => new SquareRootVenue(rate, .8, size, fee),
            1 => new ConstantProductVenue(size, size * rate, fee),
            _ => ConstantProductVenue.ConcentratedRange(size, rate, rate * .9, fee),
        });

    [Theory]
    [InlineData(0, 1, 1, 0)]
    [InlineData(1, 0, 1, 0)]
    [InlineData(1, 1, double.PositiveInfinity, 0)]
    [InlineData(1, 1, 1, 1)]
    [InlineData(1, 1, 1, -.01)]
    public void Venue_InputOutsideItsRange_Refused(double rate, double volatility, double volume, double fee)
    {
        Assert.Equal("VenueInputOutOfRange",
            Assert.Throws<RiskInputException>(() => new SquareRootVenue(rate, volatility, volume, fee)).Refusal);
        Assert.Equal("VenueInputOutOfRange",
            Assert.Throws<RiskInputException>(() => new ConstantProductVenue(rate * volatility, volume, fee)).Refusal);
    }

    [Fact]
    public void ConcentratedRange_LowestPriceAtThePrice_HasNoRoom() => Assert.Equal(
        "VenueInputOutOfRange", Assert.Throws<RiskInputException>(() => ConstantProductVenue.ConcentratedRange(1000, 4, 4, 0)).Refusal);

    [Fact]
    public void AmountOut_SquareRoot_IsTheAverageOfTheImpact()
    {
        // sigma_daily 4 %, a quarter of the daily volume: impact 2 %, 4/3 % on average.
        var venue = new SquareRootVenue(3000, .04 * Math.Sqrt(365), 400, fee: .001);

        Assert.Equal(100 * 3000 * .999 * (1 - (.04 / 3)), venue.AmountOut(100), 6);
        Assert.Equal(3000 * .999 * .98, venue.MarginalOut(100), 6);
        Assert.Equal(400 / (.04 * .04), venue.MaxAmountIn, 6);
        Assert.Equal(0, venue.MarginalOut(venue.MaxAmountIn), 9);
    }

    [Fact]
    public void AmountOut_ConstantProduct_KeepsTheProduct()
    {
        var venue = new ConstantProductVenue(1000, 3_000_000, .003);

        var amountOut = venue.AmountOut(50);

        Assert.Equal(1000.0 * 3_000_000, (1000 + (50 * .997)) * (3_000_000 - amountOut), 3);
    }

    [Fact]
    public void ConcentratedRange_ToItsBorder_PaysWhatTheRangeHolds()
    {
        // Between 3000 and 2700 a range of liquidity L holds L (sqrt 3000 - sqrt 2700) of the token that comes out.
        var venue = ConstantProductVenue.ConcentratedRange(20_000, 3000, 2700, .0005);

        Assert.Equal(20_000 * (Math.Sqrt(3000) - Math.Sqrt(2700)), venue.AmountOut(venue.MaxAmountIn), 6);
        Assert.Equal(2700 * .9995, venue.MarginalOut(venue.MaxAmountIn), 6);
    }

    [SharedDataFact("data", "depth", "uniswap-v2_weth-dai_reserves_10m_2021-05-19.csv")]
    public void AmountOut_RealReserves_SellingAndBuyingBackCostsTheFeesAndNothingLess()
    {
        var rows = File.ReadAllLines(SharedDataFactAttribute.PathOf("data", "depth", "uniswap-v2_weth-dai_reserves_10m_2021-05-19.csv"))
            .Skip(1);
        foreach (var cells in rows.Select(row => row.Split(',')))
        {
            var (dai, weth) = (double.Parse(cells[1], CultureInfo.InvariantCulture), double.Parse(cells[2], CultureInfo.InvariantCulture));

            var sold = new ConstantProductVenue(weth, dai, .003).AmountOut(1000);
            var back = new ConstantProductVenue(dai - sold, weth + 1000, .003).AmountOut(sold);

            Assert.InRange(sold / 1000, .9 * dai / weth, .997 * dai / weth);
            Assert.InRange(back, 993, 994.5); // .997 twice, less a little for the fee that stays in the reserves
        }
    }

    [Fact]
    public void AmountOut_Random_IsConcaveAndRisesAndItsSlopeIsTheMarginal() =>
        Gen.Select(Venues, Gen.Double[1e-6, .999], Gen.Double[1e-6, .999]).Sample(
        (venue, first, second) =>
        {
            var most = Math.Min(venue.MaxAmountIn, 1e9);
            var (low, high) = (most * Math.Min(first, second), most * Math.Max(first, second));

            Assert.True(venue.MarginalOut(low) >= venue.MarginalOut(high));
            Assert.True(venue.AmountOut(low) <= venue.AmountOut(high));
            Assert.True(venue.AmountOut(low) / low >= venue.AmountOut(high) / high * (1 - 1e-12));
            var step = low * 1e-4;
            var slope = (venue.AmountOut(low + step) - venue.AmountOut(low - step)) / (2 * step);
            Assert.True(Math.Abs(slope - venue.MarginalOut(low)) <= 1e-6 * venue.MarginalOut(0), $"{slope} {venue.MarginalOut(low)}");
        });
}
