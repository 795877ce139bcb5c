using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class EwmaCalibrationTests
{
    [Theory]
    [InlineData(69, 20, "TooFewObservations")]
    [InlineData(70, 20, null)]
    [InlineData(70, 0, "TooFewObservations")]
    [InlineData(51, 1, null)]
    public void Fit_Length_RefusesUnderFiftyAfterTheSeed(int count, int seedLength, string? refusal) =>
        Assert.Equal(refusal, Refusal(Draw(1, count, 0.94), seedLength));

    [Fact]
    public void Fit_NothingToModel_Refuses()
    {
        Assert.Equal("ZeroVariance", Refusal(new double[100], 20));
        var returns = Draw(1, 100, 0.94);
        returns[33] = double.NaN;
        Assert.Equal("NotFinite", Refusal(returns, 20));
        returns[33] = 1e101;
        Assert.Equal("ScaleOutOfRange", Refusal(returns, 20));
    }

    [Theory]
    [InlineData(0.90)]
    [InlineData(0.94)]
    [InlineData(0.97)]
    public void Fit_ReturnsOfAnEwma_FindsItsLambda(double lambda)
    {
        var calibration = EwmaCalibration.Fit(Draw(5, 6000, lambda), 50);
        Assert.Equal(lambda, calibration.Lambda, 0.25 * (1 - lambda));
        Assert.False(calibration.AtBound);
    }

    /// <summary>Nothing on a fine grid over the whole search is likelier.</summary>
    [Fact]
    public void Fit_AgainstAFineGrid_IsTheHighest() => Gen.ULong.Sample(
        seed =>
        {
            var returns = Draw(seed, 300, 0.9);
            var calibration = EwmaCalibration.Fit(returns, 20);
            for (var lambda = 0.5; lambda < 0.9999; lambda += 0.0005)
            {
                var value = EwmaCalibration.LogLikelihoodAt(returns, lambda, 20);
                Assert.True(value < calibration.LogLikelihood + 1e-9, $"{value} at {lambda} is over {calibration}");
            }
        },
        iter: 20);

    [Fact]
    public void Fit_AnotherUnit_GivesTheSameLambda() => Gen.Select(Gen.ULong, Gen.Int[-6, 3]).Sample(
        (seed, power) =>
        {
            var unit = Math.Pow(10, power);
            var returns = Draw(seed, 300, 0.9);
            var (plain, scaled) = (EwmaCalibration.Fit(returns, 20), EwmaCalibration.Fit([.. returns.Select(r => r * unit)], 20));
            Assert.Equal(plain.Lambda, scaled.Lambda, 1e-5);
            Assert.Equal(plain.LogLikelihood - (280 * Math.Log(unit)), scaled.LogLikelihood, 1e-8);
            Assert.Equal(plain, EwmaCalibration.Fit(returns, 20));
        },
        iter: 40);

    [Fact]
    public void Fit_ReturnsOfOneVariance_SaysThatLambdaIsAtItsBound()
    {
        var random = new SeededRandom(12);
        var calibration = EwmaCalibration.Fit([.. Enumerable.Range(0, 3000).Select(_ => random.NextNormal())], 500);
        Assert.True(calibration.Lambda > 0.99);
        Assert.Equal(calibration.Lambda > EwmaCalibration.HighestLambda - 1e-7, calibration.AtBound);

        var shrinking = EwmaCalibration.Fit([.. Enumerable.Range(0, 200).Select(t => Math.Pow(0.5, t) * (t % 2 == 0 ? 1 : -1))], 1);
        Assert.Equal((EwmaCalibration.LowestLambda, true), (shrinking.Lambda, shrinking.AtBound));
    }

    [Fact]
    public void Fit_FeedThatStandsStill_StaysFinite()
    {
        var returns = Draw(2, 3000, 0.94);
        Array.Clear(returns, 1000, 2000);
        var calibration = EwmaCalibration.Fit(returns, 50);
        Assert.True(double.IsFinite(calibration.LogLikelihood));
        Assert.InRange(calibration.Lambda, EwmaCalibration.LowestLambda, EwmaCalibration.HighestLambda);
    }

    [Fact]
    public void LogLikelihoodAt_ByHand_CountsTheReturnsAfterTheSeed()
    {
        var returns = Draw(9, 60, 0.9);
        var variances = new double[60];
        var next = Ewma.OneStepVariances(returns, 0.9, 10, variances);
        var byHand = -0.5 * returns.Zip(variances, (r, v) => Math.Log(2 * Math.PI * v) + (r * r / v)).Skip(10).Sum();
        Assert.Equal(byHand, EwmaCalibration.LogLikelihoodAt(returns, 0.9, 10), 1e-10);
        Assert.Equal(Ewma.Variance(returns, 0.9, 10), next);
        Assert.Equal(returns.Take(10).Average(r => r * r), variances[0], 1e-18);
        Assert.Equal(Ewma.Variance(returns.AsSpan(0, 41), 0.9, 10), variances[41]);
    }

    [Fact]
    public void OneStepVariances_RoomOfAnotherLength_Refuses() =>
        Assert.Throws<ArgumentException>(() => Ewma.OneStepVariances([0.1, 0.2], 0.9, 1, new double[3]));

    /// <summary>Returns whose variance is an EWMA of their squares, with a little omega so that it does not die out.</summary>
    private static double[] Draw(ulong seed, int count, double lambda) =>
        SimulatedGarch.Draw(new SeededRandom(seed), new GarchParameters(0, 2e-6, 1 - lambda, lambda - 0.002), count);

    private static string? Refusal(double[] returns, int seedLength)
    {
        try
        {
            EwmaCalibration.Fit(returns, seedLength);
            return null;
        }
        catch (RiskInputException refused)
        {
            return refused.Refusal;
        }
    }
}
