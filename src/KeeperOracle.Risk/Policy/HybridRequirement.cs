using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Risk.Policy;

/// <summary>The market as a requirement sees it, for one asset at one time.</summary>
/// <param name="RealisedVolatility">EWMA or GARCH one step, annualised, over 0</param>
/// <param name="ImpliedVolatility">annualised; null where there is none</param>
/// <param name="ImpliedAgeSeconds">of it</param>
/// <param name="SellSize">Q: largest position to be sold at once, at least 0</param>
/// <param name="Depth">V: daily volume or pool depth in the unit of <paramref name="SellSize"/>, over 0</param>
/// <param name="Divergence">of the price sources (<see cref="CircuitBreaker.Divergence"/>), 0 to under 1</param>
/// <param name="ReportAgeSeconds">since the keeper's last whole report</param>
public readonly record struct HybridInputs(
    double RealisedVolatility,
    double? ImpliedVolatility,
    double ImpliedAgeSeconds,
    double SellSize,
    double Depth,
    double Divergence,
    double ReportAgeSeconds);

/// <summary>Governance's constants of the asset.</summary>
/// <param name="Factors">m, h, b, jump</param>
/// <param name="StressVolatility">annualised, over 0</param>
/// <param name="StressWeight">w, .25 to 1</param>
/// <param name="ImpactCalibration">Y of the impact law, 1 unless calibrated</param>
/// <param name="ImpliedMaxAgeSeconds">an older implied volatility does not count</param>
/// <param name="ReportMaxAgeSeconds">heartbeat: past it the fallback counts too</param>
/// <param name="FallbackVolatility">pre-approved, annualised</param>
/// <param name="FallbackSlippage">likewise, a fraction</param>
public sealed record HybridParameters(
    FactorParameters Factors,
    double StressVolatility,
    double StressWeight,
    double ImpactCalibration,
    double ImpliedMaxAgeSeconds,
    double ReportMaxAgeSeconds,
    double FallbackVolatility,
    double FallbackSlippage);

/// <summary>A requirement and the way there.</summary>
/// <param name="ImpliedCounts">whether the implied volatility is fresh and the larger</param>
/// <param name="LiquidationThreshold">LT</param>
/// <param name="BorrowFactor">BF, without the divergence</param>
/// <param name="Requirement">R per unit of value at the median price, 0 to 1</param>
/// <param name="Fallback">whether the silent keeper's fallback is what applies</param>
public readonly record struct HybridResult(
    double PointVolatility,
    bool ImpliedCounts,
    double AppliedVolatility,
    double Slippage,
    double LiquidationThreshold,
    double BorrowFactor,
    double Requirement,
    bool Fallback);

/// <summary>
/// The requirement as it answers to four inputs at once, each in one direction whatever the others do:
/// <code>
/// sigma_point = max(realised, implied where fresh)                                     either up: stricter
/// sigma       = (1-w) sigma_point + w sigma_stress
/// s           = 2/3 Y sigma sqrt(1/365) sqrt(Q/V)                                      depth V down: stricter by sqrt(1/V)
/// LT          = min(exp(-m sigma sqrt(h)) (1-s)/(1+b), 1-jump)
/// R           = 1 - LT (1 - d)                                                         divergence d up: stricter, 1 - R by the factor 1-d
/// keeper silent past its heartbeat: R = max(R, R with the fallback's sigma and s)      never laxer
/// </code>
/// d takes the collateral at the worst of its sources: the spread of the sources is what the median may be off by. Slippage over 1 leaves
/// nothing to be credited: R = 1. Pure; each input is attested or read, none is remembered.
/// </summary>
public static class HybridRequirement
{
    /// <exception cref="RiskInputException">NotFinite, VolatilityNotPositive, DepthNotPositive, SizeNegative, DivergenceOutOfRange,
    /// AgeNegative, StressWeightOutOfRange, SlippageOutOfRange, FactorsOutOfRange</exception>
    public static HybridResult Assess(in HybridInputs inputs, HybridParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Require(inputs, parameters);
        var fresh = inputs.ImpliedAgeSeconds <= parameters.ImpliedMaxAgeSeconds ? inputs.ImpliedVolatility ?? 0 : 0;
        var point = Math.Max(inputs.RealisedVolatility, fresh);
        var applied = StressBlend.Apply(point, parameters.StressVolatility, parameters.StressWeight);
        var slippage = Slippage.SquareRootImpact(applied, inputs.SellSize, inputs.Depth, parameters.ImpactCalibration);
        var threshold = Threshold(applied, slippage, parameters.Factors);
        var requirement = 1 - (threshold * (1 - inputs.Divergence));

        var silent = inputs.ReportAgeSeconds > parameters.ReportMaxAgeSeconds;
        var fallbackThreshold = Threshold(parameters.FallbackVolatility, parameters.FallbackSlippage, parameters.Factors);
        var fallback = 1 - (fallbackThreshold * (1 - inputs.Divergence));
        return new HybridResult(
            point,
            fresh > inputs.RealisedVolatility,
            applied,
            slippage,
            threshold,
            CollateralFactors.BorrowFactor(threshold, applied),
            silent ? Math.Max(requirement, fallback) : requirement,
            silent && fallback > requirement);
    }

