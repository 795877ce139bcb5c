using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Backtesting;

namespace KeeperOracle.Tests.Risk.Backtesting;

public sealed class CoverageTestsTests
{
    [Theory]
    [InlineData(0, 0, 0.05, "TooFewObservations")]
    [InlineData(10, 11, 0.05, "InconsistentCounts")]
    [InlineData(10, -1, 0.05, "InconsistentCounts")]
    [InlineData(10, 1, 0.0, "LevelOutOfRange")]
    [InlineData(10, 1, 1.0, "LevelOutOfRange")]
    [InlineData(10, 1, double.NaN, "LevelOutOfRange")]
    public void ProportionOfFailures_ImpossibleInput_RefusedByName(int observations, int exceptions, double probability, string refusal)
    {
        var problem = Assert.Throws<RiskInputException>(() => CoverageTests.ProportionOfFailures(observations, exceptions, probability));
        Assert.Equal(refusal, problem.Refusal);
        problem = Assert.Throws<RiskInputException>(() => TrafficLight.Judge(observations, exceptions, probability));
        Assert.Equal(refusal, problem.Refusal);
    }

    [Fact]
    public void Independence_NegativeCount_RefusedByName() =>
        Assert.Equal(
            "InconsistentCounts",
            Assert.Throws<RiskInputException>(() => CoverageTests.Independence(new ExceptionTransitions(1, -1, 0, 0))).Refusal);

    [Theory]
    [InlineData(0)]
    [InlineData(11)]
    public void TimeUntilFirstFailure_PeriodOutsideSample_RefusedByName(int period) =>
        Assert.Equal(
            "InconsistentCounts",
            Assert.Throws<RiskInputException>(() => CoverageTests.TimeUntilFirstFailure(10, period, 0.05)).Refusal);

    // The documentation of MATLAB's Risk Management Toolbox, varbacktest (S&P 500, VaR at 95 % by a normal distribution): summary, pof,
    // cci, cc, tuff.
    [Fact]
    public void AllCoverageTests_PublishedNormal95Sample_PublishedDigits()
    {
        var outcome = Backtest.Coverage(1043, 57, 0.95, new ExceptionTransitions(932, 53, 53, 4), 58);
        Published(outcome.Pof, 1, 0.46147, 0.49694);
        Published(outcome.Cci, 1, 0.25866, 0.61104);
        Published(outcome.Cc, 2, 0.72013, 0.69763);
        Published(outcome.Tuff, 1, 1.7354, 0.18773, 4);
        Assert.Equal(TrafficLightZone.Green, outcome.TrafficLight.Zone);
        Assert.Equal(0.77913, outcome.TrafficLight.CumulativeProbability, 5);
        Assert.Equal(0.26396, outcome.TrafficLight.PValue, 5);
        Assert.Equal(0, outcome.TrafficLight.Increase);
    }

    // By the formulas in Python's double arithmetic, p-values by scipy 1.10.1 (stats.chi2.sf); cells that are empty and rows that differ.
    [Theory]
    [InlineData(80, 11, 6, 2, 0.9014771264630781, 0.34238594782781245)]
    [InlineData(240, 5, 4, 0, 0.1636085335814883, 0.6858557258313154)]
    [InlineData(0, 3, 4, 9, 1.9464386148129833, 0.1629711413662614)]
    public void Independence_UnequalRowsAndEmptyCells_IndependentNumbers(int n00, int n01, int n10, int n11, double statistic, double pValue)
    {
        var outcome = CoverageTests.Independence(new ExceptionTransitions(n00, n01, n10, n11));
        Assert.Equal(statistic, outcome.Statistic!.Value, 11);
        Assert.Equal(pValue, outcome.PValue!.Value, 11);
    }

    [Theory]
    [InlineData(250, 3, 0.05, 10.812334163880102, 0.001008261016782048)]
    [InlineData(250, 3, 0.01, 0.09494012266443264, 0.75798832137329)]
    [InlineData(1043, 17, 0.01, 3.511812860706897, 0.060932747074577964)]
    public void ProportionOfFailures_OtherSamples_IndependentNumbers(int n, int x, double p, double statistic, double pValue)
    {
        var outcome = CoverageTests.ProportionOfFailures(n, x, p);
        Assert.Equal(statistic, outcome.Statistic!.Value, 10);
        Assert.Equal(pValue, outcome.PValue!.Value, 11);
    }

    [Fact]
    public void Transitions_OfSeries_CountEachPair() =>
        Assert.Equal(
            new ExceptionTransitions(1, 2, 1, 1), ExceptionTransitions.Of([false, true, true, false, false, true]));

    [Fact]
    public void ProportionOfFailures_NoExceptionAndAllExceptions_FiniteClosedForm()
    {
        // x = 0: -2 n ln(1-p); x = n: -2 n ln p.
        Assert.Equal(-2 * 250 * Math.Log(0.99), CoverageTests.ProportionOfFailures(250, 0, 0.01).Statistic!.Value, 12);
        Assert.Equal(-2 * 250 * Math.Log(0.01), CoverageTests.ProportionOfFailures(250, 250, 0.01).Statistic!.Value, 9);
    }

    [Fact]
    public void ProportionOfFailures_ExactlyThePromisedShare_StatisticZero()
    {
        var outcome = CoverageTests.ProportionOfFailures(200, 10, 0.05);
        Assert.Equal(0, outcome.Statistic!.Value, 12);
        Assert.Equal(1, outcome.PValue!.Value, 6);
    }

