using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class ProcyclicalityMetricsTests
{
    [Theory]
    [InlineData(double.NaN, "NotFinite")]
    [InlineData(double.PositiveInfinity, "NotFinite")]
    [InlineData(0.0, "NotPositive")]
    [InlineData(-0.1, "NotPositive")]
    public void Measure_RequirementWithoutARatio_RefusedWithItsDay(double bad, string refusal)
    {
        var error = Assert.Throws<RiskInputException>(() => ProcyclicalityMetrics.Measure([0.1, bad]));

        Assert.Equal(refusal, error.Refusal);
        Assert.Contains("day 1", error.Message, StringComparison.Ordinal);
        Assert.Equal(refusal, Assert.Throws<RiskInputException>(() => ProcyclicalityMetrics.Measure([0.1, 0.1], [0.1, bad])).Refusal);
    }

    [Fact]
    public void Measure_NothingOrUnequalLengths_Refused()
    {
        Assert.Equal("TooFewObservations", Assert.Throws<RiskInputException>(() => ProcyclicalityMetrics.Measure([])).Refusal);
        Assert.Equal("LengthMismatch", Assert.Throws<RiskInputException>(() => ProcyclicalityMetrics.Measure([1.0], [1.0, 1.0])).Refusal);
    }

    [Fact]
    public void Measure_KnownSeries_GivesItsFiguresByHand()
    {
        var metrics = ProcyclicalityMetrics.Measure([0.2, 0.1, 0.15, 0.15, 0.12, 0.4, 0.3], [0.1, 0.1, 0.2, 0.1, 0.2, 0.2, 0.1]);

        Assert.Equal(7, metrics.Observations);
        Assert.Equal(4, metrics.PeakToTrough, 12);
        Assert.Equal((0.4 / 0.12) - 1, metrics.WorstRise1Day!.Value, 12);
        Assert.Equal(2, metrics.WorstRise5Day!.Value, 12); // .1 -> .3 on the last day beats .2 -> .4
        Assert.Null(metrics.WorstRise20Day);
        Assert.Equal(1.42 / 7, metrics.MeanMargin, 12);
        Assert.Equal(0.42, metrics.MeanCost, 12);
    }

    [Theory]
    [InlineData(20, false)]
    [InlineData(21, true)]
    public void Measure_TwentyDayRise_NeedsTwentyOneDays(int days, bool has) =>
        Assert.Equal(has, ProcyclicalityMetrics.Measure([.. Enumerable.Range(1, days).Select(day => 1.0 / day)]).WorstRise20Day is not null);

    [Fact]
    public void Measure_FallingSeries_ItsWorstRiseIsNegative() =>
        Assert.Equal(-0.5, ProcyclicalityMetrics.Measure([0.4, 0.2, 0.05]).WorstRise1Day);

    [Fact]
    public void Measure_AnySeries_MatchesTheDefinitionsTakenLiterally() =>
        Gen.Double[0.01, 10].Array[1, 60].Sample(margins =>
        {
            var metrics = ProcyclicalityMetrics.Measure(margins);
            double? Rise(int n) => margins.Length <= n ? null : Enumerable.Range(n, margins.Length - n).Max(t => (margins[t] / margins[t - n]) - 1);

            Assert.Equal(margins.Max() / margins.Min(), metrics.PeakToTrough);
            Assert.Equal(Rise(1), metrics.WorstRise1Day);
            Assert.Equal(Rise(5), metrics.WorstRise5Day);
            Assert.Equal(Rise(20), metrics.WorstRise20Day);
            Assert.Equal(0, metrics.MeanCost);
        });
}