    /// <summary>LT; nothing is left of a position that cannot be sold.</summary>
    private static double Threshold(double volatility, double slippage, in FactorParameters factors) =>
        slippage < 1 ? CollateralFactors.LiquidationThreshold(volatility, slippage, factors) : 0;

    private static void Require(in HybridInputs inputs, HybridParameters parameters)
    {
        Require(inputs.RealisedVolatility > 0, "VolatilityNotPositive", "realised volatility", inputs.RealisedVolatility, "over 0");
        var implied = inputs.ImpliedVolatility ?? inputs.RealisedVolatility;
        Require(implied > 0, "VolatilityNotPositive", "implied volatility", implied, "over 0, or none");
        Require(parameters.StressVolatility > 0, "VolatilityNotPositive", "stress volatility", parameters.StressVolatility, "over 0");
        Require(parameters.FallbackVolatility > 0, "VolatilityNotPositive", "fallback volatility", parameters.FallbackVolatility, "over 0");
        Require(inputs.Depth > 0, "DepthNotPositive", "depth", inputs.Depth, "over 0: an asset nobody buys has no threshold");
        Require(inputs.SellSize >= 0, "SizeNegative", "size to sell", inputs.SellSize, "at least 0");
        Require(inputs.Divergence is >= 0 and < 1, "DivergenceOutOfRange", "divergence", inputs.Divergence, "0 to under 1");
        Require(inputs.ImpliedAgeSeconds >= 0, "AgeNegative", "implied volatility's age", inputs.ImpliedAgeSeconds, "at least 0");
        Require(inputs.ReportAgeSeconds >= 0, "AgeNegative", "report's age", inputs.ReportAgeSeconds, "at least 0");
        var slippage = parameters.FallbackSlippage;
        Require(slippage is >= 0 and < 1, "SlippageOutOfRange", "fallback slippage", slippage, "0 to under 1");
        Require(parameters.ImpactCalibration >= 0, "SlippageOutOfRange", "impact calibration", parameters.ImpactCalibration, "at least 0");
        var factors = parameters.Factors;
        Require(factors.TailMultiplier >= 0, "FactorsOutOfRange", "tail multiplier", factors.TailMultiplier, "at least 0");
        Require(factors.HorizonSeconds >= 0, "FactorsOutOfRange", "horizon", factors.HorizonSeconds, "at least 0 seconds");
        Require(factors.Bonus >= 0, "FactorsOutOfRange", "liquidation bonus", factors.Bonus, "at least 0");
        Require(factors.Jump is >= 0 and < 1, "FactorsOutOfRange", "jump", factors.Jump, "0 to under 1");
        AntiProcyclicality.RequireWeight(parameters.StressWeight);
    }

    private static void Require(bool holds, string refusal, string name, double value, string range)
    {
        if (!double.IsFinite(value))
        {
            throw new RiskInputException("NotFinite", $"The {name} is {value}: give a finite number.");
        }

        if (!holds)
        {
            throw new RiskInputException(refusal, $"The {name} is {value}: it must be {range}.");
        }
    }
}
