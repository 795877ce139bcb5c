using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Pricing;
using KeeperOracle.Risk.Volatility;
using KeeperOracle.Tests.EndToEnd;
using KeeperOracle.Tests.Risk.Pricing;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class ImpliedVolatilityTests
{
    private const double Ulp = 2.220446049250313e-16;

    [Theory]
    [InlineData(double.NaN, 100, 100, 1, 0, "NotFinite")]
    [InlineData(double.PositiveInfinity, 100, 100, 1, 0, "NotFinite")]
    [InlineData(1, -100, 100, 1, 0, "NegativeForward")]
    [InlineData(1, 100, -100, 1, 0, "NegativeStrike")]
    [InlineData(1, 100, 100, -1, 0, "NegativeTime")]
    [InlineData(1, 100, 100, 1, double.NaN, "NotFinite")]
    public void Of_BadInput_RefusedByName(double price, double forward, double strike, double years, double rate, string refusal) =>
        Assert.Equal(
            refusal, Assert.Throws<RiskInputException>(() => ImpliedVolatility.Of(OptionKind.Call, price, forward, strike, years, rate)).Refusal);

    [Theory]
    [InlineData(OptionKind.Call, 10, 110, 100, 1, ImpliedVolatilityStatus.AtIntrinsic)]
    [InlineData(OptionKind.Call, 9.999999999999998, 110, 100, 1, ImpliedVolatilityStatus.UnderIntrinsic)]
    [InlineData(OptionKind.Call, 10.000000000000002, 110, 100, 1, ImpliedVolatilityStatus.Solved)]
    [InlineData(OptionKind.Call, -1e-300, 90, 100, 1, ImpliedVolatilityStatus.UnderIntrinsic)]
    [InlineData(OptionKind.Call, 0, 90, 100, 1, ImpliedVolatilityStatus.AtIntrinsic)]
    [InlineData(OptionKind.Call, 1e-300, 90, 100, 1, ImpliedVolatilityStatus.Solved)]
    [InlineData(OptionKind.Call, 110, 110, 100, 1, ImpliedVolatilityStatus.OverBound)]
    [InlineData(OptionKind.Call, 109.99999, 110, 100, 1, ImpliedVolatilityStatus.Solved)]
    [InlineData(OptionKind.Call, 1e308, 110, 100, 1, ImpliedVolatilityStatus.OverBound)]
    [InlineData(OptionKind.Put, 100, 110, 100, 1, ImpliedVolatilityStatus.OverBound)]
    [InlineData(OptionKind.Put, 99.99999, 110, 100, 1, ImpliedVolatilityStatus.Solved)]
    [InlineData(OptionKind.Call, 11, 110, 100, 0, ImpliedVolatilityStatus.NotAttainable)]
    [InlineData(OptionKind.Call, 10, 110, 100, 0, ImpliedVolatilityStatus.AtIntrinsic)]
    [InlineData(OptionKind.Call, 1, 0, 100, 1, ImpliedVolatilityStatus.NotAttainable)]
    [InlineData(OptionKind.Put, 110, 0, 100, 1, ImpliedVolatilityStatus.NotAttainable)]
    public void Of_PriceAtAndBesideItsBounds_IsNamed(
        OptionKind kind, double price, double forward, double strike, double years, ImpliedVolatilityStatus status)
    {
        var answer = ImpliedVolatility.Of(kind, price, forward, strike, years, 0);
        Assert.Equal(status, answer.Status);
        Assert.Equal(status == ImpliedVolatilityStatus.Solved, answer.Volatility > 0 && double.IsFinite(answer.Volatility));
    }

    [Fact]
    public void Of_HullsExample_Agrees()
    {
        // Hull, Options, Futures and Other Derivatives, implied volatilities: S 21, K 20, r 10 %, three months, call 1.875 gives 23.5 %.
        var answer = ImpliedVolatility.Of(OptionKind.Call, 1.875, 21 * Elementary.Exp(0.025), 20, 0.25, 0.1);
        Assert.Equal(0.235, answer.Volatility, 5e-4);
    }

    [Fact]
    public void Total_GoldenVectors_AgreesAsFarAsThePriceCarries()
    {
        using var vectors = new Vectors("implied-volatility.json");
        string[] names = ["forward", "strike", "price", "v", "vega"];
        var c = names.ToDictionary(name => name, name => Vectors.Doubles(vectors.Root, name));
        var kinds = Vectors.Strings(vectors.Root, "kind");
        Assert.True(kinds.Count > 80);
        for (var i = 0; i < kinds.Count; i++)
        {
            var answer = ImpliedVolatility.Total(Black76Tests.Kind(kinds[i]), c["price"][i], c["forward"][i], c["strike"][i]);
            var v = c["v"][i];
            var lastDigit = c["price"][i] / (v * c["vega"][i]);
            Assert.Equal(ImpliedVolatilityStatus.Solved, answer.Status);
            Assert.True(
                Math.Abs(answer.Volatility - v) <= Ulp * v * (16 + lastDigit),
                $"{answer.Volatility:R}, the reference {v:R}, F {c["forward"][i]:R} K {c["strike"][i]:R}");
        }
    }

    [Fact]
    public void Total_OfShare_GivesTheVolatilityBack() => Gen.Select(Gen.Double[-18.4, 1.7], Gen.Double[0, 37], Gen.Int[0, 3]).Sample((lnV, d, near) =>
    {
        var v = Elementary.Exp(lnV);
        var strike = near switch
        {
            0 => 1,
            1 => Elementary.Exp(v * v * d / 20),
            _ => Elementary.Exp(v * d),
        };
        var share = ImpliedVolatility.Share(ImpliedVolatility.Distance(1, strike), v);
        if (share is < 1e-300 or >= 1)
        {
            return;
        }

        var answer = ImpliedVolatility.Total(OptionKind.Call, share, 1, strike);
        var d1 = (v / 2) - (ImpliedVolatility.Distance(1, strike) / v);

        // Near its bound the price carries only what is left of 1 - s.
        var lastDigit = share / (v * Elementary.NormalDensity(d1));
        Assert.True(Math.Abs(answer.Volatility - v) <= Ulp * v * (40 + (2 * lastDigit)), $"{answer.Volatility:R} for {v:R}, strike {strike:R}");
    });

    [Fact]
    public void Of_PriceOfBlack_GivesTheVolatilityBack() =>
        Gen.Select(Gen.Bool, Gen.Double[-6, 6], Gen.Double[-7, 1], Gen.Double[-5, 1], Gen.Double[-0.05, 0.3]).Sample((call, d, lnYears, lnVolatility, rate) =>
        {
            var kind = call ? OptionKind.Call : OptionKind.Put;
            var (years, volatility) = (Elementary.Exp(lnYears), Elementary.Exp(lnVolatility));
            var (forward, strike) = (2500.0, 2500 * Elementary.Exp(d * volatility * Math.Sqrt(years)));
            var value = Black76.Value(kind, forward, strike, years, volatility, rate);
            var answer = ImpliedVolatility.Of(kind, value.Price, forward, strike, years, rate);
            if (answer.Status == ImpliedVolatilityStatus.Solved)
            {
                var rounding = 8 * Ulp * Math.Max(forward, strike);
                Assert.Equal(value.Price, Black76.Price(kind, forward, strike, years, answer.Volatility, rate), rounding);
                if (value.Vega * volatility > 1e6 * rounding)
                {
                    Assert.Equal(volatility, answer.Volatility, 2 * rounding / value.Vega);
                }
            }
            else
            {
                Assert.Equal(ImpliedVolatilityStatus.AtIntrinsic, answer.Status);
            }
        });

    [SharedDataFact("data", "options", "deribit_btc_chain_2020-05-21.csv")]
    public void Of_DeribitChain_AgreesWithItsMarkVolatilities()
    {
        var errors = DeribitChain.Read().Select(row =>
        {
            var answer = ImpliedVolatility.Of(row.Kind, row.MarkPrice * row.Underlying, row.Underlying, row.Strike, row.Years, 0);
            return (answer.Status, Error: Math.Abs(answer.Volatility - row.MarkVolatility), row.Vega, row.Underlying);
        }).ToList();
        var solved = errors.Where(e => e.Status == ImpliedVolatilityStatus.Solved).ToList();
        Assert.True(solved.Count >= 300, $"{solved.Count} of {errors.Count} solved");
        Assert.All(errors.Except(solved), e => // so deep in the money that eight digits of the price hold no more than the intrinsic value
        {
            Assert.True(e.Status is ImpliedVolatilityStatus.AtIntrinsic or ImpliedVolatilityStatus.UnderIntrinsic);
            Assert.InRange(e.Vega, 0, 1.5);
        });

        // The prices in the file differ from Black-76 by at most 2.4e-4 BTC, four in a million in the middle.
        Assert.All(solved.Where(e => e.Vega > 1), e => Assert.InRange(e.Error * 100 * e.Vega / e.Underlying, 0, 3e-4));
        Assert.InRange(solved.Where(e => e.Vega > 1).Select(e => e.Error).Order().ElementAt(solved.Count(e => e.Vega > 1) / 2), 0, 2e-4);
    }
}
