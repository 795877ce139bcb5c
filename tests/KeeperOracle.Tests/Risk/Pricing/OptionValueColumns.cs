using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Tests.Risk.Pricing;

/// <summary>The columns of black76.json, and how near a value must come to them.</summary>
internal static class OptionValueColumns
{
    public static readonly string[] Inputs = ["forward", "strike", "years", "volatility", "rate"];

    public static readonly string[] Names = ["price", "delta", "gamma", "vega", "theta", "rho", "vanna", "volga", "charm", "speed"];

    /// <summary>
    /// Each within a share of its natural scale: that of the price is the discounted forward, and every derivative divides by the change of
    /// its variable that moves d1 by one. <paramref name="digit"/> is the last digit that the file has.
    /// </summary>
    public static void AssertAgrees(string kind, Func<string, double> input, Func<string, double> expected, double share, double digit)
    {
        var (forward, strike, years, volatility, rate) =
            (input("forward"), input("strike"), input("years"), input("volatility"), input("rate"));
        var value = Black76.Value(Black76Tests.Kind(kind), forward, strike, years, volatility, rate);
        var v = volatility * Math.Sqrt(years);
        var price = Math.Exp(-rate * years) * Math.Max(forward, strike);
        var (perForward, perVolatility, perYear) = (1 / (forward * v), 1 / volatility, (1 / years) + Math.Abs(rate));
        (string Name, double Actual, double Scale)[] all =
        [
            ("price", value.Price, price), ("delta", value.Delta, price / forward), ("gamma", value.Gamma, price / forward * perForward),
            ("vega", value.Vega, price * perVolatility * v), ("theta", value.Theta, price * perYear),
            ("rho", value.Rho, price * years), ("vanna", value.Vanna, price / forward * perVolatility),
            ("volga", value.Volga, price * perVolatility * perVolatility), ("charm", value.Charm, price / forward * perYear),
            ("speed", value.Speed, price / forward * perForward * perForward),
        ];
        foreach (var (name, actual, scale) in all)
        {
            var error = Math.Abs(actual - expected(name));
            Assert.True(
                error <= (share * scale) + digit + (share * Math.Abs(expected(name))),
                $"{name} is {actual:R}, the reference {expected(name):R}: {kind} F {forward:R} K {strike:R} T {years:R} sigma {volatility:R} r {rate:R}");
        }
    }
}