    // No exception: with p = .05, k = n + 1 is too late from k = 87 on (LR 3.893; at k = 86 it is 3.813, and chi-square's 5 % point is
    // 3.841).
    [Theory]
    [InlineData(1, false)]
    [InlineData(85, false)]
    [InlineData(86, true)]
    [InlineData(1000, true)]
    public void TimeUntilFirstFailure_NoExceptionYet_DecidesOnlyWhenAnyWouldBeTooLate(int observations, bool decides)
    {
        var outcome = CoverageTests.TimeUntilFirstFailure(observations, null, 0.05);
        Assert.Null(outcome.FirstException);
        Assert.Equal(decides, outcome.Statistic is not null);
        Assert.Equal(!decides, outcome.Passes());
    }

    [Fact]
    public void TimeUntilFirstFailure_FirstPeriod_IsMinusTwoLogP() =>
        Assert.Equal(-2 * Math.Log(0.05), CoverageTests.TimeUntilFirstFailure(10, 1, 0.05).Statistic!.Value, 12);

    [Fact]
    public void CoverageTests_AnyCounts_FiniteStatisticsAndProbabilities() =>
        Gen.Select(Gen.Int[1, 3000], Gen.Double[0, 1], Gen.Double[0.0005, 0.5], Gen.Bool.Array[1, 60]).Sample((n, share, p, hits) =>
        {
            var x = (int)(share * n);
            var outcome = Backtest.Coverage(n, x, 1 - p, ExceptionTransitions.Of(hits), x == 0 ? null : 1 + ((n - x) / 2));
            Probability(outcome.Pof);
            Probability(outcome.Cci);
            Probability(outcome.Cc);
            if (outcome.Tuff.Statistic is not null)
            {
                Probability(outcome.Tuff);
            }

            Assert.InRange(outcome.TrafficLight.PValue, 0, 1);
            Assert.InRange(outcome.TrafficLight.CumulativeProbability, 0, 1);
            Assert.InRange(outcome.TrafficLight.Multiplier, 3, 4);
        });

    [Fact]
    public void TrafficLight_250DaysAt99Percent_IsBaselsTable()
    {
        double[] multipliers = [3, 3, 3, 3, 3, 3.40, 3.50, 3.65, 3.75, 3.85, 4, 4];
        for (var x = 0; x < multipliers.Length; x++)
        {
            var outcome = TrafficLight.Judge(250, x, 1 - 0.99);
            Assert.Equal(x <= 4 ? TrafficLightZone.Green : x <= 9 ? TrafficLightZone.Yellow : TrafficLightZone.Red, outcome.Zone);
            Assert.Equal(multipliers[x], outcome.Multiplier, 12);
        }
    }

    // P(X <= x) and P(X >= x) by scipy 1.10.1, stats.binom.cdf and sf.
    [Theory]
    [InlineData(250, 4, 0.01, TrafficLightZone.Green, 0.8921876269036252, 0.24188330223511675)]
    [InlineData(250, 5, 0.01, TrafficLightZone.Yellow, 0.9588168159301517, 0.10781237309637479)]
    [InlineData(1043, 12, 0.01, TrafficLightZone.Green, 0.7499628115585506, 0.3526914734401528)]
    [InlineData(1043, 17, 0.01, TrafficLightZone.Yellow, 0.979910373230658, 0.03686006384158507)]
    [InlineData(1043, 22, 0.01, TrafficLightZone.Yellow, 0.999516138021016, 0.0011121634021233528)]
    [InlineData(1043, 59, 0.05, TrafficLightZone.Green, 0.8515510456585228, 0.1823223851538325)]
    public void TrafficLight_AnySampleAndLevel_ProbabilitiesOfScipy(
        int n, int x, double p, TrafficLightZone zone, double atMost, double atLeast)
    {
        var outcome = TrafficLight.Judge(n, x, p);
        Assert.Equal(zone, outcome.Zone);
        Assert.Equal(atMost, outcome.CumulativeProbability, 11);
        Assert.Equal(atLeast, outcome.PValue, 11);
    }

    [Fact]
    public void TrafficLight_FarTail_PValueKeepsItsDigits()
    {
        // P(X >= n) = p^n and P(X >= 0) = 1; a difference from one would give zero.
        Assert.Equal(20 * Math.Log(0.01), Math.Log(TrafficLight.Judge(20, 20, 0.01).PValue), 9);
        Assert.Equal(1, TrafficLight.Judge(250, 0, 0.01).PValue);
        Assert.Equal(1, TrafficLight.Judge(250, 250, 0.01).CumulativeProbability);
    }

    private static void Published(TestOutcome outcome, int degrees, double statistic, double pValue, int digits = 5)
    {
        Assert.Equal(degrees, outcome.DegreesOfFreedom);
        Assert.Equal(statistic, outcome.Statistic!.Value, digits);
        Assert.Equal(pValue, outcome.PValue!.Value, 5);
    }

    private static void Probability(TestOutcome outcome)
    {
        Assert.True(double.IsFinite(outcome.Statistic!.Value) && outcome.Statistic >= 0);
        Assert.InRange(outcome.PValue!.Value, 0, 1);
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(3, 9)]
    public void Coverage_FirstExceptionThatLeavesNoRoomForTheOthers_Refused(int exceptions, int first) => Assert.Equal(
        "InconsistentCounts", Assert.Throws<RiskInputException>(() => Backtest.Coverage(10, exceptions, 0.95, default, first)).Refusal);

    [Fact]
    public void Coverage_FirstExceptionThatLeavesJustRoom_IsTested() =>
        Assert.NotNull(Backtest.Coverage(10, 3, 0.95, default, 8).Tuff.Statistic);
}
