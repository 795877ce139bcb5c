using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class AppliedVolatilityTests
{
    private static readonly AppliedVolatility Model = new(0.94, 0.25, 0);

    [Theory]
    [InlineData(0.0, 0.25, 0, 1.0, "LambdaOutOfRange")]
    [InlineData(1.0, 0.25, 0, 1.0, "LambdaOutOfRange")]
    [InlineData(0.94, 0.24, 0, 1.0, "StressWeightOutOfRange")]
    [InlineData(0.94, 0.25, -0.1, 1.0, "FloorShareOutOfRange")]
    [InlineData(0.94, 0.25, 1.1, 1.0, "FloorShareOutOfRange")]
    [InlineData(0.94, 0.25, 0, 0.0, "StressVolatilityOutOfRange")]
    [InlineData(0.94, 0.25, 0, double.NaN, "StressVolatilityOutOfRange")]
    public void Validated_OutOfRange_RefusedByName(double lambda, double weight, double floor, double stress, string refusal) =>
        Assert.Equal(refusal, Assert.Throws<RiskInputException>(new AppliedVolatility(lambda, weight, floor, stress).Validated).Refusal);

    [Fact]
    public void F25_Step_ReturnOrImpliedNotANumber_Refused()
    {
        Assert.Equal("NotFinite", Assert.Throws<RiskInputException>(() => Model.Step(AppliedVolatilityState.Empty, double.NaN)).Refusal);
        Assert.Equal("NotFinite", Assert.Throws<RiskInputException>(() => Model.Read(After(30), double.NaN)).Refusal);
    }

    [Theory]
    [InlineData(29, false)]
    [InlineData(30, true)]
    public void Read_SpeaksFromTheThirtiethReturn(int returns, bool speaks) => Assert.Equal(speaks, Model.Read(After(returns)) is not null);

    [Fact]
    public void Read_AnyReturns_IsTheBatchEwmaBlendedAndFloored() =>
        Gen.Select(Gen.Double[-0.2, 0.2].Array[30, 120], Gen.Double[0.25, 1], Gen.Double[0, 1]).Sample((returns, weight, floor) =>
        {
            var model = new AppliedVolatility(0.94, weight, floor, 1.2);
            var reading = model.Read(returns.Aggregate(AppliedVolatilityState.Empty, model.Step))!.Value;

            var points = Enumerable.Range(30, returns.Length - 29)
                .Select(n => Ewma.Annualise(Ewma.Variance(returns.AsSpan(0, n), 0.94, 30), 86_400)).ToList();
            Assert.Equal(points[^1], reading.Realised);
            Assert.Equal(points.Average(), reading.LongRun, 12);
            Assert.Equal(Math.Max(StressBlend.Apply(points[^1], 1.2, weight), floor * reading.LongRun), reading.Applied);
        });

    [Fact]
    public void Read_StressNotSet_IsTheHighestYearSoFar()
    {
        var model = new AppliedVolatility(0.94, 0.5, 0);
        var state = AppliedVolatilityState.Empty;
        for (var day = 0; day < 1500; day++)
        {
            state = model.Step(state, day is >= 400 and < 800 ? 0.06 : 0.02);
        }

        // The EWMA takes some weeks of the year to get there.
        Assert.InRange(model.Read(state)!.Value.Stress, 0.059 * Math.Sqrt(365), 0.06 * Math.Sqrt(365));
        Assert.Equal(0.02 * Math.Sqrt(365), model.Read(state)!.Value.Point, 6);
    }

    [Theory]
    [InlineData(0.1, 0.02)]
    [InlineData(2.0, 2.0)]
    public void Read_Implied_CountsWhereItIsLarger(double implied, double expectedDaily)
    {
        var reading = Model.Read(After(40), implied)!.Value;

        Assert.Equal(implied > 1 ? implied : expectedDaily * Math.Sqrt(365), reading.Point, 12);
    }

    [Fact]
    public void Margin_IsOneLessTheThreshold() => Assert.Equal(1 - 0.7914, AppliedVolatility.Margin(0.75), 4);

    private static AppliedVolatilityState After(int returns) => Enumerable.Repeat(0.02, returns).Aggregate(AppliedVolatilityState.Empty, Model.Step);
}
