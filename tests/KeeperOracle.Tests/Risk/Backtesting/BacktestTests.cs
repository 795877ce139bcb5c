using KeeperOracle.Risk;
using KeeperOracle.Risk.Backtesting;
using KeeperOracle.Risk.Models;

namespace KeeperOracle.Tests.Risk.Backtesting;

public sealed class BacktestTests
{
    private static readonly double[] Path = Backtest.LogReturns(SyntheticMarket.Prices(3, 1200));

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void LogReturns_PriceNotPositive_Refused(double price) =>
        Refused("PriceNotPositive", () => Backtest.LogReturns([1, price, 2]));

    [Fact]
    public void LogReturns_ThreePrices_TwoLogRatios()
    {
        var returns = Backtest.LogReturns([1, Math.E, 1]);
        Assert.Equal(2, returns.Length);
        Assert.Equal(1, returns[0], 15);
        Assert.Equal(-1, returns[1], 15);
        Assert.Empty(Backtest.LogReturns([]));
    }

    [Fact]
    public void Run_TestBeforeTheModelCanForecast_Refused()
    {
        var model = ModelCatalogue.Named("ewma-t");
        Refused("TooFewObservations", () => Backtest.Run(model, Path, model.MinimumHistory - 1, 0.99, 1));
        Assert.Equal(Path.Length - model.MinimumHistory, Backtest.Run(model, Path, model.MinimumHistory, 0.99, 1, 10).Result.Observations);
    }

    [Fact]
    public void Run_NothingLeftToTest_Refused() =>
        Refused("TooFewObservations", () => Backtest.Run(ModelCatalogue.Named("ewma-normal"), Path, Path.Length, 0.99, 1));

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void Run_LevelOutOfRange_Refused(double level) =>
        Refused("LevelOutOfRange", () => Backtest.Run(ModelCatalogue.Named("ewma-normal"), Path, 500, level, 1));

    [Fact]
    public void Run_FrozenPrice_RefusedByName() =>
        Refused("ShortfallNotPositive", () => Backtest.Run(ModelCatalogue.Named("ewma-normal"), new double[100], 50, 0.99, 1));

    [Fact]
    public void Run_AnyModel_ExceptionsAreLossesStrictlyOverVar()
    {
        var backtest = Backtest.Run(ModelCatalogue.Named("ewma-normal"), Path, 500, 0.975, 1, 10);
        Assert.Equal(-Path[500], backtest.Losses[0]);
        Assert.Equal(backtest.Losses.Zip(backtest.Forecasts).Count(day => day.First > day.Second.Var), backtest.Result.Exceptions);
        Assert.Equal(backtest.Forecasts.Average(f => f.Es), backtest.Result.AverageCapital, 12);
        Assert.Equal(backtest.Forecasts.Max(f => f.Es), backtest.Result.WorstCapital);
    }

    /// <summary>The right law on the right volatility has the lower score: the score is consistent.</summary>
    [Fact]
    public void JointScore_RightModelAgainstHalvedVolatility_Lower()
    {
        var right = Backtest.Run(ModelCatalogue.Named("garch-t"), Path, 800, 0.975, 1, 10).Result.JointScore;
        var fixedForecast = Backtest.Run(ModelCatalogue.Named("static"), Path, 800, 0.975, 1, 10).Result.JointScore;
        Assert.True(right < fixedForecast, $"{right} against {fixedForecast}");
    }

    /// <summary>Size of the tests: of a right model at 5 % about one sample in twenty is rejected.</summary>
    [Fact]
    public void Evaluate_RightModelManySamples_RejectedAboutAsOftenAsPromised()
    {
        var random = new SeededRandom(8);
        var law = new NormalLaw();
        var (pof, z2) = (0, 0);
        const int Samples = 150;
        for (var sample = 0; sample < Samples; sample++)
        {
            var returns = new double[500];
            for (var t = 0; t < returns.Length; t++)
            {
                returns[t] = random.NextNormal();
            }

            var walk = Enumerable.Repeat(new PeriodForecast(0, 1, law), returns.Length + 1).ToList();
            var result = Backtest.Evaluate("right", walk, returns, 0, 0.975, 77, 200).Result;
            pof += result.Pof.Passes() ? 0 : 1;
            z2 += result.Z2.Passes() ? 0 : 1;
        }

        Assert.InRange(pof, Samples * 0.015, Samples * 0.10);
        Assert.InRange(z2, Samples * 0.015, Samples * 0.10);
    }

    [Fact]
    public void ModelComparison_ModelsAndLevels_OneEntryEachInOrder()
    {
        TailModel[] models = [ModelCatalogue.Named("static"), ModelCatalogue.Named("ewma-normal")];
        var compared = ModelComparison.Run(models, Path, 500, [0.975, 0.99], 1, 10);
        Assert.Equal(
            [("static", 0.975), ("static", 0.99), ("ewma-normal", 0.975), ("ewma-normal", 0.99)],
            compared.Select(c => (c.Backtest.Result.Model, c.Backtest.Result.Level)));

        // The reactive model asks for less than its own average in the calmer half; the crash makes its peak.
        Assert.True(compared[3].CalmCapital < compared[3].Backtest.Result.AverageCapital);
        Assert.True(compared[3].Procyclicality.PeakToTrough > compared[1].Procyclicality.PeakToTrough);
    }

    [Fact]
    public void SyntheticMarket_SameSeed_SamePathWithItsCrash()
    {
        var prices = SyntheticMarket.Prices(3, 1200);
        Assert.Equal(prices, SyntheticMarket.Prices(3, 1200));
        Assert.Equal(0.65, prices[721] / prices[720], 12);
        Refused("TooFewObservations", () => SyntheticMarket.Prices(3, 0));
    }

    private static void Refused(string refusal, Func<object> act) => Assert.Equal(refusal, Assert.Throws<RiskInputException>(act).Refusal);
}
