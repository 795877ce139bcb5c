using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class HybridRequirementTests
{
    private const double M = 2.6652142;

    private static readonly HybridParameters Parameters = new(
        new FactorParameters(M, 432_000, 0.05, 0.15), StressVolatility: 1.2, StressWeight: 0.25, ImpactCalibration: 1,
        ImpliedMaxAgeSeconds: 3600, ReportMaxAgeSeconds: 86_400, FallbackVolatility: 1.5, FallbackSlippage: 0.05);

    private static readonly HybridInputs Base = new(0.6, 0.5, 60, 1_000_000, 100_000_000, 0.002, 600);

    private static readonly Gen<HybridInputs> Any =
        from realised in Gen.Double[0.05, 3]
        from implied in Gen.Double[0.05, 3]
        from size in Gen.Double[0, 1e7]
        from depth in Gen.Double[1e6, 1e10]
        from divergence in Gen.Double[0, 0.2]
        from age in Gen.Double[0, 200_000]
        select new HybridInputs(realised, implied, 60, size, depth, divergence, age);

    [Fact]
    public void Assess_InputsWithoutMeaning_RefusedByName()
    {
        Assert.Equal("VolatilityNotPositive", Refusal(Base with { RealisedVolatility = 0 }));
        Assert.Equal("VolatilityNotPositive", Refusal(Base with { ImpliedVolatility = -0.1 }));
        Assert.Equal("NotFinite", Refusal(Base with { ImpliedVolatility = double.NaN }));
        Assert.Equal("DepthNotPositive", Refusal(Base with { Depth = 0 }));
        Assert.Equal("SizeNegative", Refusal(Base with { SellSize = -1 }));
        Assert.Equal("DivergenceOutOfRange", Refusal(Base with { Divergence = 1 }));
        Assert.Equal("DivergenceOutOfRange", Refusal(Base with { Divergence = -0.001 }));
        Assert.Equal("AgeNegative", Refusal(Base with { ImpliedAgeSeconds = -1 }));
        Assert.Equal("AgeNegative", Refusal(Base with { ReportAgeSeconds = -1 }));
        Assert.Equal("StressWeightOutOfRange", Refusal(Base, Parameters with { StressWeight = 0.2 }));
        Assert.Equal("VolatilityNotPositive", Refusal(Base, Parameters with { FallbackVolatility = 0 }));
        Assert.Equal("SlippageOutOfRange", Refusal(Base, Parameters with { FallbackSlippage = 1 }));
        Assert.Equal("FactorsOutOfRange", Refusal(Base, Parameters with { Factors = Parameters.Factors with { Jump = 1 } }));
        Assert.Equal("FactorsOutOfRange", Refusal(Base, Parameters with { Factors = Parameters.Factors with { Bonus = -0.01 } }));
        Assert.Equal("NotFinite", Refusal(Base, Parameters with { Factors = Parameters.Factors with { TailMultiplier = double.NaN } }));
    }

    /// <summary>Every figure of one case by hand.</summary>
    [Fact]
    public void Assess_OneCase_IsTheStatedFormula()
    {
        var result = HybridRequirement.Assess(Base, Parameters);

        var slippage = 2.0 / 3 * 0.75 / Math.Sqrt(365) * Math.Sqrt(0.01);
        var threshold = Math.Exp(-M * 0.75 * Math.Sqrt(5.0 / 365)) * (1 - slippage) / 1.05;
        Assert.Equal((0.6, false, 0.75), (result.PointVolatility, result.ImpliedCounts, result.AppliedVolatility));
        Assert.Equal(slippage, result.Slippage, 14);
        Assert.Equal(threshold, result.LiquidationThreshold, 12);
        Assert.Equal(1 - (threshold * 0.998), result.Requirement, 12);
        Assert.False(result.Fallback);
    }

    [Fact]
    public void Assess_RealisedVolatilityAlone_TightensByTheBlend()
    {
        var result = HybridRequirement.Assess(Base with { RealisedVolatility = 0.8 }, Parameters);

        Assert.Equal((0.75 * 0.8) + 0.3, result.AppliedVolatility, 14);
        Assert.True(result.Requirement > HybridRequirement.Assess(Base, Parameters).Requirement);
    }

    [Theory]
    [InlineData(0.9, 3600, 0.9)] // fresh and larger
    [InlineData(0.9, 3601, 0.6)] // too old
    [InlineData(0.59, 60, 0.6)] // the smaller
    public void Assess_ImpliedVolatilityAlone_CountsWhereFreshAndLarger(double implied, double age, double point)
    {
        var result = HybridRequirement.Assess(Base with { ImpliedVolatility = implied, ImpliedAgeSeconds = age }, Parameters);

        Assert.Equal((point, point > 0.6), (result.PointVolatility, result.ImpliedCounts));
        Assert.Equal(0.6, HybridRequirement.Assess(Base with { ImpliedVolatility = null }, Parameters).PointVolatility);
    }

    [Fact]
    public void Assess_QuarterOfTheDepth_DoublesTheSlippage()
    {
        var all = HybridRequirement.Assess(Base, Parameters);
        var quarter = HybridRequirement.Assess(Base with { Depth = Base.Depth / 4 }, Parameters);

        Assert.Equal(2 * all.Slippage, quarter.Slippage, 14);
        Assert.Equal((1 - all.Requirement) * (1 - quarter.Slippage) / (1 - all.Slippage), 1 - quarter.Requirement, 12);
        Assert.True(quarter.Requirement > all.Requirement);
    }

    [Fact]
    public void Assess_DivergenceAlone_TakesItsShareOfTheCredit()
    {
        var agreed = HybridRequirement.Assess(Base with { Divergence = 0 }, Parameters);
        var apart = HybridRequirement.Assess(Base with { Divergence = 0.03 }, Parameters);

        Assert.Equal(0.97 * (1 - agreed.Requirement), 1 - apart.Requirement, 14);
    }

    [Theory]
    [InlineData(86_400.0, false)]
    [InlineData(86_401.0, true)]
    public void Assess_SilentKeeper_FallsBackPastTheHeartbeat(double age, bool fallback)
    {
        var result = HybridRequirement.Assess(Base with { ReportAgeSeconds = age }, Parameters);

        Assert.Equal(fallback, result.Fallback);
        var strict = 1 - (CollateralFactors.LiquidationThreshold(1.5, 0.05, Parameters.Factors) * 0.998);
        Assert.Equal(fallback ? strict : HybridRequirement.Assess(Base, Parameters).Requirement, result.Requirement, 14);
    }

    [Fact]
    public void Assess_NothingCanBeSold_RequiresEverything() =>
        Assert.Equal(1, HybridRequirement.Assess(Base with { SellSize = 1e12, Depth = 1 }, Parameters).Requirement);

    [Fact]
    public void Assess_AnyInputMovedToTheWorse_NeverLaxer() =>
        Gen.Select(Any, Gen.Double[1, 3]).Sample((inputs, k) =>
        {
            var before = HybridRequirement.Assess(inputs, Parameters).Requirement;
            Assert.InRange(before, 0, 1);
            foreach (var worse in new[]
            {
                inputs with { RealisedVolatility = inputs.RealisedVolatility * k },
                inputs with { ImpliedVolatility = inputs.ImpliedVolatility * k },
                inputs with { Depth = inputs.Depth / k },
                inputs with { SellSize = inputs.SellSize * k },
                inputs with { Divergence = inputs.Divergence * k },
                inputs with { ReportAgeSeconds = inputs.ReportAgeSeconds * k },
            })
            {
                Assert.True(HybridRequirement.Assess(worse, Parameters).Requirement >= before - 1e-15);
            }
        });

    private static string Refusal(HybridInputs inputs, HybridParameters? parameters = null) =>
        Assert.Throws<RiskInputException>(() => HybridRequirement.Assess(inputs, parameters ?? Parameters)).Refusal;
}
