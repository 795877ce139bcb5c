using System.Globalization;
using System.Text.Json;
using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Pricing;
using KeeperOracle.Risk.Volatility;
using KeeperOracle.Tests.EndToEnd;
using KeeperOracle.Tests.Risk.Pricing;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class SviTests
{
    /// <summary>A. Vogt's parameters: a smile that looks well and is not free of butterfly arbitrage (Gatheral and Jacquier 2014, example 3.1).</summary>
    private static readonly SviSlice Vogt = new(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153, 1, 1);

    private static readonly SviSlice Usual = new(0.002, 0.04, -0.3, -0.02, 0.06, 100, 0.05);

    [Theory]
    [InlineData(double.NaN, 0.1, 0, 0, 0.1, 1, 1, "NotFinite")]
    [InlineData(0, 0.1, 0, double.PositiveInfinity, 0.1, 1, 1, "NotFinite")]
    [InlineData(0.1, -1e-9, 0, 0, 0.1, 1, 1, "SlopeNegative")]
    [InlineData(0.1, 0.1, 1, 0, 0.1, 1, 1, "CorrelationOutOfRange")]
    [InlineData(0.1, 0.1, -1, 0, 0.1, 1, 1, "CorrelationOutOfRange")]
    [InlineData(0.1, 0.1, 0, 0, 0, 1, 1, "WidthNotPositive")]
    [InlineData(-0.0801, 0.1, 0.6, 0, 1, 1, 1, "VarianceNegative")] // the least is a + .08
    [InlineData(0.1, 0.1, 0, 0, 0.1, 0, 1, "ForwardNotPositive")]
    [InlineData(0.1, 0.1, 0, 0, 0.1, 1, 0, "TimeNotPositive")]
    public void Slice_BadParameter_RefusedByName(
        double a, double b, double rho, double m, double s, double forward, double years, string refusal) =>
        Assert.Equal(refusal, Assert.Throws<RiskInputException>(() => new SviSlice(a, b, rho, m, s, forward, years)).Refusal);

    [Fact]
    public void Slice_AtTheEdgeOfItsParameters_Accepted()
    {
        Assert.Equal(0, new SviSlice(-0.08, 0.1, 0.6, 0, 1, 1, 1).LeastTotalVariance, 1e-16);
        Assert.Equal(0.3, new SviSlice(0.09, 0, 0.5, 0, 1, 1, 1).Volatility(3), 1e-15);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public void Volatility_StrikeNotPositive_RefusedByName(double strike) =>
        Assert.Equal("StrikeNotPositive", Assert.Throws<RiskInputException>(() => Usual.Volatility(strike)).Refusal);

    [SharedDataFact("reference", "derive-pm2-case-12.json")]
    public void Volatility_DerivesCase_AgreesTo1e12()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(SharedDataFactAttribute.PathOf("reference", "derive-pm2-case-12.json")));
        var scenario = file.RootElement.GetProperty("Scenario");
        var p = scenario.GetProperty("OptionFeeds")[0].GetProperty("SVIparam").EnumerateArray()
            .Select(item => item.ValueKind == JsonValueKind.String ? double.Parse(item.GetString()!, CultureInfo.InvariantCulture) : item.GetDouble())
            .ToArray();
        var option = scenario.GetProperty("Options")[0];
        var slice = new SviSlice(p[0], p[1], p[2], p[3], p[4], p[5], p[6]);
        Assert.Equal(option.GetProperty("MarkVol").GetDouble(), slice.Volatility(option.GetProperty("Strike").GetDouble()), 1e-12);
    }

    [Fact]
    public void Volatility_BeyondTheClamp_StaysWhatItIsThere()
    {
        var clamp = 4 * Math.Sqrt(0.002 + (0.04 * 0.06));
        Assert.Equal(clamp, Usual.Clamp, 1e-16);
        var (low, high) = (100 * Elementary.Exp(-clamp), 100 * Elementary.Exp(clamp));
        Assert.Equal(Usual.Volatility(high), Usual.Volatility(high * 3), 1e-14);
        Assert.Equal(Usual.Volatility(low), Usual.Volatility(low / 3), 1e-14);
        Assert.True(Usual.Volatility(high) - Usual.Volatility(high / 1.001) > 1e-5);
        Assert.Equal(Math.Sqrt(Usual.Unclamped(Elementary.Log(1.1)).Variance / 0.05), Usual.Volatility(110), 1e-14);
    }

    [Fact]
    public void Unclamped_Derivatives_AreThoseOfTheFormula() => Gen.Double[-2, 2].Sample(k =>
    {
        const double Step = 1e-4;
        var (_, slope, curvature) = Vogt.Unclamped(k);
        var (up, at, down) = (Vogt.Unclamped(k + Step).Variance, Vogt.Unclamped(k).Variance, Vogt.Unclamped(k - Step).Variance);
        Assert.Equal((up - down) / (2 * Step), slope, 1e-8);
        Assert.Equal((up - (2 * at) + down) / (Step * Step), curvature, 1e-6);
    });

    [Fact]
    public void Butterfly_VogtsParameters_ShowArbitrage()
    {
        var check = SviArbitrage.Butterfly(Vogt);
        Assert.False(check.Free);
        Assert.True(check.WingsFree);
        Assert.InRange(check.LogMoneyness, 0.5, 1.2);
        Assert.True(check.Least < -0.01, $"{check}");
        Assert.True(SviArbitrage.Butterfly(Usual).Free);
    }

    [Fact]
    public void Butterfly_MilderSmileThanVogts_IsFree() =>
        Assert.True(SviArbitrage.Butterfly(new SviSlice(-0.03, 0.1, 0.3, 0.27, 0.41, 1, 1)).Free);

    [Theory]
    [InlineData(1.99, true)]
    [InlineData(2.01, false)]
    public void Butterfly_WingSteeperThanTwo_IsNotFree(double slope, bool free)
    {
        var check = SviArbitrage.Butterfly(new SviSlice(4, slope / 1.5, 0.5, 0, 3, 1, 1));
        Assert.Equal(free, check.WingsFree);
        Assert.False(check.Free && !free);
    }

    /// <summary>What g is about: the second difference of undiscounted calls in the strike is the density, so it has g's sign.</summary>
    [Fact]
    public void Density_AgainstPrices_HasTheSignOfTheirCurvature() => Gen.Double[-1.2, 1.4].Sample(k =>
    {
        double Call(double strike)
        {
            var sigma = Math.Sqrt(Vogt.Unclamped(Elementary.Log(strike)).Variance);
            return Black76.Price(OptionKind.Call, 1, strike, 1, sigma, 0);
        }

        var (strike, step) = (Elementary.Exp(k), 1e-3);
        var (w, _, _) = Vogt.Unclamped(k);
        var d2 = (-k / Math.Sqrt(w)) - (Math.Sqrt(w) / 2);
        var curvature = (Call(strike + step) - (2 * Call(strike)) + Call(strike - step)) / (step * step);
        Assert.Equal(Elementary.NormalDensity(d2) / (Math.Sqrt(w) * strike) * SviArbitrage.Density(Vogt, k), curvature, 2e-4);
    });

    [Fact]
    public void Calendar_VarianceThatFalls_IsFoundAndNamed()
    {
        var later = new SviSlice(0.003, 0.05, -0.3, -0.02, 0.06, 100, 0.1);
        Assert.True(SviArbitrage.Calendar(Usual, later).Free);
        Assert.True(SviArbitrage.Calendar(Usual, Usual).Free);
        var lower = SviArbitrage.Calendar(Usual, new SviSlice(0.0019, 0.04, -0.3, -0.02, 0.06, 100, 0.1));
        Assert.False(lower.Free);
        Assert.True(lower.WingsFree);
        Assert.Equal(-0.0001, lower.Least, 1e-15);
        Assert.False(SviArbitrage.Calendar(Usual, new SviSlice(0.1, 0.04, -0.5, -0.02, 0.06, 100, 0.1)).WingsFree); // the right wing is flatter
        Assert.Equal("ExpiriesOutOfOrder", Assert.Throws<RiskInputException>(() => SviArbitrage.Calendar(later, Usual)).Refusal);
    }

    [Fact]
    public void Fit_BadQuotes_RefusedByName()
    {
        SviQuote[] Quotes(params double[] strikes) => [.. strikes.Select(strike => new SviQuote(strike, 0.5))];
        string Refusal(SviQuote[] quotes, double forward = 100, double years = 1) =>
            Assert.Throws<RiskInputException>(() => SviFit.Fit(quotes, forward, years)).Refusal;

        Assert.Equal("TooFewQuotes", Refusal(Quotes(80, 90, 100, 110)));
        Assert.Equal("TooFewQuotes", Refusal([.. Quotes(80, 90, 100, 110), new SviQuote(120, 0.5, 0)]));
        Assert.Equal("RepeatedStrike", Refusal(Quotes(80, 90, 100, 110, 110)));
        Assert.Equal("StrikeNotPositive", Refusal(Quotes(0, 90, 100, 110, 120)));
        Assert.Equal("VolatilityNotPositive", Refusal([.. Quotes(80, 90, 100, 110), new SviQuote(120, 0)]));
        Assert.Equal("WeightNegative", Refusal([.. Quotes(80, 90, 100, 110), new SviQuote(120, 0.5, -1)]));
        Assert.Equal("NotFinite", Refusal([.. Quotes(80, 90, 100, 110), new SviQuote(120, double.NaN)]));
        Assert.Equal("ForwardNotPositive", Refusal(Quotes(80, 90, 100, 110, 120), forward: 0));
        Assert.Equal("TimeNotPositive", Refusal(Quotes(80, 90, 100, 110, 120), years: 0));
    }

    [Fact]
    public void Fit_QuotesOfASlice_GivesTheSliceBack()
    {
        foreach (var slice in new[] { Usual, Vogt, new SviSlice(0.01, 0.08, 0.2, 0.03, 0.15, 3000, 0.5) })
        {
            var reach = 2.5 * Math.Sqrt(slice.A + (slice.B * slice.S) + 0.01);
            var quotes = Enumerable.Range(0, 21).Select(i =>
            {
                var k = reach * (i - 10) / 10;
                return new SviQuote(slice.Forward * Elementary.Exp(k), Math.Sqrt(slice.Unclamped(k).Variance / slice.Years));
            }).ToList();
            var fit = SviFit.Fit(quotes, slice.Forward, slice.Years);
            Assert.InRange(fit.RootMeanSquareError, 0, 1e-7);
            Assert.Equal(slice.A, fit.Slice.A, 1e-4);
            Assert.Equal(slice.B, fit.Slice.B, 1e-4);
            Assert.Equal(slice.Rho, fit.Slice.Rho, 1e-3);
            Assert.Equal(slice.M, fit.Slice.M, 1e-3);
            Assert.Equal(slice.S, fit.Slice.S, 1e-3);
            Assert.Equal(SviArbitrage.Butterfly(slice).Free, fit.Butterfly.Free);
        }
    }

    [Fact]
    public void Fit_Repeated_SameBits()
    {
        var random = new SeededRandom(4);
        var quotes = Enumerable.Range(0, 15).Select(i => new SviQuote(60 + (6 * i), 0.5 + (0.1 * random.NextUniform()))).ToList();
        var (first, second) = (SviFit.Fit(quotes, 100, 0.1), SviFit.Fit(quotes, 100, 0.1));
        Assert.Equal(first, second);
    }

    [Fact]
    public void Fit_FlatOrStraightQuotes_FitsThem()
    {
        var flat = SviFit.Fit([.. Enumerable.Range(0, 9).Select(i => new SviQuote(60 + (10 * i), 0.4))], 100, 0.25);
        Assert.InRange(flat.RootMeanSquareError, 0, 1e-7);
        Assert.True(flat.Butterfly.Free);
    }

    [SharedDataFact("data", "options", "deribit_btc_chain_2020-05-21.csv")]
    public void Fit_DeribitChain_FindsTheLeastOfManyStarts()
    {
        // Root mean square errors of volatility at the best of 200 random starts of scipy 1.10's least_squares, by days to expiry. The chain's
        // marks are flat in the wings of the short expiries, which no slice follows.
        var least = new Dictionary<double, double>
        {
            [0] = 0.08371843604,
            [1] = 0.018485475272,
            [7] = 0.0912554887232,
            [14] = 0.0054780350722,
            [35] = 0.0133272920522,
            [126] = 0.002164864412,
            [217] = 0.0029339289536,
        };
        var expiries = DeribitChain.Read().GroupBy(row => Math.Round(row.Years * 365)).ToList();
        Assert.Equal(least.Keys.Order(), expiries.Select(expiry => expiry.Key).Order());
        foreach (var expiry in expiries)
        {
            var quotes = expiry.GroupBy(row => row.Strike).Select(rows => new SviQuote(rows.Key, rows.First().MarkVolatility)).ToList();
            var fit = SviFit.Fit(quotes, expiry.First().Underlying, expiry.First().Years);
            Assert.Equal(least[expiry.Key], fit.RootMeanSquareError, 1e-6 * least[expiry.Key]);
        }
    }
}
