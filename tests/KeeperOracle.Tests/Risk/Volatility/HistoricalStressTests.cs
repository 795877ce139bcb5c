using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class HistoricalStressTests
{
    [Fact]
    public void Highest_BadInput_Refuses()
    {
        Assert.Equal("TooFewObservations", Refusal(() => HistoricalStress.HighestEwmaYear([], 0.94, 1, 86400)));
        Assert.Equal("NotFinite", Refusal(() => HistoricalStress.HighestTwoYears([0.1, double.NaN], 86400)));
        Assert.Equal("BadInterval", Refusal(() => HistoricalStress.HighestTwoYears([0.1], 0.5)));
        Assert.Equal("BadInterval", Refusal(() => HistoricalStress.HighestTwoYears([0.1], double.NaN)));
        Assert.Equal("TooFewObservations", Refusal(() => HistoricalStress.HighestAverage([], 3)));
        Assert.Equal("TooFewObservations", Refusal(() => HistoricalStress.HighestAverage([1], 0)));
    }

    [Fact]
    public void HighestAverage_ByHand_FindsTheWindow()
    {
        Assert.Equal((4, 4, true), HistoricalStress.HighestAverage([1, 2, 3, 5, 1, 2], 2));
        Assert.Equal((2, 3, false), HistoricalStress.HighestAverage([1, 2, 3], 4));
        Assert.Equal((2, 3, true), HistoricalStress.HighestAverage([1, 2, 3], 3));
        Assert.Equal((3, 3, true), HistoricalStress.HighestAverage([1, 2, 3, 3], 1));
    }

    [Fact]
    public void HighestAverage_AgainstEveryWindow_Agrees() =>
        Gen.Select(Gen.Double[0, 10].Array[1, 40], Gen.Int[1, 40]).Sample((values, window) =>
        {
            var length = Math.Min(window, values.Length);
            var expected = Enumerable.Range(0, values.Length - length + 1).Max(start => values.Skip(start).Take(length).Average());
            Assert.Equal(expected, HistoricalStress.HighestAverage(values, window).Average, 1e-12 * (1 + expected));
        });

    /// <summary>Two calm years, a year at 2 % a day, two calm years.</summary>
    [Fact]
    public void Highest_StressedYearBetweenCalmOnes_IsFound()
    {
        var returns = Enumerable.Range(0, 5 * 365).Select(t => (t / 365 == 2 ? 0.02 : 0.01) * (t % 2 == 0 ? 1 : -1)).ToArray();
        var ewma = HistoricalStress.HighestEwmaYear(returns, 0.94, 30, 86400);
        var baseline = HistoricalStress.HighestTwoYears(returns, 86400);

        // The EWMA lags: its best year starts and ends some days after the stressed one, and holds nearly all of it.
        Assert.InRange(ewma.Volatility, 0.98 * 0.02 * Math.Sqrt(365), 0.02 * Math.Sqrt(365));
        Assert.InRange(ewma.End, 3 * 365, (3 * 365) + 30);
        Assert.Equal(Math.Sqrt((0.0004 + 0.0001) / 2 * 365), baseline.Volatility, 1e-12);
        Assert.True(ewma.FullWindow && baseline.FullWindow);
    }

    [Fact]
    public void Highest_HistoryShorterThanTheWindow_SaysSo()
    {
        var returns = Enumerable.Repeat(0.01, 364).ToArray();
        var ewma = HistoricalStress.HighestEwmaYear(returns, 0.94, 30, 86400);
        Assert.Equal((false, 364), (ewma.FullWindow, ewma.End));
        Assert.Equal(0.01 * Math.Sqrt(365), ewma.Volatility, 1e-12);
        Assert.True(HistoricalStress.HighestEwmaYear([.. returns, 0.01], 0.94, 30, 86400).FullWindow);
    }

    [Fact]
    public void HighestTwoYears_HourlyReturns_CountsHours()
    {
        var returns = Enumerable.Repeat(0.002, (2 * 8760) + 5).ToArray();
        var baseline = HistoricalStress.HighestTwoYears(returns, 3600);
        Assert.Equal(0.002 * Math.Sqrt(8760), baseline.Volatility, 1e-10);
        Assert.True(baseline.FullWindow);
        Assert.False(HistoricalStress.HighestTwoYears(returns.AsSpan(6), 3600).FullWindow);
    }

    private static string Refusal(Action action) => Assert.Throws<RiskInputException>(action).Refusal;
}
