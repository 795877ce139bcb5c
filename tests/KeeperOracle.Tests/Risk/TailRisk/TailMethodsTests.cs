using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.TailRisk;

public sealed class TailMethodsTests
{
    private static readonly TailOptions Quick = new(Paths: 2000);

    // Of any size that is not refused as too large: one of them beyond it would end nearly every sample before anything is computed.
    private static readonly Gen<double> AnyReturn =
        Gen.OneOf(Gen.Double[-1e60, 1e60], Gen.Double[-1, 1], Gen.Double[-1e-170, 1e-170], Gen.Const(0.0));

    private static readonly Gen<double[]> AnySample = Gen.OneOf(AnyReturn.Array[2, 80], Gen.Double[-1, 1].Array[40, 80]);

    public static TheoryData<string> Names => [.. TailMethods.Names];

    [Fact]
    public void Fit_UnknownMethod_RefusesAndNamesThoseThereAre()
    {
        var refusal = Assert.Throws<RiskInputException>(() => TailMethods.Fit("garch", TailVectors.Returns));

        Assert.Equal("UnknownMethod", refusal.Refusal);
        Assert.Contains(
            "historical, fhs, normal, cornish-fisher, student-t, evt, conditional-evt, monte-carlo",
            refusal.Message,
            StringComparison.Ordinal);
        TailVectors.Refuses("UnknownMethod", () => TailMethods.Fit("Historical", TailVectors.Returns));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_BadInput_RefusesByName(string method)
    {
        TailVectors.Refuses("TooFewObservations", () => TailMethods.Forecast(method, [0.01], 0.99, Quick));
        TailVectors.Refuses("NotFinite", () => TailMethods.Forecast(method, [0.01, double.NaN], 0.99, Quick));
        TailVectors.Refuses("CountOutOfRange", () => TailMethods.Forecast(method, TailVectors.Returns, 0.99, Quick with { Horizon = 0 }));
        foreach (var level in new[] { 0, 1, double.NaN })
        {
            TailVectors.Refuses("LevelOutOfRange", () => TailMethods.Forecast(method, TailVectors.Returns, level, Quick));
            TailVectors.Refuses("LevelOutOfRange", () => TailMethods.Fit(method, TailVectors.Returns, Quick)(level));
        }
    }

    [Theory]
    [InlineData("historical")]
    [InlineData("student-t")]
    [InlineData("evt")]
    public void Fit_HorizonAsLongAsTheSample_Refuses(string method) => TailVectors.Refuses(
        "TooFewObservations", () => TailMethods.Fit(method, TailVectors.Returns, new TailOptions(Horizon: TailVectors.Returns.Length)));

    [Theory]
    [InlineData("fhs")]
    [InlineData("conditional-evt")]
    public void Fit_LambdaOutOfRangeOrFrozenFeed_Refuses(string method)
    {
        TailVectors.Refuses("LambdaOutOfRange", () => TailMethods.Fit(method, TailVectors.Returns, new TailOptions(Lambda: 1)));
        TailVectors.Refuses("ZeroVariance", () => TailMethods.Fit(method, new double[100]));
    }

    [Theory]
    [InlineData("historical", "historical")]
    [InlineData("fhs", "filtered")]
    [InlineData("normal", "normal")]
    [InlineData("student-t", "studentFit")]
    public void Forecast_ReferenceFigures_Agrees(string method, string section)
    {
        var answer = TailMethods.Fit(method, TailVectors.Returns);

        TailVectors.AgreesWith(section, level => answer(level).Forecast, 1e-6);
    }

    [Fact]
    public void Forecast_EvtAndItsThreshold_AgreesAndMoves()
    {
        TailVectors.AgreesWith("peaks", level => TailMethods.Forecast("evt", TailVectors.Returns, level).Forecast, 1e-6, levels: "level");
        Assert.NotEqual(
            TailMethods.Forecast("evt", TailVectors.Returns, 0.99),
            TailMethods.Forecast("evt", TailVectors.Returns, 0.99, new TailOptions(ThresholdQuantile: 0.85)));
        Assert.Equal(TailStatus.LevelBelowThreshold, TailMethods.Forecast("evt", TailVectors.Returns, 0.89).Status);
        Assert.Equal(
            TailStatus.TooFewExceedances,
            TailMethods.Forecast("evt", TailVectors.Returns, 0.999, new TailOptions(ThresholdQuantile: 0.99)).Status);
    }

    [Fact]
    public void Forecast_Garch_FiltersByTheGivenRecursion()
    {
        var answer = TailMethods.Fit("fhs", TailVectors.Returns, new TailOptions(Recursion: new VarianceRecursion(2e-5, 0.08, 0.88)));

        TailVectors.AgreesWith("filteredGarch", level => answer(level).Forecast, 1e-10);
    }

    [Fact]
    public void Forecast_CornishFisherOnFatTails_AnswersNo() =>
        Assert.Equal(
            TailStatus.NotMonotone, TailMethods.Forecast("cornish-fisher", [.. Enumerable.Repeat(0.01, 99), -1], 0.99).Status);

    [Fact]
    public void Forecast_ConditionalEvt_IsTheResidualTailAtTomorrowsVolatility()
    {
        var mean = ReturnMoments.Of(TailVectors.Returns).Mean;
        var variances = new double[TailVectors.Returns.Length];
        var next = VarianceRecursion.Ewma(0.94).Filter(TailVectors.Returns, mean, variances);
        var residuals = FilteredHistorical.StandardisedResiduals(TailVectors.Returns, variances, mean);
        var tail = PeaksOverThreshold.Forecast(PeaksOverThreshold.Fit(residuals).Fit!, 0.99).Forecast;

        var forecast = TailMethods.Forecast("conditional-evt", TailVectors.Returns, 0.99).Forecast;

        TailVectors.Close((Math.Sqrt(next) * tail.Var) - mean, forecast.Var, 1e-13);
        TailVectors.Close((Math.Sqrt(next) * tail.Es) - mean, forecast.Es, 1e-13);
    }

    [Fact]
    public void Forecast_MonteCarlo_ApproachesTheNormalOverAHorizon()
    {
        var options = new TailOptions(Horizon: 10, Paths: 200_001, Seed: 7);
        var normal = TailMethods.Forecast("normal", TailVectors.Returns, 0.99, options).Forecast;
        var simulated = TailMethods.Forecast("monte-carlo", TailVectors.Returns, 0.99, options).Forecast;

        TailVectors.Close(normal.Var, simulated.Var, 0.012);
        TailVectors.Close(normal.Es, simulated.Es, 0.015);
    }

    [Fact]
    public void Forecast_HistoricalOverTwoDays_UsesOverlappingSums()
    {
        // Sums -3, -1, 1: at .5 the median is -(-1).
        Assert.Equal(1, TailMethods.Forecast("historical", [-1, -2, 1, 0], 0.5, new TailOptions(Horizon: 2)).Forecast.Var, 1e-14);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Forecast_LongerHorizon_IsMoreRisk(string method)
    {
        var day = TailMethods.Forecast(method, Mild(3), 0.99, Quick);
        var days = TailMethods.Forecast(method, Mild(3), 0.99, Quick with { Horizon = 4 });

        Assert.True(day.IsAnswered && days.IsAnswered, $"{day.Status} {days.Status}");
        Assert.InRange(days.Forecast.Es / day.Forecast.Es, 1.05, 3);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Forecast_SameInput_SameBits(string method) =>
        Assert.Equal(
            TailMethods.Forecast(method, TailVectors.Returns, 0.975, Quick with { Horizon = 3 }),
            TailMethods.Forecast(method, TailVectors.Returns, 0.975, Quick with { Horizon = 3 }));

    [Theory]
    [MemberData(nameof(Names))]
    public void Forecast_AnySample_EsIsAtLeastVarAndMovesAndScalesWithTheReturns(string method) => Gen.Select(
        Gen.ULong, Gen.Double[-1, 1], Gen.Double[0.001, 1000], Gen.Double[0.92, 0.995]).Sample((seed, shift, scale, level) =>
        {
            var returns = Mild(seed);
            var one = TailMethods.Forecast(method, returns, level, Quick);
            var moved = TailMethods.Forecast(method, [.. returns.Select(r => r + shift)], level, Quick);
            var scaled = TailMethods.Forecast(method, [.. returns.Select(r => r * scale)], level, Quick);

            Assert.Equal((one.Status, one.Status), (moved.Status, scaled.Status));
            Assert.True(one.Forecast.Es >= one.Forecast.Var);
            if (one.IsAnswered)
            {
                Assert.Equal(one.Forecast.Var - shift, moved.Forecast.Var, 1e-8);
                Assert.Equal(one.Forecast.Es - shift, moved.Forecast.Es, 1e-8);
                Assert.Equal(one.Forecast.Var * scale, scaled.Forecast.Var, 1e-8 * scale);
                Assert.Equal(one.Forecast.Es * scale, scaled.Forecast.Es, 1e-8 * scale);
            }
        }, iter: 15);

    [Theory]
    [MemberData(nameof(Names))]
    public void Forecast_AnyFiniteReturns_GivesFiniteFiguresANamedRefusalOrAnAnswerOfNo(string method)
    {
        // With the threshold at .6 a sample of 40 has the ten exceedances that evt needs.
        var options = new TailOptions(ThresholdQuantile: 0.6, Paths: 50);
        var answered = 0;
        Gen.Select(AnySample, Gen.OneOf(Gen.Double[1e-6, 1 - 1e-6], Gen.Double[0.6, 0.999]), Gen.Int[1, 3])
            .Sample((returns, level, horizon) =>
            {
                try
                {
                    var answer = TailMethods.Forecast(method, returns, level, options with { Horizon = horizon });

                    answered += answer.IsAnswered ? 1 : 0;
                    Assert.True(double.IsFinite(answer.Forecast.Var) && double.IsFinite(answer.Forecast.Es), $"{answer}");
                    Assert.True(answer.Forecast.Es >= answer.Forecast.Var, $"{answer}");
                }
                catch (RiskInputException refusal)
                {
                    Assert.NotEmpty(refusal.Refusal);
                }
            }, iter: 1000, threads: 1);
        Assert.True(answered >= 10, $"{method} answered {answered} of 1000.");
    }

    // Student-t with six degrees of freedom, 200 of them, one scale: every method has an answer for most samples.
    private static double[] Mild(ulong seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, 200).Select(_ => 0.01 * StudentT.Quantile(random.NextUniform(), 6))];
    }
}
