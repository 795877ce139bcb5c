using System.Numerics;
using CsCheck;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.TailRisk;

/// <summary>Liquidity-adjusted figures and size tiers.</summary>
public sealed class LiquidityTests
{
    [Fact]
    public void ExogenousSpread_ByHand_IsHalfOfABadDaysSpread()
    {
        // 1M at a mean spread of .2 % with deviation .1 %, a = 3: 1M x (.002 + .003)/2.
        Assert.Equal(2500, LiquidityAdjustment.ExogenousSpread(-1e6, 0.002, 0.001, 3), 1e-9);
        TailVectors.Refuses("Negative", () => LiquidityAdjustment.ExogenousSpread(1e6, -1e-9, 0.001, 3));
        TailVectors.Refuses("Negative", () => LiquidityAdjustment.ExogenousSpread(1e6, 0.002, -1e-9, 3));
        TailVectors.Refuses("NotFinite", () => LiquidityAdjustment.ExogenousSpread(double.NaN, 0.002, 0.001, 3));
        Assert.Equal(0, LiquidityAdjustment.ExogenousSpread(1e6, 0, 0, 0));
    }

    [Fact]
    public void Impact_FourTimesTheSize_CostsEightTimesAsMuch()
    {
        var one = LiquidityAdjustment.Impact(1e6, 0.73, 1e8);

        Assert.Equal(1e6 * 2 / 3 * 0.73 / Math.Sqrt(365) * 0.1, one, 1e-6);
        Assert.Equal(8 * one, LiquidityAdjustment.Impact(-4e6, 0.73, 1e8), 1e-6);
        TailVectors.Refuses("NoVolume", () => LiquidityAdjustment.Impact(1e6, 0.73, 0));
        TailVectors.Refuses("Negative", () => LiquidityAdjustment.Impact(1e6, -0.73, 1e8));
    }

    [Fact]
    public void WithCost_Both_MoveAlike()
    {
        Assert.Equal(new TailForecast(3.5, 5.5), LiquidityAdjustment.WithCost(new TailForecast(3, 5), 0.5));
        TailVectors.Refuses("Negative", () => LiquidityAdjustment.WithCost(new TailForecast(3, 5), -1e-9));
    }

    [Fact]
    public void OverHorizons_BaselsCascade_ByHand()
    {
        // Everything liquid in ten days: ES itself. The same ES on all five: sqrt(1 + 1 + 2 + 2 + 6) = sqrt 12.
        Assert.Equal(100, LiquidityAdjustment.OverHorizons([100, 0, 0, 0, 0], LiquidityAdjustment.BaselHorizons), 1e-12);
        Assert.Equal(
            100 * Math.Sqrt(12), LiquidityAdjustment.OverHorizons([100, 100, 100, 100, 100], LiquidityAdjustment.BaselHorizons), 1e-10);
        Assert.Equal(
            Math.Sqrt((100 * 100) + (60 * 60) + (40 * 40 * 2) + (20 * 20 * 2) + (10 * 10 * 6)),
            LiquidityAdjustment.OverHorizons([100, 60, 40, 20, 10], LiquidityAdjustment.BaselHorizons),
            1e-10);
    }

    [Fact]
    public void OverHorizons_HorizonsThatDoNotRise_Refuses()
    {
        TailVectors.Refuses("HorizonsNotRising", () => LiquidityAdjustment.OverHorizons([1, 1], [10, 10]));
        TailVectors.Refuses("HorizonsNotRising", () => LiquidityAdjustment.OverHorizons([1], [0]));
        TailVectors.Refuses("HorizonsNotRising", () => LiquidityAdjustment.OverHorizons([1], [10], baseHorizon: 0));
        TailVectors.Refuses("ShapeMismatch", () => LiquidityAdjustment.OverHorizons([1, 1], [10]));
        TailVectors.Refuses("Negative", () => LiquidityAdjustment.OverHorizons([-1e-9], [10]));
        Assert.Equal(0, LiquidityAdjustment.OverHorizons([], []));
    }

    // Weights in ten-thousandths, truncated, as the unit tests of Drift's protocol-v2 (math/margin/tests.rs, spot_market_asset_weight)
    // expect them.
    [Theory]
    [InlineData(1.1, 0.0, 1000, 11000)]
    [InlineData(1.1, 0.00001, 1000, 11000)]
    [InlineData(1.1, 0.01, 1000, 11962)]
    [InlineData(1.1, 0.1, 1000, 40422)]
    [InlineData(0, 0.1, 1000, 31622)]
    public void LiabilityWeight_DriftsTests_Agrees(double weight, double factor, double size, int expected) =>
        Assert.Equal(expected, Math.Floor(1e4 * SizeTiers.LiabilityWeight(weight, factor, size) + 1e-9));

    [Theory]
    [InlineData(0.9, 0.0, 1000, 9000)]
    [InlineData(0.9, 0.00001, 1000, 9000)]
    [InlineData(0.9, 0.00001, 1e9, 8357)]
    [InlineData(0.9, 0.01, 1000, 8357)]
    [InlineData(0.9, 0.1, 1000, 2642)]
    [InlineData(0.15, 0.1, 100_000, 337)]
    [InlineData(0.75, 0.1, 100_000, 337)]
    public void AssetWeight_DriftsTests_Agrees(double weight, double factor, double size, int expected) =>
        Assert.Equal(expected, Math.Floor(1e4 * SizeTiers.AssetWeight(weight, factor, size) + 1e-9));

