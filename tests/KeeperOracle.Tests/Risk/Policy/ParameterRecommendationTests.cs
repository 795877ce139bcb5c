using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class ParameterRecommendationTests
{
    private static readonly BoundsSnapshot Bounds = PolicyReplay.PlainBounds with
    {
        VolatilityFloor = Percent(35),
        VolatilityCap = Percent(400),
        Bonus = Percent(5),
        Jump = Percent(15),
    };

    private static readonly RecommendationInputs Plain = new(Alternating(500, 0.03), null, 1e9, 1e7, null, null);

    [Fact]
    public void From_InputsWithoutMeaning_RefusedByName()
    {
        Assert.Equal("TooFewObservations", Refusal(Plain with { Closes = Alternating(30, 0.03) }));
        Assert.Equal("PriceNotPositive", Refusal(Plain with { Closes = [.. Alternating(40, 0.03), 0] }));
        Assert.Equal("PriceNotPositive", Refusal(Plain with { Closes = [.. Alternating(40, 0.03), double.NaN] }));
        Assert.Equal("ConstantPrices", Refusal(Plain with { Closes = [.. Enumerable.Repeat(100.0, 300)] }));
        Assert.Equal("SizeNegative", Refusal(Plain with { SellSize = -1 }));
        Assert.Equal("LengthMismatch", Refusal(Plain with { Volumes = [1, 2] }));
        Assert.Equal("VolumeNegative", Refusal(Plain with { Volumes = [.. Enumerable.Repeat(-1.0, 500)] }));
        Assert.Equal("DepthUnknown", Refusal(Plain with { DailyVolume = null }));
        Assert.Equal("DepthUnknown", Refusal(Plain with { DailyVolume = null, Volumes = new double[500] }));
        Assert.Equal("NotFinite", Refusal(Plain with { ImpliedVolatility = double.NaN }));
        Assert.Single(new[] { Recommend(Plain with { Closes = Alternating(31, 0.03) }) });
    }

    /// <summary>A market of one known volatility: every figure by hand.</summary>
    [Fact]
    public void From_ConstantVolatility_EveryFigureByHand()
    {
        var result = Recommend(Plain);

        var sigma = 0.03 * Math.Sqrt(365);
        var slippage = 2.0 / 3 * 0.03 * Math.Sqrt(0.01);
        var threshold = Math.Exp(-2.6652142 * sigma * Math.Sqrt(5.0 / 365)) * (1 - slippage) / 1.05;
        Assert.Equal(sigma, result.PointVolatility, 10);
        Assert.Equal(sigma, result.StressVolatility, 10);
        Assert.Equal(sigma, result.AppliedVolatility, 10);
        Assert.Equal(slippage, result.Slippage, 12);
        Assert.Equal(threshold, result.LiquidationThreshold, 10);
        Assert.Equal(threshold * Math.Exp(-2.3263478740 * 0.03), result.BorrowFactor, 10);
        Assert.Equal(1 / threshold, result.CollateralRatio, 10);
        Assert.Equal(2.3263478740 * sigma * Math.Sqrt(5.0 / 365), result.Range, 10);
        Assert.Equal((result.AppliedVolatility, result.Slippage), (result.NextVolatility, result.NextSlippage));
        Assert.Equal((Regime.Normal, 0), (result.Regime, result.Trips.Length));
        Assert.Null(result.Update);
        Assert.Equal(1, result.Procyclicality.PeakToTrough, 9);
    }

    [Fact]
    public void From_AnyHistory_EveryFigureHasItsStep()
    {
        var result = Recommend(Plain with { Current = Attested(0.8, 0.002) });

        var steps = result.Trace.ToDictionary(step => step.Name, step => step.Value);
        foreach (var (name, value) in new[]
        {
            ("point volatility", result.PointVolatility), ("stress volatility", result.StressVolatility),
            ("applied volatility", result.AppliedVolatility),
            ("slippage", result.Slippage), ("liquidation threshold", result.LiquidationThreshold), ("borrow factor", result.BorrowFactor),
            ("collateral ratio", result.CollateralRatio), ("range", result.Range), ("next volatility", result.NextVolatility),
            ("next slippage", result.NextSlippage), ("regime", (double)result.Regime),
            ("peak to trough", result.Procyclicality.PeakToTrough),
            ("worst 5-day rise", result.Procyclicality.WorstRise5Day!.Value), ("mean cost", result.Procyclicality.MeanCost),
            ($"update: {result.Update!.Kind}, {result.Update.Reason}", result.Update.Volatility.ToDouble()),
        })
        {
            Assert.Equal(value, steps[name]);
        }

        Assert.All(result.Trace, step => Assert.NotEmpty(step.Reason));
    }

    [Fact]
    public void From_QuarterOfTheDepth_IsStricter()
    {
        var (all, quarter) = (Recommend(Plain), Recommend(Plain with { DailyVolume = 2.5e8 }));

        Assert.Equal(2 * all.Slippage, quarter.Slippage, 12);
        Assert.True(quarter.LiquidationThreshold < all.LiquidationThreshold && quarter.BorrowFactor < all.BorrowFactor);
    }

    [Fact]
    public void From_Volumes_DepthIsTheMedianTradedValueOfThirtyDays()
    {
        var closes = Alternating(500, 0.03);
        double[] volumes = [.. Enumerable.Range(0, 500).Select(day => day < 470 ? 1e9 : 1e6 * (day - 469))];
        var values = closes.Zip(volumes, (price, volume) => price * volume).Skip(470).Order().ToList();

        var result = Recommend(Plain with { Volumes = volumes, DailyVolume = null });

        Assert.Equal((values[14] + values[15]) / 2, result.Trace.Single(step => step.Name == "daily volume").Value);
        Assert.Equal(Regime.Halted, result.Regime); // a fiftieth of the usual depth
    }

    [Theory]
    [InlineData(0.5, 0.573)]
    [InlineData(1.2, 1.2)]
    public void From_Implied_CountsWhereLarger(double implied, double point) =>
        Assert.Equal(point, Recommend(Plain with { ImpliedVolatility = implied }).PointVolatility, 3);

    [Fact]
    public void From_OutsideTheBounds_IsHeldByThemAndSaysSo()
    {
        var calm = Recommend(Plain with { Closes = Alternating(500, 0.005) });
        var wild = Recommend(Plain with { Closes = Alternating(500, 0.24), SellSize = 1e10 });

        Assert.Equal((0.35, 0.85), (calm.AppliedVolatility, Math.Round(calm.LiquidationThreshold / 0.85 * 0.85, 2)));
        Assert.Equal((4, 0.3), (wild.AppliedVolatility, wild.Slippage));
        Assert.Contains("held by governance's bounds", wild.Trace.Single(step => step.Name == "applied volatility").Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void From_Stablecoin_TheJumpFloorCounts()
    {
        var bounds = Bounds with { VolatilityFloor = Percent(1), Bonus = Wad.Zero };
        var inputs = Plain with { Closes = Alternating(500, 0.001), SellSize = 0 };

        var result = ParameterRecommendation.From(inputs, RecommendationParameters.Under(bounds));

        Assert.Equal(0.85, result.LiquidationThreshold, 12);
        Assert.StartsWith("1 - jump", result.Trace.Single(step => step.Name == "liquidation threshold").Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.5, UpdateKind.WholeReport, UpdateReason.Tighten)]
    [InlineData(0.56, UpdateKind.None, UpdateReason.WithinDeviation)]
    [InlineData(0.8, UpdateKind.None, UpdateReason.Dwelling)]
    public void From_CurrentValues_SaysWhetherToReport(double current, UpdateKind kind, UpdateReason reason)
    {
        var result = Recommend(Plain with { Current = Attested(current, 0.002) });

        Assert.Equal((kind, reason), (result.Update!.Kind, result.Update.Reason));
        Assert.Equal(Math.Max(0.9 * current, result.AppliedVolatility), result.NextVolatility, 12); // a loosening step is a tenth
    }

    [Fact]
    public void F30_From_FrozenFeed_IsHaltedAndNotCalm()
    {
        double[] closes = [.. Alternating(500, 0.03), .. Enumerable.Repeat(3000.0, 30)];

        var result = Recommend(Plain with { Closes = closes, Current = Attested(0.6, 0.002) });

        Assert.Equal((Regime.Halted, UpdateReason.Halted), (result.Regime, result.Update!.Reason));
        Assert.Equal(BreakerTripName.ZeroVariance, Assert.Single(result.Trips).Name);
        Assert.True(result.AppliedVolatility >= 0.35);
    }

    [Fact]
    public void From_JumpLongAgo_TheRegimeHasComeBack()
    {
        double[] closes = [.. Alternating(500, 0.03).Select((close, day) => day < 100 ? close : 1.4 * close)];

        Assert.Equal(Regime.Halted, Recommend(Plain with { Closes = closes[..101] }).Regime);
        Assert.Equal(Regime.Normal, Recommend(Plain with { Closes = closes }).Regime);
    }

    [SharedDataFact("data", "1d", "eth-usdt_1d_binance-spot.csv")]
    public void From_Ether_IsTheSameTwiceAndInsideTheLimits()
    {
        var history = DailyHistory.Read("eth-usdt_1d_binance-spot.csv");
        var inputs = new RecommendationInputs(history.Closes, history.Volumes, null, 5e7, null, Attested(0.75, 0.02));

        var (result, again) = (Recommend(inputs), Recommend(inputs));

        Assert.Equal(result.Trace.AsEnumerable(), again.Trace.AsEnumerable());
        Assert.InRange(result.LiquidationThreshold, 0.6, 0.85);
        Assert.Equal(0, new PolicyLimits().Excess(result.Procyclicality));
    }

    private static Recommendation Recommend(RecommendationInputs inputs) =>
        ParameterRecommendation.From(inputs, RecommendationParameters.Under(Bounds));

    private static string Refusal(RecommendationInputs inputs) => Assert.Throws<RiskInputException>(() => Recommend(inputs)).Refusal;

    /// <summary>Prices that go up and down by one log return.</summary>
    private static double[] Alternating(int count, double move) =>
        [.. Enumerable.Range(0, count).Select(i => i % 2 == 0 ? 3000 : 3000 * Math.Exp(move))];

    private static AttestedSnapshot Attested(double volatility, double slippage)
    {
        var (v, s) = (Wad.FromDoubleUp(volatility), Wad.FromDoubleUp(slippage));
        return new AttestedSnapshot(v, s, v, s, Wad.FromDoubleDown(CommitSimulation.ThresholdOf(v, s, Bounds).ToDouble() - 1), 1_000_000);
    }

    private static Wad Percent(int percent) => new(Wad.Scale * percent / 100);
}
