using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.TailRisk;

public sealed class PeaksOverThresholdTests
{
    private static readonly PeaksFit Known = new(10, 0.5, 7, 109, 2167, 0);

    [Fact]
    public void Fit_NineExceedances_AnswersNoAndTenAreFitted()
    {
        // Of 91 losses the .90 quantile lies on the tenth from the top, which is not over itself; of 92 there are ten over it.
        Assert.Equal(TailStatus.TooFewExceedances, PeaksOverThreshold.Fit(TailVectors.Returns.AsSpan(0, 91)).Status);
        var (status, fit) = PeaksOverThreshold.Fit(TailVectors.Returns.AsSpan(0, 92));
        Assert.Equal(TailStatus.Answered, status);
        Assert.Equal(10, fit!.Exceedances);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void Fit_ThresholdQuantileOutOfRange_Refuses(double quantile) =>
        TailVectors.Refuses("LevelOutOfRange", () => PeaksOverThreshold.Fit(TailVectors.Returns, quantile));

    [Fact]
    public void Fit_FewestUnderTwo_Refuses()
    {
        TailVectors.Refuses("CountOutOfRange", () => PeaksOverThreshold.Fit(TailVectors.Returns, 0.9, 1));
        Assert.Equal(TailStatus.Answered, PeaksOverThreshold.Fit(TailVectors.Returns, 0.9, 2).Status);
    }

    [Fact]
    public void Forecast_LevelUnderTheThreshold_AnswersNo()
    {
        var atThreshold = 1 - ((double)Known.Exceedances / Known.Observations);

        Assert.Equal(TailStatus.LevelBelowThreshold, PeaksOverThreshold.Forecast(Known, atThreshold - 1e-6).Status);
        Assert.Equal(Known.Threshold, PeaksOverThreshold.Forecast(Known, atThreshold + 1e-9).Forecast.Var, 1e-4);
    }

    [Fact]
    public void Forecast_ShapeOneOrMore_HasNoShortfall()
    {
        Assert.Equal(TailStatus.InfiniteMean, PeaksOverThreshold.Forecast(Known with { Shape = 1 }, 0.99).Status);
        Assert.True(PeaksOverThreshold.Forecast(Known with { Shape = 0.9999 }, 0.99).IsAnswered);
    }

    [Fact]
    public void Forecast_ShapeZero_IsTheLimitFromBothSides()
    {
        var exponential = PeaksOverThreshold.Forecast(Known with { Shape = 0 }, 0.999).Forecast;

        Assert.Equal(10 + (7 * Math.Log(109 / 2.167)), exponential.Var, 1e-10);
        Assert.Equal(exponential.Var + 7, exponential.Es, 1e-10);
        foreach (var shape in new[] { 1e-7, -1e-7, 3e-6, -3e-6 })
        {
            var near = PeaksOverThreshold.Forecast(Known with { Shape = shape }, 0.999).Forecast;
            Assert.Equal(exponential.Var, near.Var, 1e-3 * Math.Abs(shape) * 1e5);
        }
    }

    [Fact]
    public void Fit_DanishFireLosses_GivesMcNeilsFiguresAndRs()
    {
        var losses = TailVectors.Column("danish", "losses");
        var all = new double[(int)TailVectors.Number("danish", "observations")];
        for (var i = 0; i < losses.Length; i++)
        {
            all[i] = -losses[i]; // the others lie under the threshold: zero stands for them
        }

        var threshold = TailVectors.Column("danish", "threshold");
        for (var i = 0; i < threshold.Length; i++)
        {
            var (status, fit) = PeaksOverThreshold.FitOver(all, threshold[i]);

            Assert.Equal(TailStatus.Answered, status);
            Assert.Equal(TailVectors.Column("danish", "exceedances")[i], fit!.Exceedances);
            Assert.Equal(TailVectors.Column("danish", "shape")[i], fit.Shape, 1e-5);
            TailVectors.Close(TailVectors.Column("danish", "scale")[i], fit.Scale, 1e-5);
            TailVectors.Close(TailVectors.Column("danish", "logLikelihood")[i], fit.LogLikelihood, 1e-11);
        }

        var published = PeaksOverThreshold.FitOver(all, 10).Fit!;
        Assert.Equal(0.497, published.Shape, 5e-4);
        Assert.Equal(6.98, published.Scale, 5e-3);
    }

    [Fact]
    public void Fit_ScipysLikelihoodPolished_Agrees()
    {
        var (_, fit) = PeaksOverThreshold.Fit(TailVectors.Returns);

        TailVectors.Close(TailVectors.Number("peaks", "threshold"), fit!.Threshold, 1e-13);
        Assert.Equal(TailVectors.Number("peaks", "exceedances"), fit.Exceedances);
        Assert.Equal(TailVectors.Number("peaks", "shape"), fit.Shape, 1e-6);
        TailVectors.Close(TailVectors.Number("peaks", "scale"), fit.Scale, 1e-6);
        TailVectors.Close(TailVectors.Number("peaks", "logLikelihood"), fit.LogLikelihood, 1e-12);
        TailVectors.AgreesWith("peaks", level => PeaksOverThreshold.Forecast(fit, level).Forecast, 1e-6, levels: "level");
    }

    [Theory]
    [InlineData(1e-9)]
    [InlineData(1e12)]
    public void Fit_OtherUnits_SameShape(double unit)
    {
        var (_, one) = PeaksOverThreshold.Fit(TailVectors.Returns);
        var (_, other) = PeaksOverThreshold.Fit([.. TailVectors.Returns.Select(r => r * unit)]);

        Assert.Equal(one!.Shape, other!.Shape, 1e-9);
        TailVectors.Close(one.Scale * unit, other.Scale, 1e-9);
    }

    [Theory]
    [InlineData(-0.4)]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(1.5)]
    public void Fit_SimulatedTail_RecoversItsShapeAtTheTopOfTheLikelihood(double shape)
    {
        var random = new SeededRandom(11);
        var excesses = Enumerable.Range(0, 2_000).Select(_ => GeneralisedPareto.UpperQuantile(shape, 2, random.NextUniform())).ToArray();

        var fit = GeneralisedPareto.Fit(excesses)!;

        // The asymptotic standard error of the shape is (1 + xi)/sqrt(n).
        Assert.Equal(shape, fit.Shape, 4 * (1 + shape) / Math.Sqrt(excesses.Length));
        foreach (var (dShape, dScale) in new[] { (1e-3, 0.0), (-1e-3, 0.0), (0.0, 1e-3), (0.0, -1e-3) })
        {
            Assert.True(fit.LogLikelihood >= LogLikelihood(excesses, fit.Shape + dShape, fit.Scale + dScale));
        }
    }

    [Fact]
    public void Fit_TiedExcesses_HasNoMaximum() => Assert.Null(GeneralisedPareto.Fit([1, 1, 1, 1, 1, 1, 1, 1, 1, 1]));

    [Fact]
    public void Fit_ExcessAtZero_Refuses() => TailVectors.Refuses("Negative", () => GeneralisedPareto.Fit([1, 0, 2]));

    [Fact]
    public void Forecast_AnyTail_EsIsOverVar() =>
        Gen.Select(Gen.Double[-0.9, 0.99], Gen.Double[0.01, 100], Gen.Double[0.95, 0.99999]).Sample((shape, scale, level) =>
        {
            var forecast = PeaksOverThreshold.Forecast(Known with { Shape = shape, Scale = scale }, level).Forecast;

            Assert.True(forecast.Es >= forecast.Var && double.IsFinite(forecast.Es));
        });

    private static double LogLikelihood(double[] excesses, double shape, double scale) =>
        -excesses.Sum(y => Math.Log(scale) + ((1 + (1 / shape)) * Math.Log(1 + (shape * y / scale))));
}