    [Fact]
    public void Weights_LargerPosition_AreNeverLaxer() => Gen.Select(
        Gen.Double[0, 2], Gen.Double[0, 0.1], Gen.Double[0, 1e9], Gen.Double[0, 1e9]).Sample((weight, factor, one, other) =>
        {
            var (small, large) = (Math.Min(one, other), Math.Max(one, other));

            Assert.True(SizeTiers.LiabilityWeight(weight, factor, large) >= SizeTiers.LiabilityWeight(weight, factor, small));
            Assert.True(SizeTiers.AssetWeight(weight, factor, large) <= SizeTiers.AssetWeight(weight, factor, small));
        });

    [Fact]
    public void LiabilityWeight_NegativeInput_Refuses()
    {
        TailVectors.Refuses("Negative", () => SizeTiers.LiabilityWeight(-1e-9, 0.1, 1));
        TailVectors.Refuses("Negative", () => SizeTiers.LiabilityWeight(1, -1e-9, 1));
        TailVectors.Refuses("Negative", () => SizeTiers.AssetWeight(1, 0.1, -1e-9));
        TailVectors.Refuses("NotFinite", () => SizeTiers.AssetWeight(1, double.NaN, 1));
    }

    // The unit tests of dYdX's v4-chain (perpetuals/types/liquidity_tier_test.go, TestGetInitialMarginQuoteQuantums).
    [Theory]
    [InlineData(200_000, 0, 0, 0, 500_000, 100_000)]
    [InlineData(500_000, 0, 0, 0, 1_000_000, 500_000)]
    [InlineData(100_000, 0, 0, 0, 1, 1)]
    [InlineData(567_243, 0, 0, 0, 123_456, 70_030)]
    [InlineData(200_000, 1_500_000_000_000, 0, 0, 500_000, 100_000)]
    [InlineData(200_000, 1_500_000_000_000, 1_000_000_000_000, 2_000_000_000_000, 500_000, 300_000)]
    [InlineData(200_000, 80_000_000_000_000, 25_000_000_000_000, 50_000_000_000_000, 500_000, 500_000)]
    [InlineData(200_000, 25_000_000_000_000, 25_000_000_000_000, 50_000_000_000_000, 500_000, 100_000)]
    [InlineData(200_000, 28_123_456_789_123, 25_000_000_000_000, 60_000_000_000_000, 500_000, 135_697)]
    public void RequirementRoundedUp_DydxTests_Agrees(int ppm, long openInterest, long lower, long upper, long notional, long expected) =>
        Assert.Equal(expected, SizeTiers.RequirementRoundedUp(notional, ppm, openInterest, lower, upper));

    // TestGetAdjustedInitialMarginPpm of the same file, which rounds down (387,653); the risk model rounds up.
    [Theory]
    [InlineData(0, 200_000)]
    [InlineData(1_000_000, 200_000)]
    [InlineData(1_234_567, 387_654)]
    [InlineData(1_500_000, 600_000)]
    [InlineData(2_000_000, 1_000_000)]
    [InlineData(2_500_000, 1_000_000)]
    public void OpenInterestPpmRoundedUp_DydxTests_AgreesButForTheRounding(long openInterest, int expected)
    {
        Assert.Equal(expected, SizeTiers.OpenInterestPpmRoundedUp(200_000, openInterest, 1_000_000, 2_000_000));
        Assert.Equal(expected / 1e6, SizeTiers.OpenInterestFraction(0.2, openInterest, 1e6, 2e6), 1e-6);
    }

    [Fact]
    public void OpenInterest_CapsThatAreOne_StepsToTheWhole()
    {
        Assert.Equal(new BigInteger(200_000), SizeTiers.OpenInterestPpmRoundedUp(200_000, 999, 1000, 1000));
        Assert.Equal(new BigInteger(1_000_000), SizeTiers.OpenInterestPpmRoundedUp(200_000, 1000, 1000, 1000));
        Assert.Equal(0.2, SizeTiers.OpenInterestFraction(0.2, 999, 1000, 1000));
        Assert.Equal(1, SizeTiers.OpenInterestFraction(0.2, 1000, 1000, 1000));
    }

    [Fact]
    public void OpenInterest_BadTier_Refuses()
    {
        TailVectors.Refuses("FractionOutOfRange", () => SizeTiers.OpenInterestFraction(1.0000001, 0, 1, 2));
        TailVectors.Refuses("FractionOutOfRange", () => SizeTiers.RequirementRoundedUp(1, 1_000_001, 0, 1, 2));
        TailVectors.Refuses("FractionOutOfRange", () => SizeTiers.RequirementRoundedUp(1, -1, 0, 1, 2));
        TailVectors.Refuses("CapsOutOfOrder", () => SizeTiers.OpenInterestFraction(0.2, 0, 3, 2));
        TailVectors.Refuses("CapsOutOfOrder", () => SizeTiers.RequirementRoundedUp(1, 200_000, 0, 3, 2));
        TailVectors.Refuses("Negative", () => SizeTiers.RequirementRoundedUp(-1, 200_000, 0, 1, 2));
        Assert.Equal(1_000_000, SizeTiers.RequirementRoundedUp(1_000_000, 1_000_000, 0, 1, 2));
    }
}
