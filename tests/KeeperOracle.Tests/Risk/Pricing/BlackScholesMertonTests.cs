using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Tests.Risk.Pricing;

public sealed class BlackScholesMertonTests
{
    [Theory]
    [InlineData(-1, 1, 1, 1, 0, 0, "NegativeSpot")]
    [InlineData(1, -1, 1, 1, 0, 0, "NegativeStrike")]
    [InlineData(1, 1, -1, 1, 0, 0, "NegativeTime")]
    [InlineData(1, 1, 1, -1, 0, 0, "NegativeVolatility")]
    [InlineData(1, 1, 1, 1, double.NaN, 0, "NotFinite")]
    [InlineData(1, 1, 1, 1, 0, double.PositiveInfinity, "NotFinite")]
    public void Value_BadInput_RefusedByName(double spot, double strike, double years, double volatility, double rate, double yield, string refusal) =>
        Assert.Equal(
            refusal, Assert.Throws<RiskInputException>(() => BlackScholesMerton.Value(OptionKind.Call, spot, strike, years, volatility, rate, yield)).Refusal);

    [Fact]
    public void Value_HullsExample_Agrees()
    {
        // Hull, Options, Futures and Other Derivatives, example of the Black-Scholes-Merton chapter; the Greeks from the same formulas.
        var call = BlackScholesMerton.Value(OptionKind.Call, 42, 40, 0.5, 0.2, 0.1);
        Assert.Equal(4.7594, call.Price, 5e-5);
        Assert.Equal(0.8086, BlackScholesMerton.Price(OptionKind.Put, 42, 40, 0.5, 0.2, 0.1), 5e-5);
        Assert.Equal(0.7791, call.Delta, 5e-5);
        Assert.Equal(0.0500, call.Gamma, 5e-5);
        Assert.Equal(8.8134, call.Vega, 5e-5);
        Assert.Equal(-4.5591, call.Theta, 5e-5);
    }

    // E. G. Haug, The Complete Guide to Option Pricing Formulas, 2nd edition, chapters 1 and 2.
    [Theory]
    [InlineData("price", OptionKind.Call, 60, 65, 0.25, 0.30, 0.08, 0, 2.1334)]
    [InlineData("price", OptionKind.Put, 100, 95, 0.5, 0.20, 0.10, 0.05, 2.4648)]
    [InlineData("gamma", OptionKind.Call, 55, 60, 0.75, 0.30, 0.10, 0, 0.0278)]
    [InlineData("theta", OptionKind.Put, 430, 405, 0.08333333333333333, 0.20, 0.07, 0.05, -31.1924)]
    [InlineData("rho", OptionKind.Call, 72, 75, 1, 0.19, 0.09, 0, 38.7325)]
    public void Value_HaugsExample_Agrees(
        string name, OptionKind kind, double spot, double strike, double years, double volatility, double rate, double yield, double expected)
    {
        var value = BlackScholesMerton.Value(kind, spot, strike, years, volatility, rate, yield);
        var actual = name switch
        {
            "price" => value.Price,
            "gamma" => value.Gamma,
            "theta" => value.Theta,
            _ => value.Rho,
        };
        Assert.Equal(expected, actual, 6e-5);
    }

    [Fact]
    public void Value_QuantLib_AgreesTo1e12()
    {
        using var vectors = new Vectors("quantlib-options.json");
        var table = vectors.Root.GetProperty("blackScholesMerton");
        var kinds = Vectors.Strings(table, "kind");
        string[] names = ["spot", "strike", "days", "volatility", "rate", "yield", "price", "delta", "gamma", "vega", "theta", "rho"];
        var c = names.ToDictionary(name => name, name => Vectors.Doubles(table, name));
        Assert.True(kinds.Count >= 200);
        for (var i = 0; i < kinds.Count; i++)
        {
            var spot = c["spot"][i];
            var value = BlackScholesMerton.Value(
                Black76Tests.Kind(kinds[i]), spot, c["strike"][i], c["days"][i] / 365, c["volatility"][i], c["rate"][i], c["yield"][i]);
            Assert.Equal(c["price"][i], value.Price, 1e-12 * spot);
            Assert.Equal(c["delta"][i], value.Delta, 1e-12);
            Assert.Equal(c["gamma"][i], value.Gamma, 1e-12 * Math.Max(value.Gamma, 1 / spot));
            Assert.Equal(c["vega"][i], value.Vega, 1e-12 * spot);
            Assert.Equal(c["theta"][i], value.Theta, 1e-12 * Math.Max(Math.Abs(value.Theta), spot));
            Assert.Equal(c["rho"][i], value.Rho, 1e-12 * Math.Max(Math.Abs(value.Rho), spot));
        }
    }

