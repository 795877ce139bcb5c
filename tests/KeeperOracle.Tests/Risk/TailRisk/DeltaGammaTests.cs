using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Correlation;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.TailRisk;

public sealed class DeltaGammaTests
{
    private static readonly CorrelationMatrix Two = CorrelationMatrix.Uniform(2, 0.4);

    [Fact]
    public void Constructor_ShapesOrSymmetryWrong_Refuses()
    {
        TailVectors.Refuses("NotSymmetric", () => _ = new DeltaGamma(0, [1, 1], [1, 2, 3, 1], [1, 1], Two));
        TailVectors.Refuses("ShapeMismatch", () => _ = new DeltaGamma(0, [1, 1], [1, 2], [1, 1], Two));
        TailVectors.Refuses("ShapeMismatch", () => _ = new DeltaGamma(0, [1], [1], [1], Two));
        TailVectors.Refuses("NotFinite", () => _ = new DeltaGamma(double.NaN, [1, 1], [1, 2, 2, 1], [1, 1], Two));
        TailVectors.Refuses("Negative", () => _ = new DeltaGamma(0, [1, 1], [1, 2, 2, 1], [1, -1], Two));
        TailVectors.Refuses("LevelOutOfRange", () => new DeltaGamma(0, [1, 1], [1, 2, 2, 1], [1, 1], Two).Inverted().Forecast(1));
        TailVectors.Refuses("CountOutOfRange", () => new DeltaGamma(0, [1, 1], [1, 2, 2, 1], [1, 1], Two).SimulatedLosses(0, 1));
    }

    [Fact]
    public void Moments_ChiSquare_HasItsSkewnessAndKurtosis()
    {
        // x^2/2 x 2 = chi-square of one degree: mean 1, variance 2, skewness sqrt 8, excess kurtosis 12.
        var moments = new DeltaGamma(0, [0], [2], [1], CorrelationMatrix.Identity(1)).Moments();

        Assert.Equal(1, moments.Mean, 1e-14);
        Assert.Equal(Math.Sqrt(2), moments.StandardDeviation, 1e-14);
        Assert.Equal(Math.Sqrt(8), moments.Skewness, 1e-13);
        Assert.Equal(12, moments.ExcessKurtosis, 1e-12);
    }

