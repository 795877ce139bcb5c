using KeeperOracle.Risk.TailRisk;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.TailRisk;

public sealed class FilteredHistoricalTests
{
    [Theory]
    [InlineData(-1e-9, 0.1, 0.8)]
    [InlineData(0, -1e-9, 0.8)]
    [InlineData(0, 0.1, -1e-9)]
    [InlineData(0, 0.2, 0.81)]
    [InlineData(double.NaN, 0.1, 0.8)]
    [InlineData(0, 0.1, double.NaN)]
    public void Filter_RecursionThatExplodesOrTurnsNegative_Refuses(double omega, double alpha, double beta) => TailVectors.Refuses(
        "RecursionOutOfRange", () => new VarianceRecursion(omega, alpha, beta).Filter([0.1, 0.2], 0, new double[2]));

    [Fact]
    public void Filter_SumOfOne_IsTheLastThatIsTaken() =>
        Assert.True(new VarianceRecursion(0, 0.2, 0.8).Filter([0.1, 0.2], 0, new double[2]) > 0);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void Ewma_LambdaNotBetweenZeroAndOne_Refuses(double lambda) =>
        TailVectors.Refuses("LambdaOutOfRange", () => VarianceRecursion.Ewma(lambda));

    [Fact]
    public void Forecast_VarianceOfZero_RefusesAsAFrozenFeedWouldGive()
    {
        TailVectors.Refuses("ZeroVariance", () => FilteredHistorical.Forecast([0.1, 0.2], [0.01, 0], 0.01, 0, 0.99));
        TailVectors.Refuses("ZeroVariance", () => FilteredHistorical.Forecast([0.1, 0.2], [0.01, double.NaN], 0.01, 0, 0.99));
        Assert.Equal(-0.1, FilteredHistorical.Forecast([0.1, 0.2], [0.01, 0.01], 0.01, 0, 0.99999).Es, 1e-15);
    }

    [Fact]
    public void Forecast_VariancesOfOtherLength_Refuses() =>
        TailVectors.Refuses("ShapeMismatch", () => FilteredHistorical.Forecast([0.1, 0.2], [0.01], 0.01, 0, 0.99));

    [Fact]
    public void Filter_Ewma_EndsWhereTheEwmaOfThisLibraryDoes()
    {
        var next = VarianceRecursion.Ewma(0.94).Filter(TailVectors.Returns, 0, new double[TailVectors.Returns.Length]);

        TailVectors.Close(Ewma.Variance(TailVectors.Returns, 0.94, TailVectors.Returns.Length), next, 1e-13);
    }

    [Fact]
    public void Forecast_EwmaInNumpy_Agrees()
    {
        var (variances, next, mean) = Filtered(VarianceRecursion.Ewma(TailVectors.Number("filtered", "lambda")));

        TailVectors.Close(TailVectors.Number("filtered", "nextVariance"), next, 1e-12);
        TailVectors.AgreesWith(
            "filtered", level => FilteredHistorical.Forecast(TailVectors.Returns, variances, next, mean, level), 1e-11);
    }

    [Fact]
    public void Forecast_GarchInNumpy_Agrees()
    {
        var recursion = new VarianceRecursion(
            TailVectors.Number("filteredGarch", "omega"),
            TailVectors.Number("filteredGarch", "alpha"),
            TailVectors.Number("filteredGarch", "beta"));
        var (variances, next, mean) = Filtered(recursion);

        TailVectors.Close(TailVectors.Number("filteredGarch", "nextVariance"), next, 1e-12);
        TailVectors.AgreesWith(
            "filteredGarch", level => FilteredHistorical.Forecast(TailVectors.Returns, variances, next, mean, level), 1e-11);
    }

    [Fact]
    public void SimulateLosses_OneStep_ApproachesTheExactScenarios()
    {
        var recursion = VarianceRecursion.Ewma(0.94);
        var (variances, next, mean) = Filtered(recursion);
        var residuals = FilteredHistorical.StandardisedResiduals(TailVectors.Returns, variances, mean);

        var exact = FilteredHistorical.Forecast(TailVectors.Returns, variances, next, mean, 0.95);
        var losses = FilteredHistorical.SimulateLosses(residuals, recursion, next, mean, 1, 200_000, 3);

        TailVectors.Close(exact.Es, HistoricalTail.OfSorted(losses, 0.95).Es, 0.02);
    }

    [Fact]
    public void SimulateLosses_Variance_IsTheCumulativeForecastOfTheRecursion()
    {
        // Residuals +1 and -1 have exactly unit variance, so the sum's variance is the recursion's cumulative forecast.
        var recursion = new VarianceRecursion(1e-5, 0.1, 0.85);
        var losses = FilteredHistorical.SimulateLosses([1, -1], recursion, 4e-4, 0.001, 10, 200_000, 9);

        var expected = recursion.Cumulative(4e-4, 10);
        var mean = losses.Average();
        Assert.Equal(-0.01, mean, 4 * Math.Sqrt(expected / losses.Length));
        TailVectors.Close(expected, losses.Average(x => (x - mean) * (x - mean)), 0.02);
    }

    [Fact]
    public void SimulateLosses_SameSeed_SameBitsAndAnotherSeedOthers()
    {
        double[] Run(ulong seed) => FilteredHistorical.SimulateLosses([1, -2, 0.5], VarianceRecursion.Ewma(0.9), 1e-4, 0, 5, 1000, seed);

        Assert.Equal(Run(1), Run(1));
        Assert.NotEqual(Run(1), Run(2));
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(1, 1)]
    public void SimulateLosses_NoHorizonOrNoPaths_Refuses(int horizon, int paths) => TailVectors.Refuses(
        "CountOutOfRange", () => FilteredHistorical.SimulateLosses([1, -1], VarianceRecursion.Ewma(0.9), 1, 0, horizon, paths, 1));

    [Fact]
    public void Cumulative_Ewma_IsTheHorizonTimesTheNext() =>
        TailVectors.Close(10 * 2e-4, VarianceRecursion.Ewma(0.94).Cumulative(2e-4, 10), 1e-14);

    private static (double[] Variances, double Next, double Mean) Filtered(VarianceRecursion recursion)
    {
        var mean = ReturnMoments.Of(TailVectors.Returns).Mean;
        var variances = new double[TailVectors.Returns.Length];
        return (variances, recursion.Filter(TailVectors.Returns, mean, variances), mean);
    }
}