    /// <summary>The chain rule from the forward form, whose Greeks are held against 80-digit differences, to the spot form.</summary>
    [Fact]
    public void Value_OfTheForwardForm_IsTheSameOption() => GenOption.Sample(o =>
    {
        var (kind, spot, strike, years, volatility, rate, yield) = o;
        var ratio = Elementary.Exp((rate - yield) * years);
        var forward = Black76.Value(kind, spot * ratio, strike, years, volatility, rate);
        var value = BlackScholesMerton.Value(kind, spot, strike, years, volatility, rate, yield);
        var carry = rate - yield;
        var v = volatility * Math.Sqrt(years);
        Near(forward.Price, value.Price, spot);
        Near(forward.Delta * ratio, value.Delta, 1);
        Near(forward.Gamma * ratio * ratio, value.Gamma, 1 / (spot * v));
        Near(forward.Vega, value.Vega, spot * Math.Sqrt(years));
        Near(forward.Theta - (forward.Delta * spot * ratio * carry), value.Theta, spot / years);
        Near(forward.Rho + (forward.Delta * spot * ratio * years), value.Rho, spot * years);
        Near(forward.Vanna * ratio, value.Vanna, 1 / volatility);
        Near(forward.Volga, value.Volga, spot / (volatility * volatility));
        Near((forward.Charm - (carry * forward.Delta) - (forward.Gamma * spot * ratio * carry)) * ratio, value.Charm, 1 / (v * years));
        Near(forward.Speed * ratio * ratio * ratio, value.Speed, 1 / (spot * spot * v * v));
    });

    [Fact]
    public void Price_CallLessPut_IsDiscountedSpotLessStrike() => GenOption.Sample(o =>
    {
        var (_, spot, strike, years, volatility, rate, yield) = o;
        var call = BlackScholesMerton.Price(OptionKind.Call, spot, strike, years, volatility, rate, yield);
        var put = BlackScholesMerton.Price(OptionKind.Put, spot, strike, years, volatility, rate, yield);
        var (held, owed) = (spot * Elementary.Exp(-yield * years), strike * Elementary.Exp(-rate * years));
        Assert.Equal(held - owed, call - put, 4e-16 * (held + owed));
    });

    [Fact]
    public void Value_NoTime_IsIntrinsic()
    {
        var value = BlackScholesMerton.Value(OptionKind.Put, 90, 100, 0, 0.5, 0.1, 0.03);
        Assert.Equal((10.0, -1.0, 0.0, 0.0, 0.0), (value.Price, value.Delta, value.Gamma, value.Vega, value.Vanna));
        Assert.Equal(0.5, BlackScholesMerton.Value(OptionKind.Call, 100, 100, 0, 0.5, 0.1, 0.03).Delta);
    }

    [Fact]
    public void Value_AnyFiniteInput_IsFinite()
    {
        double[] sizes = [0, double.Epsilon, 1e-300, 1e-3, 1, 50, 1e300, double.MaxValue];
        double[] rates = [0, 0.1, -700, 700, double.MaxValue];
        foreach (var spot in sizes)
        {
            foreach (var strike in sizes)
            {
                foreach (var years in sizes)
                {
                    foreach (var volatility in sizes)
                    {
                        foreach (var rate in rates)
                        {
                            foreach (var yield in rates)
                            {
                                var value = BlackScholesMerton.Value(OptionKind.Put, spot, strike, years, volatility, rate, yield);
                                Black76Tests.AssertFinite(value, spot, strike, years, volatility, rate, yield);
                            }
                        }
                    }
                }
            }
        }
    }

    private static readonly Gen<(OptionKind Kind, double Spot, double Strike, double Years, double Volatility, double Rate, double Yield)> GenOption =
        Gen.Select(Gen.Bool, Gen.Double[0.5, 5000], Gen.Double[-4, 4], Gen.Double[0.01, 3], Gen.Double[0.05, 2], Gen.Double[-0.05, 0.2], Gen.Double[-0.05, 0.2])
            .Select(g => (
                g.Item1 ? OptionKind.Call : OptionKind.Put, g.Item2, g.Item2 * Elementary.Exp(g.Item3 * g.Item5 * Math.Sqrt(g.Item4)), g.Item4, g.Item5,
                g.Item6, g.Item7));

    private static void Near(double expected, double actual, double scale) =>
        Assert.Equal(expected, actual, 1e-12 * (scale + Math.Abs(expected)));
}
