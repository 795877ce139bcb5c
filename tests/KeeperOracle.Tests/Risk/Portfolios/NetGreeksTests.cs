using KeeperOracle.Risk;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Tests.Risk.Portfolios;

public sealed class NetGreeksTests
{
    private static readonly ExpiryMarket Near = new("near", 20 * 86400, 3020, 0.55, Rate: 0.03, FixedForward: 500);
    private static readonly ExpiryMarket Far = new("far", 200 * 86400, 3100, 0.65, Rate: 0.02);
    private static readonly Underlying Ether = new("ETH", 3000, 0.6, [Near, Far], new PerpMarket(3005));
    private static readonly Leg[] Options =
    [
        new(LegKind.Put, "ETH", "near", 2900, -2), new(LegKind.Call, "ETH", "far", 3300, 1.5, ImpliedVolatility: 0.7), new(LegKind.Call, "ETH", "near", 3000, 1),
    ];

    [Fact]
    public void Of_UnknownUnderlying_Refused() => Assert.Throws<RiskInputException>(
        () => NetGreeks.Of(new Portfolio([Ether], [new Leg(LegKind.Perp, "BTC", null, 0, 1)], [])));

    [Fact]
    public void Of_Perpetual_HasTheDeltaOfItsPriceOverSpotAndNothingElse() => Assert.Equal(
        [new NetGreeks("ETH", -2 * 3005.0 / 3000, 0, 0, 0, 0, 0, 0), new NetGreeks("BTC", 0, 0, 0, 0, 0, 0, 0)],
        NetGreeks.Of(new Portfolio([Ether, new Underlying("BTC", 60000, 0.5, [])], [new Leg(LegKind.Perp, "ETH", null, 0, -2)], [])));

    [Fact]
    public void Of_Options_AreTheDifferencesOfTheBooksValue()
    {
        var net = Assert.Single(NetGreeks.Of(new Portfolio([Ether], Options, [])));

        const double Step = 0.5;
        const double Vol = 1e-4;
        double Delta(double volatility) => (Value(Step, volatility) - Value(-Step, volatility)) / (2 * Step);
        AssertNear(net.Delta, Delta(0));
        AssertNear(net.Gamma, (Value(Step) - (2 * Value(0)) + Value(-Step)) / (Step * Step));
        AssertNear(net.Vega, (Value(0, Vol) - Value(0, -Vol)) / (2 * Vol));
        AssertNear(net.Vanna, (Delta(Vol) - Delta(-Vol)) / (2 * Vol));
        AssertNear(net.Volga, (Value(0, 0.01) - (2 * Value(0)) + Value(0, -0.01)) / 1e-4);
        AssertNear(net.Theta, (Value(0, seconds: 3600) - Value(0, seconds: -3600)) / (7200 / Conventions.SecondsPerYear));
        AssertNear(net.Rho, (Value(0, rate: Vol) - Value(0, rate: -Vol)) / (2 * Vol));
    }

    private static void AssertNear(double greek, double difference) => Assert.Equal(difference, greek, Math.Abs(greek) * 2e-3);

    /// <summary>Of the options where spot, volatilities, time and rates are moved; a forward moves with spot but for its fixed part.</summary>
    private static double Value(double move, double volatility = 0, double seconds = 0, double rate = 0) => Options.Sum(leg =>
    {
        var expiry = leg.Expiry == "near" ? Near : Far;
        var forward = expiry.FixedForward + ((expiry.Forward - expiry.FixedForward) * (1 + (move / Ether.Spot)));
        return leg.Amount * Black76.Price(
            leg.Kind == LegKind.Call ? OptionKind.Call : OptionKind.Put,
            forward,
            leg.Strike,
            expiry.YearsToExpiry - (seconds / Conventions.SecondsPerYear),
            (leg.ImpliedVolatility ?? expiry.ImpliedVolatility) + volatility,
            expiry.Rate + rate);
    });
}
