using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class RangeEstimatorsTests
{
    private delegate double Estimator(ReadOnlySpan<PriceBar> bars, double barsPerYear);

    private static readonly Dictionary<string, Estimator> All = new(StringComparer.Ordinal)
    {
        ["close"] = RangeEstimators.CloseToClose,
        ["parkinson"] = RangeEstimators.Parkinson,
        ["garman.klass"] = RangeEstimators.GarmanKlass,
        ["rogers.satchell"] = RangeEstimators.RogersSatchell,
        ["gk.yz"] = RangeEstimators.GarmanKlassYangZhang,
        ["yang.zhang"] = RangeEstimators.YangZhang,
    };

    private static readonly string[] Columns = ["open", "high", "low", "close"];

    public static TheoryData<string> Names => [.. All.Keys];

    [Theory]
    [InlineData(double.NaN, 11, 9, 10, "not a finite number")]
    [InlineData(10, double.PositiveInfinity, 9, 10, "not a finite number")]
    [InlineData(10, 11, 0, 10, "not over zero")]
    [InlineData(-10, 11, -11, 10, "not over zero")]
    [InlineData(10, 9, 11, 10, "the high is under the low")]
    [InlineData(8.99, 11, 9, 10, "the open lies outside")]
    [InlineData(11.01, 11, 9, 10, "the open lies outside")]
    [InlineData(10, 11, 9, 8.99, "the close lies outside")]
    [InlineData(10, 11, 9, 11.01, "the close lies outside")]
    [InlineData(1e151, 1e151, 1e151, 1e151, "outside 1e-150 to 1e150")]
    [InlineData(1e-151, 1e-151, 1e-151, 1e-151, "outside 1e-150 to 1e150")]
    public void Every_BadBar_RefusesByIndex(double open, double high, double low, double close, string because)
    {
        foreach (var estimate in All.Values)
        {
            var bars = Enumerable.Repeat(new PriceBar(10, 11, 9, 10), 6).ToArray();
            bars[4] = new PriceBar(open, high, low, close);
            var refused = Assert.Throws<RiskInputException>(() => estimate(bars, 365));
            Assert.Equal("BadBar", refused.Refusal);
            Assert.StartsWith("Bar 4 ", refused.Message, StringComparison.Ordinal);
            Assert.Contains(because, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_BarThatTouchesItsEnds_IsTaken()
    {
        PriceBar[] bars = [new(9, 11, 9, 11), new(11, 11, 9, 9), new(10, 10, 10, 10), new(10, 11, 9, 10)];
        Assert.All(All.Values, estimate => Assert.True(double.IsFinite(estimate(bars, 365))));
    }

    [Theory]
    [InlineData("close", 3)]
    [InlineData("parkinson", 1)]
    [InlineData("garman.klass", 1)]
    [InlineData("rogers.satchell", 1)]
    [InlineData("gk.yz", 2)]
    [InlineData("yang.zhang", 3)]
    public void Every_TooFewBars_Refuses(string name, int least)
    {
        var bars = Enumerable.Repeat(new PriceBar(10, 11, 9, 10), least).ToArray();
        Assert.True(double.IsFinite(All[name](bars, 365)));
        Assert.Equal("TooFewObservations", Assert.Throws<RiskInputException>(() => All[name](bars.AsSpan(1), 365)).Refusal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_BarsPerYearThatIsNone_Refuses(string name)
    {
        var bars = Enumerable.Repeat(new PriceBar(10, 11, 9, 10), 5).ToArray();
        foreach (var bad in new[] { 0, -1, double.NaN, double.PositiveInfinity })
        {
            Assert.Equal("BadInterval", Assert.Throws<RiskInputException>(() => All[name](bars, bad)).Refusal);
        }
    }

    /// <summary>
    /// The R package TTR. Its window n of gk.yz and yang.zhang takes the close before the window too, so it is n + 1 bars of ours; that
    /// of the close is n closes, so n bars.
    /// </summary>
    [Fact]
    public void Every_GoldenVectors_AgreesWithTtr()
    {
        using var vectors = new Vectors("range-estimators.json");
        double[][] columns = [.. Columns.Select(name => Vectors.Doubles(vectors.Root, name).ToArray())];
        PriceBar Bar(int i) => new(columns[0][i], columns[1][i], columns[2][i], columns[3][i]);
        var bars = Enumerable.Range(0, columns[0].Length).Select(Bar).ToArray();
        var compared = 0;
        foreach (var one in vectors.Root.GetProperty("cases").EnumerateArray())
        {
            var (n, last) = (one.GetProperty("n").GetInt32(), one.GetProperty("bar").GetInt32());
            foreach (var (name, estimate) in All)
            {
                if (one.TryGetProperty(name, out var expected))
                {
                    var first = last + 1 - n - (name is "gk.yz" or "yang.zhang" ? 1 : 0);
                    var value = Vectors.Double(expected.GetString()!);
                    var window = bars.AsSpan(first, last + 1 - first);
                    Assert.Equal(value, estimate(window, one.GetProperty("barsPerYear").GetDouble()), 1e-12 * value);
                    compared++;
                }
            }
        }

        Assert.Equal(102, compared);
    }

    [Fact]
    public void YangZhang_ByHand_WeighsAsThePaperSays()
    {
        // o = 0, .1, -.1; c = .2, 0, -.2; each bar moves in one direction, so Rogers-Satchell is zero. n = 3: k = .34 / (1.34 + 2).
        double E(double x) => Math.Exp(x);
        PriceBar[] bars = [new(1, 1, 1, 1), new(1, E(.2), 1, E(.2)), new(E(.3), E(.3), E(.3), E(.3)), new(E(.2), E(.2), 1, 1)];
        Assert.Equal(Math.Sqrt(0.01 + (0.34 / 3.34 * 0.04)), RangeEstimators.YangZhang(bars, 1), 1e-14);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_PricesInAnotherUnit_GivesTheSame(string name) => Gen.Select(Gen.ULong, Gen.Double[1e-6, 1e6]).Sample((seed, unit) =>
    {
        var bars = Walk(new SeededRandom(seed), 20, 0, 0.03, 0.01, 12);
        PriceBar[] other = [.. bars.Select(b => new PriceBar(b.Open * unit, b.High * unit, b.Low * unit, b.Close * unit))];
        var expected = All[name](bars, 365);
        Assert.Equal(expected, All[name](other, 365), 1e-9 * expected);
        Assert.Equal(expected * 2, All[name](bars, 4 * 365), 1e-12 * expected);
    });

    /// <summary>
    /// On a price that moves in 1,000 small steps a bar each finds the volatility that it was drawn with, where its assumptions hold.
    /// </summary>
    [Theory]
    [InlineData("close", true, true)]
    [InlineData("parkinson", false, false)]
    [InlineData("garman.klass", false, false)]
    [InlineData("rogers.satchell", true, false)]
    [InlineData("gk.yz", false, true)]
    [InlineData("yang.zhang", true, true)]
    public void Every_WhereItsAssumptionsHold_FindsTheVolatility(string name, bool standsDrift, bool standsGaps)
    {
        var drift = standsDrift ? 0.04 : 0;
        var gap = standsGaps ? 0.02 : 0;
        var bars = Walk(new SeededRandom(99), 250, drift, 0.04, gap, 1000);
        Assert.Equal(Math.Sqrt((0.04 * 0.04) + (gap * gap)), All[name](bars, 1), 0.005);
    }

    /// <summary>And where they do not, it is wrong by what the theory says: the reason to have more than one.</summary>
    [Fact]
    public void Parkinson_Drift_CountsItAsVolatilityAndRogersSatchellDoesNot()
    {
        var bars = Walk(new SeededRandom(99), 200, 0.08, 0.04, 0, 1000);
        Assert.True(RangeEstimators.Parkinson(bars, 1) > 0.055);
        Assert.Equal(0.04, RangeEstimators.RogersSatchell(bars, 1), 0.003);
        Assert.Equal(0.04, RangeEstimators.YangZhang(bars, 1), 0.003);
    }

    [Fact]
    public void Parkinson_Gaps_MissesThemAndYangZhangDoesNot()
    {
        var bars = Walk(new SeededRandom(99), 200, 0, 0.03, 0.04, 1000);
        Assert.Equal(0.03, RangeEstimators.Parkinson(bars, 1), 0.003);
        Assert.Equal(0.05, RangeEstimators.YangZhang(bars, 1), 0.004);
        Assert.Equal(0.05, RangeEstimators.GarmanKlassYangZhang(bars, 1), 0.004);
    }

    /// <summary>
    /// Variance of the variance against close-to-close. For prices that move continuously 5.2, 7.4 and 6 are published, and at most 14
    /// for Yang-Zhang with n = 2 and gaps; ours move in steps.
    /// </summary>
    [Fact]
    public void Every_AgainstCloseToClose_IsMoreEfficient()
    {
        var random = new SeededRandom(7);
        var estimates = All.Keys.ToDictionary(name => name, _ => new List<double>(), StringComparer.Ordinal);
        for (var trial = 0; trial < 400; trial++)
        {
            var bars = Walk(random, 11, 0, 0.03, 0, 100);
            foreach (var (name, estimate) in All)
            {
                var volatility = estimate(bars, 1);
                estimates[name].Add(volatility * volatility);
            }
        }

        double Spread(string name) => estimates[name].Average(v => v * v) / Math.Pow(estimates[name].Average(), 2) - 1;
        double Efficiency(string name) => Spread("close") / Spread(name);
        Assert.InRange(Efficiency("parkinson"), 4, 7);
        Assert.InRange(Efficiency("garman.klass"), 5.5, 10);
        Assert.InRange(Efficiency("rogers.satchell"), 4.5, 8);
        Assert.InRange(Efficiency("yang.zhang"), 5, 10);
    }

    /// <summary>Bars of a price with the given drift and volatility inside the bar, and gaps of the given deviation between bars.</summary>
    private static PriceBar[] Walk(SeededRandom random, int count, double drift, double volatility, double gap, int steps)
    {
        var bars = new PriceBar[count];
        var log = 5.0;
        for (var i = 0; i < count; i++)
        {
            log += gap == 0 ? 0 : gap * random.NextNormal();
            var (open, high, low) = (log, log, log);
            for (var step = 0; step < steps; step++)
            {
                log += (drift / steps) + (volatility / Math.Sqrt(steps) * random.NextNormal());
                (high, low) = (Math.Max(high, log), Math.Min(low, log));
            }

            bars[i] = new PriceBar(Elementary.Exp(open), Elementary.Exp(high), Elementary.Exp(low), Elementary.Exp(log));
        }

        return bars;
    }
}
