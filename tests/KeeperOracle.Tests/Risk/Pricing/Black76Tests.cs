using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Pricing;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Pricing;

public sealed class Black76Tests
{
    [Theory]
    [InlineData(-1e-300, 1, 1, 1, 0, "NegativeForward")]
    [InlineData(1, -1e-300, 1, 1, 0, "NegativeStrike")]
    [InlineData(1, 1, -1e-300, 1, 0, "NegativeTime")]
    [InlineData(1, 1, 1, -1e-300, 0, "NegativeVolatility")]
    [InlineData(-1, -1, 1, 1, 0, "NegativeForward")] // the quotient of both alone would look well
    [InlineData(double.NaN, 1, 1, 1, 0, "NotFinite")]
    [InlineData(1, double.PositiveInfinity, 1, 1, 0, "NotFinite")]
    [InlineData(1, 1, double.PositiveInfinity, 1, 0, "NotFinite")]
    [InlineData(1, 1, 1, double.NaN, 0, "NotFinite")]
    [InlineData(1, 1, 1, 1, double.NegativeInfinity, "NotFinite")]
    public void Value_BadInput_RefusedByName(double forward, double strike, double years, double volatility, double rate, string refusal)
    {
        Assert.Equal(refusal, Assert.Throws<RiskInputException>(() => Black76.Value(OptionKind.Call, forward, strike, years, volatility, rate)).Refusal);
        Assert.Equal(refusal, Assert.Throws<RiskInputException>(() => Black76.Price(OptionKind.Put, forward, strike, years, volatility, rate)).Refusal);
    }

