using CsCheck;
using KeeperOracle.Risk.Correlation;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.TailRisk;

/// <summary>Delta-normal and Monte Carlo: two readings of one book.</summary>
public sealed class LinearBookTests
{
    private static readonly CorrelationMatrix Hull = CorrelationMatrix.Uniform(2, 0.3);

    [Fact]
    public void StandardDeviation_ShapesOrNumbersThatAreNone_Refuses()
    {
        TailVectors.Refuses("ShapeMismatch", () => LinearBook.StandardDeviation([1], [0.1, 0.1], Hull));
        TailVectors.Refuses("ShapeMismatch", () => LinearBook.StandardDeviation([1, 1], [0.1], Hull));
        TailVectors.Refuses("Negative", () => LinearBook.StandardDeviation([1, 1], [0.1, -0.1], Hull));
        TailVectors.Refuses("NotFinite", () => LinearBook.StandardDeviation([1, double.NaN], [0.1, 0.1], Hull));
    }

    [Fact]
    public void Forecast_HullsTwoStocks_GivesThePublishedFigures()
    {
        double[] exposures = [10e6, 5e6];
        double[] deviations = [0.02, 0.01];
        const double z = 2.33;

        var deviation = LinearBook.StandardDeviation(exposures, deviations, Hull);
        Assert.Equal(220_227, deviation, 0.5);
        Assert.Equal(1_622_657, z * Math.Sqrt(10) * deviation, 0.5);

        // Hull subtracts rounded figures.
        Assert.Equal(219_369, z * Math.Sqrt(10) * LinearBook.DiversificationBenefit(exposures, deviations, Hull), 1.0);
        var forecast = LinearBook.Forecast(exposures, deviations, Hull, 0.99, 10);
        TailVectors.Close(2.3263478740408408 * Math.Sqrt(10) * deviation, forecast.Var, 1e-12);
    }

    [Fact]
    public void DiversificationBenefit_PerfectCorrelation_IsNothing() =>
        Assert.Equal(0, LinearBook.DiversificationBenefit([10, 5], [0.02, 0.01], CorrelationMatrix.Uniform(2, 1)), 1e-12);

    [Fact]
    public void Forecast_OffsettingPositionsAtPerfectCorrelation_IsNothingAndNoNaN() =>
        Assert.Equal(0, LinearBook.Forecast([1, -1], [0.02, 0.02], CorrelationMatrix.Uniform(2, 1), 0.99).Es, 1e-12);

    [Fact]
    public void Forecast_NormalBooks_EsIsSubAdditive() => Gen.Select(Gen.Double[-10, 10].Array[4], Gen.Double[-0.4, 1]).Sample(
        (exposures, rho) =>
    {
        var correlation = CorrelationMatrix.Uniform(2, rho);
        double Es(double first, double second) => LinearBook.Forecast([first, second], [0.02, 0.05], correlation, 0.975).Es;

        var together = Es(exposures[0] + exposures[2], exposures[1] + exposures[3]);
        Assert.True(together <= Es(exposures[0], exposures[1]) + Es(exposures[2], exposures[3]) + 1e-12);
    });

    [Fact]
    public void MonteCarlo_ManyDraws_AgreesWithTheClosedForm()
    {
        double[] exposures = [10e6, 5e6, -4e6];
        double[] deviations = [0.02, 0.01, 0.03];
        var correlation = new CorrelationMatrix(3, [1, 0.3, 0.5, 0.3, 1, 0.2, 0.5, 0.2, 1]);

        var exact = LinearBook.Forecast(exposures, deviations, correlation, 0.99);
        var simulated = MonteCarlo.Forecast(exposures, [0, 0, 0], deviations, correlation, 0.99, 60_000, 17);

        // Standard errors at 120,000 draws: about .5 % of VaR and .6 % of ES.
        TailVectors.Close(exact.Var, simulated.Var, 0.015);
        TailVectors.Close(exact.Es, simulated.Es, 0.018);
    }

    [Fact]
    public void LinearLosses_AntitheticPairs_MeanIsExact()
    {
        var losses = MonteCarlo.LinearLosses([2, 3], [0.01, -0.02], [0.1, 0.2], Hull, 500, 4);

        Assert.Equal(1000, losses.Length);
        Assert.Equal(0.04, losses.Average(), 1e-12);
    }

    [Fact]
    public void FillReturns_Scenarios_HaveTheCorrelationAndGiveTheLossesOfTheBook()
    {
        var returns = new double[2 * 2 * 20_000];
        MonteCarlo.FillReturns([0.001, 0], [0.02, 0.01], Hull, 8, returns);

        var (xx, yy, xy) = (0.0, 0.0, 0.0);
        for (var i = 0; i < returns.Length; i += 2)
        {
            var (x, y) = (returns[i] - 0.001, returns[i + 1]);
            (xx, yy, xy) = (xx + (x * x), yy + (y * y), xy + (x * y));
        }

        Assert.Equal(0.3, xy / Math.Sqrt(xx * yy), 0.02);
        Assert.Equal(0.02, Math.Sqrt(xx / 40_000), 3e-4);

        var own = new double[returns.Length / 2];
        for (var i = 0; i < own.Length; i++)
        {
            own[i] = -((3 * returns[2 * i]) + (4 * returns[(2 * i) + 1]));
        }

        Array.Sort(own);
        var losses = MonteCarlo.LinearLosses([3, 4], [0.001, 0], [0.02, 0.01], Hull, 20_000, 8);
        for (var i = 0; i < own.Length; i += 997)
        {
            Assert.Equal(own[i], losses[i], 1e-12);
        }
    }

    [Fact]
    public void FillReturns_HalfAPair_Refuses()
    {
        TailVectors.Refuses("ShapeMismatch", () => MonteCarlo.FillReturns([0, 0], [1, 1], Hull, 1, new double[6]));
        MonteCarlo.FillReturns([0, 0], [1, 1], Hull, 1, new double[8]);
        TailVectors.Refuses("CountOutOfRange", () => MonteCarlo.LinearLosses([1, 1], [0, 0], [1, 1], Hull, 0, 1));
    }
}
