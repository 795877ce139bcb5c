using CsCheck;
using KeeperOracle.Risk.Factors;

namespace KeeperOracle.Tests.Risk.Factors;

public sealed class CollateralFactorsTests
{
    private const double FiveDays = 5 * 86_400;
    private const double NormalTail = 2.6652142;

    /// <summary>Relative. The promise between the implementations is 1e-9; this is what C# reaches.</summary>
    private const double Reached = 1e-13;

    [Theory]
    [InlineData(-1e-9)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void LnLiquidationThreshold_VolatilityNegativeOrNotFinite_Refuses(double volatility) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => CollateralFactors.LnLiquidationThreshold(volatility, 0, Parameters(0, 0)));

    [Theory]
    [InlineData(-1e-9)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void LnLiquidationThreshold_SlippageNoFraction_Refuses(double slippage) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => CollateralFactors.LnLiquidationThreshold(0.6, slippage, Parameters(0, 0)));

    [Theory]
    [InlineData(0.60, 0, 0, 0.8293, 5e-5)]
    [InlineData(0.75, 0, 0, 0.7914, 5e-5)]
    [InlineData(0.60, 0.02, 0.05, 0.774, 5e-4)]
    [InlineData(0.75, 0.02, 0.05, 0.739, 5e-4)]
    [InlineData(1, 0.02, 0.05, 0.683, 5e-4)]
    [InlineData(2, 0.02, 0.05, 0.500, 5e-4)]
    public void LiquidationThreshold_ChecksOfTheRiskModel_Agree(double volatility, double slippage, double bonus, double expected, double tolerance) =>
        Assert.Equal(expected, CollateralFactors.LiquidationThreshold(volatility, slippage, Parameters(bonus, 0)), tolerance);

    [Fact]
    public void BorrowFactor_CheckOfTheRiskModel_Agrees() =>
        Assert.Equal(0.7223, CollateralFactors.BorrowFactor(CollateralFactors.LiquidationThreshold(0.75, 0, Parameters(0, 0)), 0.75), 5e-5);

    [Fact]
    public void LiquidationThreshold_CalmAsset_LeavesRoomForTheJump()
    {
        Assert.Equal(0.85, CollateralFactors.LiquidationThreshold(0.02, 0, Parameters(0, 0.15)), 1e-15);
        Assert.True(CollateralFactors.LiquidationThreshold(0.8, 0, Parameters(0, 0.15)) < 0.85);
    }

    [Fact]
    public void Factors_GoldenVectors_Agree()
    {
        using var vectors = new Vectors("factors.json");
        var volatility = vectors.Fractions("volatility");
        var slippage = vectors.Fractions("slippage");
        var bonus = vectors.Fractions("bonus");
        var jump = vectors.Fractions("jump");
        var tail = vectors.Fractions("tailMultiplier");
        var horizon = vectors.Integers("horizon");
        var thresholds = vectors.Fractions("liquidationThreshold");
        var borrow = vectors.Fractions("borrowFactor");
        Assert.Equal(200, volatility.Count);

        for (var i = 0; i < volatility.Count; i++)
        {
            var threshold = CollateralFactors.LiquidationThreshold(
                volatility[i], slippage[i], new FactorParameters(tail[i], (double)horizon[i], bonus[i], jump[i]));

            AssertClose(thresholds[i], threshold, $"LT of case {i}");
            AssertClose(borrow[i], CollateralFactors.BorrowFactor(threshold, volatility[i]), $"BF of case {i}");
        }
    }

    [Fact]
    public void Ramp_GoldenVectors_Agree()
    {
        using var vectors = new Vectors("ramp.json");
        var start = vectors.Fractions("lnStart");
        var target = vectors.Fractions("lnTarget");
        var rate = vectors.Fractions("ratePerDay");
        var elapsed = vectors.Integers("elapsed");
        var now = vectors.Fractions("lnNow");
        Assert.Equal(60, start.Count);

        for (var i = 0; i < start.Count; i++)
        {
            AssertClose(now[i], CollateralFactors.Ramp(start[i], target[i], rate[i], (double)elapsed[i]), $"ramp of case {i}");
        }
    }

    [Theory]
    [InlineData(-0.2, -0.5, 0, -0.2)]
    [InlineData(-0.2, -0.5, 1, -0.3)]
    [InlineData(-0.2, -0.5, 3, -0.5)]
    [InlineData(-0.2, -0.5, 4, -0.5)]
    [InlineData(-0.5, -0.2, 1, -0.4)]
    [InlineData(-0.5, -0.2, 4, -0.2)]
    public void Ramp_TowardsItsTarget_StopsThere(double start, double target, double days, double expected) =>
        Assert.Equal(expected, CollateralFactors.Ramp(start, target, 0.1, days * 86_400), 1e-15);

    [Fact]
    public void InForce_BlockBeforeTheReport_IsTheStartOfTheRamp()
    {
        var attested = new AttestedRisk(0.9, 0.02, 0.9, 0.02, -0.2, 1_000, 0.02);

        Assert.Equal(CollateralFactors.InForce(attested, Parameters(0.05, 0.15), 1_000), CollateralFactors.InForce(attested, Parameters(0.05, 0.15), 999));
        Assert.Equal(Math.Exp(-0.2), CollateralFactors.InForce(attested, Parameters(0.05, 0.15), 1_000).LiquidationThreshold.ToDouble(), 1e-15);
    }

    [Fact]
    public void InForce_Random_InitialIsNeverOverMaintenanceAndTimeOnlyMovesTowardsTheTarget() =>
        Gen.Select(Gen.Double[0.01, 4], Gen.Double[0, 0.3], Gen.Double[0, 1], Gen.Double[-1.5, -0.05], Gen.UInt[0, 4_000_000]).Sample(
            (volatility, slippage, tightening, start, elapsed) =>
            {
                var parameters = Parameters(0.05, 0.15);
                var attested = new AttestedRisk(volatility, slippage, volatility * (1 + tightening), slippage, start, 10, 0.02);
                var target = CollateralFactors.LiquidationThreshold(volatility, slippage, parameters);

                var pair = CollateralFactors.InForce(attested, parameters, 10UL + elapsed);

                Assert.True(pair.BorrowFactor < pair.LiquidationThreshold);
                Assert.InRange(
                    pair.LiquidationThreshold.ToDouble(), Math.Min(target, Math.Exp(start)) - 1e-15, Math.Max(target, Math.Exp(start)) + 1e-15);
            });

    private static FactorParameters Parameters(double bonus, double jump) => new(NormalTail, FiveDays, bonus, jump);

    /// <summary>The vectors are cut to 18 decimals: half a unit of that is theirs.</summary>
    private static void AssertClose(double expected, double actual, string what) =>
        Assert.True(Math.Abs(expected - actual) <= (Math.Abs(expected) * Reached) + 1e-18, $"{what}: {actual:R}, the reference {expected:R}");
}