    [Fact]
    public void Value_UnknownKind_RefusedByName() =>
        Assert.Equal("UnknownOptionKind", Assert.Throws<RiskInputException>(() => Black76.Value((OptionKind)7, 1, 1, 1, 1, 0)).Refusal);

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(0.5, 0)]
    [InlineData(0, 0)]
    public void Value_NoTimeOrNoVolatility_IsDiscountedIntrinsic(double years, double volatility)
    {
        var discount = Elementary.Exp(-0.1 * years);
        var inside = Black76.Value(OptionKind.Call, 110, 100, years, volatility, 0.1);
        Assert.Equal(new OptionValue(10 * discount, discount, 0, 0, 0.1 * (10 * discount), -years * (10 * discount), 0, 0, 0.1 * discount, 0), inside);
        var outside = Black76.Value(OptionKind.Put, 110, 100, years, volatility, 0.1);
        Assert.Equal(new OptionValue(0, 0, 0, 0, 0, 0, 0, 0, 0, 0), Abs(outside));
    }

    [Fact]
    public void Value_VanishingVolatilityAtTheMoney_HasTheLimits()
    {
        const double Density = 0.3989422804014327;
        var still = Black76.Value(OptionKind.Call, 100, 100, 4, 0, 0.1);
        var nearly = Black76.Value(OptionKind.Call, 100, 100, 4, 1e-9, 0.1);
        var discount = Elementary.Exp(-0.4);
        Assert.Equal(0, still.Price);
        Assert.Equal(discount / 2, still.Delta, 1e-15);
        Assert.Equal(discount * 100 * Density * 2, still.Vega, 1e-12);
        Assert.Equal(discount * Density, still.Vanna, 1e-14); // - n(0) d2/sigma with d2 = -sigma sqrt(T)/2
        Assert.Equal(nearly.Vega, still.Vega, 1e-10);
        Assert.Equal(nearly.Vanna, still.Vanna, 1e-10);
        Assert.Equal((0.0, 0.0, 0.0, 0.0), (still.Gamma, still.Speed, still.Volga, still.Theta));
    }

    [Fact]
    public void Value_StrikeOrForwardZero_IsTheForwardOrNothing()
    {
        var discount = Elementary.Exp(-0.05);
        Assert.Equal(70 * discount, Black76.Price(OptionKind.Call, 70, 0, 0.5, 0.3, 0.1));
        Assert.Equal(0, Black76.Price(OptionKind.Put, 70, 0, 0.5, 0.3, 0.1));
        Assert.Equal(0, Black76.Price(OptionKind.Call, 0, 70, 0.5, 0.3, 0.1));
        Assert.Equal(70 * discount, Black76.Price(OptionKind.Put, 0, 70, 0.5, 0.3, 0.1));
        Assert.Equal(-discount, Black76.Value(OptionKind.Put, 0, 70, 0.5, 0.3, 0.1).Delta);
        Assert.Equal(0, Black76.Price(OptionKind.Call, 0, 0, 0.5, 0.3, 0.1));
    }

    [Theory]
    [InlineData(OptionKind.Call, 19, 19, 0.75, 0.28, 0.10, 1.7011)] // Haug, The Complete Guide to Option Pricing Formulas, 2nd ed., 1.1.3
    [InlineData(OptionKind.Put, 19, 19, 0.75, 0.28, 0.10, 1.7011)]
    [InlineData(OptionKind.Put, 20, 20, 0.3333333333333333, 0.25, 0.09, 1.1166)] // Hull, Options, Futures and Other Derivatives: 1.12
    public void Price_PublishedExample_Agrees(OptionKind kind, double forward, double strike, double years, double volatility, double rate, double price) =>
        Assert.Equal(price, Black76.Price(kind, forward, strike, years, volatility, rate), 5e-5);

    [Fact]
    public void Delta_PublishedExample_Agrees()
    {
        // Haug, 2nd ed., 2.2.1: option on a future.
        Assert.Equal(0.5946, Black76.Value(OptionKind.Call, 105, 100, 0.5, 0.36, 0.10).Delta, 5e-5);
        Assert.Equal(-0.3566, Black76.Value(OptionKind.Put, 105, 100, 0.5, 0.36, 0.10).Delta, 5e-5);
    }

    [Fact]
    public void Value_UsualGoldenVectors_AgreesTo1e13OfItsScale()
    {
        using var vectors = new Vectors("black76.json");
        var columns = OptionValueColumns.Names.ToDictionary(name => name, vectors.Fractions);
        var inputs = OptionValueColumns.Inputs.ToDictionary(name => name, vectors.Fractions);
        var kinds = Vectors.Strings(vectors.Root, "kind");
        Assert.True(kinds.Count >= 40);
        for (var i = 0; i < kinds.Count; i++)
        {
            OptionValueColumns.AssertAgrees(kinds[i], name => inputs[name][i], name => columns[name][i], 1e-13, 1e-17);
        }
    }

    [Fact]
    public void Value_WideGoldenVectors_AgreesTo1e13OfItsScale()
    {
        using var vectors = new Vectors("black76.json");
        var table = vectors.Root.GetProperty("wide");
        var columns = OptionValueColumns.Names.Concat(OptionValueColumns.Inputs).ToDictionary(name => name, name => Vectors.Doubles(table, name));
        var kinds = Vectors.Strings(table, "kind");
        Assert.True(kinds.Count >= 40);
        for (var i = 0; i < kinds.Count; i++)
        {
            OptionValueColumns.AssertAgrees(kinds[i], name => columns[name][i], name => columns[name][i], 1e-13, 0);
        }
    }

    [Fact]
    public void Value_QuantLib_AgreesTo1e12()
    {
        using var vectors = new Vectors("quantlib-options.json");
        var table = vectors.Root.GetProperty("black76");
        var kinds = Vectors.Strings(table, "kind");
        string[] names = ["forward", "strike", "days", "volatility", "rate", "price", "delta", "gamma", "vega", "theta"];
        var c = names.ToDictionary(name => name, name => Vectors.Doubles(table, name));
        Assert.True(kinds.Count >= 200);
        for (var i = 0; i < kinds.Count; i++)
        {
            var (forward, volatility, years) = (c["forward"][i], c["volatility"][i], c["days"][i] / 365);
            var value = Black76.Value(Kind(kinds[i]), forward, c["strike"][i], years, volatility, c["rate"][i]);
            Assert.Equal(c["price"][i], value.Price, 1e-12 * forward);
            Assert.Equal(c["delta"][i], value.Delta, 1e-12);
            Assert.Equal(c["gamma"][i], value.Gamma, 1e-12 * Math.Max(value.Gamma, 1 / forward));
            Assert.Equal(c["vega"][i], value.Vega, 1e-12 * forward);
            Assert.Equal(c["theta"][i], value.Theta, 1e-12 * Math.Max(Math.Abs(value.Theta), forward));
        }
    }

    [Fact]
    public void Price_CallLessPut_IsDiscountedForwardLessStrike() => GenOption.Sample(o =>
    {
        var call = Black76.Price(OptionKind.Call, o.Forward, o.Strike, o.Years, o.Volatility, o.Rate);
        var put = Black76.Price(OptionKind.Put, o.Forward, o.Strike, o.Years, o.Volatility, o.Rate);
        var discount = Elementary.Exp(-o.Rate * o.Years);
        Assert.Equal(discount * (o.Forward - o.Strike), call - put, 4e-16 * discount * (o.Forward + o.Strike));
    });

    [Fact]
    public void Price_Always_BetweenIntrinsicAndBound() => GenOption.Sample(o =>
    {
        var discount = Elementary.Exp(-o.Rate * o.Years);
        var call = Black76.Price(OptionKind.Call, o.Forward, o.Strike, o.Years, o.Volatility, o.Rate);
        var put = Black76.Price(OptionKind.Put, o.Forward, o.Strike, o.Years, o.Volatility, o.Rate);
        Assert.InRange(call, discount * Math.Max(0, o.Forward - o.Strike), discount * o.Forward);
        Assert.InRange(put, discount * Math.Max(0, o.Strike - o.Forward), discount * o.Strike);
    });

    [Fact]
    public void Price_MoreVolatilityOrForward_NeverFallsForACall() => GenOption.Sample(o =>
    {
        var price = Black76.Price(OptionKind.Call, o.Forward, o.Strike, o.Years, o.Volatility, o.Rate);
        var rounding = 1e-15 * o.Forward * Elementary.Exp(-o.Rate * o.Years);
        Assert.True(Black76.Price(OptionKind.Call, o.Forward, o.Strike, o.Years, o.Volatility * 1.01, o.Rate) >= price - rounding);
        Assert.True(Black76.Price(OptionKind.Call, o.Forward * 1.01, o.Strike, o.Years, o.Volatility, o.Rate) >= price - rounding);
        Assert.True(Black76.Price(OptionKind.Call, o.Forward, o.Strike * 1.01, o.Years, o.Volatility, o.Rate) <= price + rounding);
    });

    [Fact]
    public void Value_AnyFiniteInput_IsFinite()
    {
        double[] sizes = [0, double.Epsilon, 1e-300, 1e-154, 1e-3, 1, 50, 1e100, 1e300, double.MaxValue];
        double[] rates = [0, 0.1, -700, 700, 1e100, double.MaxValue, double.MinValue];
        foreach (var forward in sizes)
        {
            foreach (var strike in sizes)
            {
                foreach (var years in sizes)
                {
                    foreach (var volatility in sizes)
                    {
                        foreach (var rate in rates)
                        {
                            AssertFinite(Black76.Value(OptionKind.Call, forward, strike, years, volatility, rate), forward, strike, years, volatility, rate);
                            AssertFinite(Black76.Value(OptionKind.Put, forward, strike, years, volatility, rate), forward, strike, years, volatility, rate);
                        }
                    }
                }
            }
        }
    }

    [Fact]
    public void Value_ScaledByAHugeNumber_IsScaled()
    {
        var one = Black76.Value(OptionKind.Call, 1, 1.1, 0.5, 0.8, 0.03);
        foreach (var scale in new[] { Math.ScaleB(1, 990), Math.ScaleB(1, -990) })
        {
            var scaled = Black76.Value(OptionKind.Call, scale, 1.1 * scale, 0.5, 0.8, 0.03);
            Assert.Equal(one.Price, scaled.Price / scale, 1e-15);
            Assert.Equal(one.Gamma, scaled.Gamma * scale, 1e-14);
            Assert.Equal(one.Vega, scaled.Vega / scale, 1e-15);
        }
    }

    [SharedDataFact("data", "options", "deribit_btc_chain_2020-05-21.csv")]
    public void Value_DeribitChain_AgreesToThePublishedTolerances()
    {
        var errors = DeribitChain.Read().Select(row =>
        {
            var value = Black76.Value(row.Kind, row.Underlying, row.Strike, row.Years, row.MarkVolatility, 0);

            // Deribit's theta is a day's, and never more than the option is worth.
            var theta = -Math.Min(Math.Abs(value.Theta) / 365 * Math.Min(1, row.Years * 365), row.MarkPrice * row.Underlying);
            return (
                Delta: Math.Abs(value.Delta - row.Delta),
                Gamma: Math.Abs(value.Gamma - row.Gamma),
                Vega: Math.Abs((value.Vega / 100) - row.Vega),
                Theta: Math.Abs(theta - row.Theta),
                Mark: Math.Abs((value.Price / row.Underlying) - row.MarkPrice));
        }).ToList();
        Assert.Equal(326, errors.Count);
        Assert.InRange(errors.Max(e => e.Delta), 0, 1.1e-4);
        Assert.InRange(errors.Max(e => e.Gamma), 0, 5.2e-6);
        Assert.InRange(errors.Max(e => e.Vega), 0, 1.7e-3);
        Assert.InRange(errors.Max(e => e.Theta), 0, 0.025);
        Assert.InRange(errors.Max(e => e.Mark), 0, 2.5e-4);
    }

    private static readonly Gen<(double Forward, double Strike, double Years, double Volatility, double Rate)> GenOption =
        Gen.Select(Gen.Double[-10, 10], Gen.Double[-6, 6], Gen.Double[-8, 2], Gen.Double[-6, 2], Gen.Double[-0.2, 0.4]).Select(g =>
        {
            var (lnForward, d, lnYears, lnVolatility, rate) = g;
            var (forward, years, volatility) = (Elementary.Exp(lnForward), Elementary.Exp(lnYears), Elementary.Exp(lnVolatility));
            return (forward, forward * Elementary.Exp(d * volatility * Math.Sqrt(years)), years, volatility, rate);
        });

    internal static OptionKind Kind(string name) => name == "call" ? OptionKind.Call : OptionKind.Put;

    internal static void AssertFinite(OptionValue v, params double[] inputs)
    {
        var finite = double.IsFinite(v.Price) && double.IsFinite(v.Delta) && double.IsFinite(v.Gamma) && double.IsFinite(v.Vega)
            && double.IsFinite(v.Theta) && double.IsFinite(v.Rho) && double.IsFinite(v.Vanna) && double.IsFinite(v.Volga)
            && double.IsFinite(v.Charm) && double.IsFinite(v.Speed);
        if (!finite)
        {
            Assert.Fail($"{v} for {string.Join(", ", inputs)}");
        }
    }

    /// <summary>Without the signs of zeros.</summary>
    private static OptionValue Abs(OptionValue v) => new(
        Math.Abs(v.Price), Math.Abs(v.Delta), Math.Abs(v.Gamma), Math.Abs(v.Vega), Math.Abs(v.Theta), Math.Abs(v.Rho), Math.Abs(v.Vanna),
        Math.Abs(v.Volga), Math.Abs(v.Charm), Math.Abs(v.Speed));
}