    [Fact]
    public void Moments_TwoAssets_AgreeWithSimulation()
    {
        var book = Book();
        var moments = book.Moments();
        var simulated = ReturnMoments.Of([.. book.SimulatedLosses(100_000, 2).Select(loss => -loss)]);

        Assert.Equal(moments.Mean, simulated.Mean, 0.02 * moments.StandardDeviation);
        TailVectors.Close(moments.StandardDeviation, simulated.StandardDeviation, 0.01);
        Assert.Equal(moments.Skewness, simulated.Skewness, 0.08);
        Assert.Equal(moments.ExcessKurtosis, simulated.ExcessKurtosis, 0.4);
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.99)]
    [InlineData(0.999)]
    public void Inverted_TwoAssets_AgreesWithSimulation(double level)
    {
        var book = Book();
        var exact = book.Inverted().Forecast(level);
        var simulated = book.SimulatedForecast(level, 60_000, 5);

        TailVectors.Close(exact.Var, simulated.Var, 0.05);
        TailVectors.Close(exact.Es, simulated.Es, 0.05);
    }

    [Theory]
    [InlineData(0.9)]
    [InlineData(0.99)]
    [InlineData(0.9999)]
    public void Inverted_NoGamma_IsTheNormal(double level)
    {
        double[] none = [0, 0, 0, 0];
        var exact = LinearBook.Forecast([3, -1], [0.2, 0.5], Two, level);
        var inverted = new DeltaGamma(0, [3, -1], none, [0.2, 0.5], Two).Inverted().Forecast(level);

        TailVectors.Close(exact.Var, inverted.Var, 1e-9);
        TailVectors.Close(exact.Es, inverted.Es, 1e-9);
    }

    // One asset: P = theta + d y + g y^2/2 is at most x between the roots of the parabola (or outside them when g < 0).
    [Fact]
    public void Inverted_OneAsset_AgreesWithTheRootsOfTheParabola() =>
        Gen.Select(Gen.Double[-2, 2], Gen.Double[-3, 3], Gen.Double[-2, 2]).Where((d, g, _) => Math.Abs(d) > 0.2 && Math.Abs(g) > 0.05)
            .Sample((delta, gamma, deviations) =>
            {
                var distribution = new DeltaGamma(0.1, [delta], [gamma], [1], CorrelationMatrix.Identity(1)).Inverted();
                var spread = Math.Sqrt((delta * delta) + (0.5 * gamma * gamma));
                var x = 0.1 + (0.5 * gamma) + (deviations * spread);
                var vertex = 0.1 - (delta * delta / (2 * gamma));
                if (Math.Abs(x - vertex) < 0.1 * spread)
                {
                    return; // the density is infinite at the edge of the support
                }

                Assert.Equal(ParabolaCdf(x, 0.1, delta, gamma), distribution.Cdf(x), 5e-7);
            }, iter: 60);

    [Fact]
    public void Inverted_ShortGamma_EsIsTheIntegralOfVar()
    {
        var distribution = new DeltaGamma(0, [0.4], [-1.5], [1], CorrelationMatrix.Identity(1)).Inverted();
        const int steps = 50;
        var sum = 0.0;
        for (var i = 0; i < steps; i++)
        {
            // The tail is cut into cells of equal probability; the innermost rule is good to .5 % here.
            sum += distribution.Forecast(1 - (0.05 * (i + 0.5) / steps)).Var / steps;
        }

        TailVectors.Close(sum, distribution.Forecast(0.95).Es, 5e-3);
    }

    [Fact]
    public void Forecast_ConstantPnl_IsMinusIt()
    {
        var book = new DeltaGamma(3, [0, 0], [0, 0, 0, 0], [1, 1], Two);

        Assert.Equal(new TailForecast(-3, -3), book.Inverted().Forecast(0.99));
        Assert.Equal((0, 1), (book.Inverted().Cdf(2.99), book.Inverted().Cdf(3)));
        Assert.Equal(new TailForecast(-3, -3), book.CornishFisherForecast(0.99).Forecast);
    }

    [Fact]
    public void CornishFisherForecast_GammasThatCancel_IsNearTheInversionAndOfOneSignIsRefused()
    {
        DeltaGamma Book(double second) => new(0, [1, 1], [0.3, 0, 0, second], [1, 1], CorrelationMatrix.Identity(2));

        TailVectors.Close(Book(-0.3).Inverted().Forecast(0.99).Var, Book(-0.3).CornishFisherForecast(0.99).Forecast.Var, 0.02);
        TailVectors.Close(Book(-0.3).Inverted().Forecast(0.99).Es, Book(-0.3).CornishFisherForecast(0.99).Forecast.Es, 0.02);
        Assert.Equal(TailStatus.NotMonotone, Book(0.3).CornishFisherForecast(0.99).Status);
    }

    [Fact]
    public void Inverted_AnyBook_EsIsAtLeastVarAndScales() =>
        Gen.Select(Gen.Double[-2, 2].Array[5], Gen.Double[0.8, 0.999]).Sample((numbers, level) =>
        {
            DeltaGamma Scaled(double k) => new(
                0, [k * numbers[0], k * numbers[1]], [k * numbers[2], k * numbers[3], k * numbers[3], k * numbers[4]], [0.3, 0.2], Two);

            var (one, three) = (Scaled(1).Inverted().Forecast(level), Scaled(3).Inverted().Forecast(level));
            Assert.True(one.Es >= one.Var);
            Assert.Equal(3 * one.Var, three.Var, 1e-6);
            Assert.Equal(3 * one.Es, three.Es, 1e-6);
        }, iter: 10);

    private static DeltaGamma Book() => new(-0.01, [1.2, -0.5], [-3, 1, 1, -2], [0.4, 0.3], Two);

    private static double ParabolaCdf(double x, double theta, double delta, double gamma)
    {
        var discriminant = (delta * delta) - (2 * gamma * (theta - x));
        if (discriminant <= 0)
        {
            return gamma > 0 ? 0 : 1;
        }

        var (first, second) = ((-delta - Math.Sqrt(discriminant)) / gamma, (-delta + Math.Sqrt(discriminant)) / gamma);
        var between = Elementary.NormalCdf(Math.Max(first, second)) - Elementary.NormalCdf(Math.Min(first, second));
        return gamma > 0 ? between : 1 - between;
    }
}
