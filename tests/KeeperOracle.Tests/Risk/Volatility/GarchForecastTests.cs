using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class GarchForecastTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    public void Forecast_HorizonUnderOne_Refuses(int steps)
    {
        var refused = Assert.Throws<RiskInputException>(() => new GarchParameters(0, 0.1, 0.1, 0.8).Forecast(1, steps));
        Assert.Equal("HorizonTooShort", refused.Refusal);
    }

    [Fact]
    public void Forecast_ExplosivePastEveryNumber_Refuses()
    {
        var explosive = new GarchParameters(0, 0.1, 0.3, 0.8);
        Assert.True(double.IsFinite(explosive.Forecast(1, 7000)));
        Assert.Equal("ForecastOverflows", Assert.Throws<RiskInputException>(() => explosive.Forecast(1, 8000)).Refusal);
        Assert.Equal("ForecastOverflows", Assert.Throws<RiskInputException>(() => explosive.CumulativeForecast(1, int.MaxValue)).Refusal);
    }

    [Fact]
    public void Forecast_OneStep_IsTheNextVariance() => Assert.Equal(0.37, new GarchParameters(0, 0.1, 0.1, 0.8).Forecast(0.37, 1));

    /// <summary>
    /// Hull, Options, Futures and Other Derivatives, GARCH(1,1) on the S and P 500: VL .0002075; .0003 now is .0002942 ten days on.
    /// </summary>
    [Fact]
    public void Forecast_HullsExample_GivesHisDigits()
    {
        var hull = new GarchParameters(0, 0.0000013465, 0.083394, 0.910116);
        Assert.Equal(0.0002075, hull.LongRunVariance!.Value, 0.5e-7);
        Assert.Equal(0.0002942, hull.Forecast(0.0003, 11), 0.5e-7);
    }

    [Fact]
    public void Forecast_StationaryParameters_AgreesWithTheClosedFormOfTheLongRunVariance() =>
        Parameters(0.2, 0.99).Select(Gen.Double[0.01, 5], Gen.Int[1, 3000]).Sample((p, next, steps) =>
        {
            var (level, persistence) = (p.LongRunVariance!.Value, p.Persistence);
            var closed = level + (Math.Pow(persistence, steps - 1) * (next - level));
            var cumulative = (steps * level) + ((next - level) * (1 - Math.Pow(persistence, steps)) / (1 - persistence));
            Assert.Equal(closed, p.Forecast(next, steps), 1e-11 * closed);
            Assert.Equal(cumulative, p.CumulativeForecast(next, steps), 1e-10 * cumulative);
        });

    /// <summary>Step by step, at and around alpha + beta = 1 where the closed form divides by nothing.</summary>
    [Fact]
    public void Forecast_NearAndOverIntegrated_AgreesWithTheRecursion() =>
        Gen.Select(AroundOne, Gen.Double[0.01, 5], Gen.Int[1, 500]).Sample(
            (persistence, next, steps) =>
            {
                var p = new GarchParameters(0, 0.05, 0.1, persistence - 0.1);
                var (variance, sum) = (next, next);
                for (var i = 1; i < steps; i++)
                {
                    variance = p.Omega + (p.Persistence * variance);
                    sum += variance;
                }

                Assert.Equal(variance, p.Forecast(next, steps), 1e-12 * variance);
                Assert.Equal(sum, p.CumulativeForecast(next, steps), 1e-12 * sum);
            });

    [Fact]
    public void LongRunVariance_AtAndOverIntegrated_IsNull()
    {
        Assert.Null(new GarchParameters(0, 0.1, 0.5, 0.5).LongRunVariance);
        Assert.Null(new GarchParameters(0, 0.1, 0.6, 0.5).LongRunVariance);
        Assert.Equal(0.1, new GarchParameters(0, 0.1, 0.5, 0.5 - 1e-12).LongRunVariance!.Value * 1e-12, 1e-5);
    }

    [Fact]
    public void ConditionalVariances_OfTheFittedReturns_EndWhereTheForecastStarts()
    {
        var returns = SimulatedGarch.Draw(new SeededRandom(6), new GarchParameters(0.1, 0.05, 0.08, 0.9), 500);
        var fit = Garch11.Fit(returns);
        var variances = fit.ConditionalVariances(returns);

        Assert.Equal(fit.Omega + (fit.Parameters.Persistence * fit.PresampleVariance), variances[0], 1e-12);
        Assert.Equal(fit.NextVariance, fit.Parameters.NextVariance(variances[^1], returns[^1]), 1e-12);
        Assert.Equal(fit.PresampleVariance, fit.Parameters.MeanSquaredResidual(returns), 1e-12);
        var logLikelihood = -0.5 * returns.Zip(variances, (r, h) => Math.Log(2 * Math.PI * h) + ((r - fit.Mu) * (r - fit.Mu) / h)).Sum();
        Assert.Equal(logLikelihood, fit.LogLikelihood, 1e-9);
    }

    [Fact]
    public void ConditionalVariances_RoomOfAnotherLength_Refuses() =>
        Assert.Throws<ArgumentException>(() => new GarchParameters(0, 0.1, 0.1, 0.8).ConditionalVariances(new double[3], 1, new double[4]));

    private static Gen<double> AroundOne => Gen.OneOf(Gen.Const(1.0), Gen.Double[1 - 1e-9, 1 + 1e-9], Gen.Double[0.98, 1.02]);

    private static Gen<GarchParameters> Parameters(double lowest, double highest) => Gen.Select(
        Gen.Double[lowest, highest],
        Gen.Double[0.01, 0.9],
        (persistence, share) => new GarchParameters(0, 0.05, persistence * share, persistence * (1 - share)));
}
