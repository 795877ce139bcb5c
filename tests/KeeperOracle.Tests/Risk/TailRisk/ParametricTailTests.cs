using CsCheck;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.TailRisk;

/// <summary>Moments, normal and Cornish-Fisher.</summary>
public sealed class ParametricTailTests
{
    [Fact]
    public void Moments_OneReturn_Refuses() => TailVectors.Refuses("TooFewObservations", () => ReturnMoments.Of([0.1]));

    [Fact]
    public void Moments_Scipy_Agrees()
    {
        var moments = ReturnMoments.Of(TailVectors.Returns);

        TailVectors.Close(TailVectors.Number("moments", "mean"), moments.Mean, 1e-12);
        TailVectors.Close(TailVectors.Number("moments", "standardDeviation"), moments.StandardDeviation, 1e-13);
        TailVectors.Close(TailVectors.Number("moments", "skewness"), moments.Skewness, 1e-11);
        TailVectors.Close(TailVectors.Number("moments", "excessKurtosis"), moments.ExcessKurtosis, 1e-12);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(-3e59)]
    public void Moments_ConstantReturns_HaveNoDeviationAndNoShape(double value)
    {
        var moments = ReturnMoments.Of([value, value, value]);

        Assert.Equal(value, moments.Mean, Math.Abs(value) * 1e-15);
        Assert.Equal((0, 0, 0), (moments.StandardDeviation, moments.Skewness, moments.ExcessKurtosis));
    }

    [Theory]
    [InlineData(1e-200)]
    [InlineData(1e55)]
    public void Moments_ExtremeScales_KeepTheShape(double scale)
    {
        var moments = ReturnMoments.Of([.. TailVectors.Returns.Select(r => r * scale)]);

        TailVectors.Close(TailVectors.Number("moments", "excessKurtosis"), moments.ExcessKurtosis, 1e-11);
    }

    [Fact]
    public void Over_FourPeriods_AddsCumulants()
    {
        var moments = new ReturnMoments(0.01, 0.02, -0.6, 1.2).Over(4);

        Assert.Equal((0.04, 0.04, -0.3, 0.3), (moments.Mean, moments.StandardDeviation, moments.Skewness, moments.ExcessKurtosis));
        TailVectors.Refuses("CountOutOfRange", () => new ReturnMoments(0, 1, 0, 0).Over(0));
    }

    [Theory]
    [InlineData(double.NaN, 1, "NotFinite")]
    [InlineData(0, double.PositiveInfinity, "NotFinite")]
    [InlineData(0, -1e-9, "Negative")]
    public void Normal_ParametersThatAreNone_Refuses(double mean, double deviation, string refusal) =>
        TailVectors.Refuses(refusal, () => NormalTail.Forecast(mean, deviation, 0.99));

    [Fact]
    public void Normal_NoDeviation_IsMinusTheMean() => Assert.Equal(new TailForecast(-0.01, -0.01), NormalTail.Forecast(0.01, 0, 0.99));

    [Fact]
    public void Normal_Scipy_Agrees()
    {
        var moments = ReturnMoments.Of(TailVectors.Returns);

        TailVectors.AgreesWith("normal", level => NormalTail.Forecast(moments.Mean, moments.StandardDeviation, level), 1e-11);
    }

    [Fact]
    public void Normal_CheckOfTheRiskModel_GivesTheMultipliers()
    {
        Assert.Equal(2.6652142, NormalTail.Forecast(0, 1, 0.99).Es, 5e-8);
        Assert.Equal(2.3263478740, NormalTail.Forecast(0, 1, 0.99).Var, 5e-11);
        Assert.Equal(2.3378, NormalTail.Forecast(0, 1, 0.975).Es, 5e-5);
    }

    // The boundary at skewness 0 is excess kurtosis 0 to 8; Maillard gives 6 (sqrt 2 - 1) = 2.4853 as the largest skewness.
    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, -1e-9, false)]
    [InlineData(0, 8, true)]
    [InlineData(0, 8.000001, false)]
    [InlineData(2.48, 11.54, true)]
    [InlineData(2.49, 11.54, false)]
    [InlineData(-2.48, 11.54, true)]
    public void IsMonotone_BoundaryOfTheDomain_IsSharp(double skewness, double kurtosis, bool expected) =>
        Assert.Equal(expected, CornishFisher.IsMonotone(skewness, kurtosis));

    [Fact]
    public void IsMonotone_AnyShape_SaysWhetherTheQuantileEverFalls() =>
        Gen.Select(Gen.Double[-3, 3], Gen.Double[-2, 14]).Sample((skewness, kurtosis) =>
        {
            double Slope(double z) =>
                1 + (skewness * z / 3) + (kurtosis * ((z * z) - 1) / 8) - (skewness * skewness * ((6 * z * z) - 5) / 36);
            var least = Enumerable.Range(-20000, 40001).Min(i => Slope(i / 100.0));

            // A falling parabola that leaves the grid before it falls under zero tells nothing.
            if (Math.Abs(least) > 1e-3 && Math.Abs((kurtosis / 8) - (skewness * skewness / 6)) > 1e-3)
            {
                Assert.Equal(least > 0, CornishFisher.IsMonotone(skewness, kurtosis));
            }
        }, iter: 300);

    [Fact]
    public void CornishFisher_OutsideItsDomain_AnswersNoAndInsideAnswers()
    {
        Assert.Equal(TailStatus.NotMonotone, CornishFisher.Forecast(new ReturnMoments(0, 1, 0, 8.01), 0.99).Status);
        Assert.True(CornishFisher.Forecast(new ReturnMoments(0, 1, 0, 7.99), 0.99).IsAnswered);
    }

    [Fact]
    public void CornishFisher_QuadratureOfScipy_AgreesWithTheClosedForm()
    {
        var (skewness, kurtosis) = (TailVectors.Column("cornishFisher", "skewness"), TailVectors.Column("cornishFisher", "excessKurtosis"));
        var i = 0;

        TailVectors.AgreesWith("cornishFisher", level =>
        {
            var answer = CornishFisher.Forecast(new ReturnMoments(0, 1, skewness[i], kurtosis[i++]), level);
            Assert.True(answer.IsAnswered);
            return answer.Forecast;
        }, 1e-11, levels: "level");
        Assert.Equal(30, i);
    }

    [Fact]
    public void CornishFisher_NoSkewAndNoKurtosis_IsTheNormal() => Gen.Double[0.01, 0.9999].Sample(level =>
    {
        var normal = NormalTail.Forecast(0.01, 0.2, level);
        var expanded = CornishFisher.Forecast(new ReturnMoments(0.01, 0.2, 0, 0), level).Forecast;

        Assert.Equal(normal.Var, expanded.Var, 1e-14);
        Assert.Equal(normal.Es, expanded.Es, 1e-14);
    });

    [Fact]
    public void CornishFisher_InsideItsDomain_EsIsAtLeastVarAndFiniteAtEveryLevel() =>
        Gen.Select(Gen.Double[-2.5, 2.5], Gen.Double[0, 12], Gen.Double[0.0001, 0.9999]).Sample((skewness, kurtosis, level) =>
        {
            var answer = CornishFisher.Forecast(new ReturnMoments(0, 1, skewness, kurtosis), level);

            Assert.True(double.IsFinite(answer.Forecast.Es) && answer.Forecast.Es >= answer.Forecast.Var);
        });
}
