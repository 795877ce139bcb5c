using System.Collections.Immutable;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Risk.Policy;

/// <summary>One asset's history and what governance has set for it.</summary>
/// <param name="Closes">daily prices, oldest first, over zero; a year and a month at least for a stress that is one</param>
/// <param name="Volumes">tokens a day, same days, at least zero; null where there are none, then <paramref name="DailyVolume"/> must be
/// given</param>
/// <param name="DailyVolume">depth in units of account a day, over zero: instead of the volumes where it is given</param>
/// <param name="SellSize">largest position to be sold at once, units of account</param>
/// <param name="ImpliedVolatility">annualised, only where it is fresh</param>
/// <param name="Current">what the chain holds; null for an asset that is not listed yet</param>
public sealed record RecommendationInputs(
    IReadOnlyList<double> Closes,
    IReadOnlyList<double>? Volumes,
    double? DailyVolume,
    double SellSize,
    double? ImpliedVolatility,
    AttestedSnapshot? Current);

/// <summary>The models and limits that a recommendation is made with; the defaults are the policy chosen on data to 2021.</summary>
/// <param name="ImpactCalibration">Y of the impact law</param>
public sealed record RecommendationParameters(
    PolicyCandidate Policy, BoundsSnapshot Bounds, double ImpactCalibration, RegimeSettings Regime, BreakerLimits Breaker)
{
    public static RecommendationParameters Under(BoundsSnapshot bounds) =>
        new(
            PolicySelection.Production,
            bounds,
            ImpactCalibration: 1,
            RegimeSettings.Default,
            new BreakerLimits(VolatilityFloor: bounds.VolatilityFloor.ToDouble()));
}

/// <summary>One step of the way: what, how much, and by which rule.</summary>
public sealed record ReasonStep(string Name, double Value, string Reason);

/// <summary>
/// What should be attested of one asset, and everything it rests on. Volatilities annualised, the rest fractions.
/// </summary>
/// <param name="PointVolatility">realised, or fresh implied where larger</param>
/// <param name="StressVolatility">sigma_stress</param>
/// <param name="AppliedVolatility">the target, inside floor and cap</param>
/// <param name="Slippage">likewise</param>
/// <param name="LiquidationThreshold">LT where the ramp ends</param>
/// <param name="BorrowFactor">BF</param>
/// <param name="CollateralRatio">1 / LT</param>
/// <param name="Range">of the scenario grid, a fraction of spot</param>
/// <param name="NextVolatility">what the bounds' steps from the current value admit on the way to the target; the target where nothing is
/// current</param>
/// <param name="NextSlippage">likewise</param>
/// <param name="Regime">of the newest day, from a walk over the whole history</param>
/// <param name="Trips">of the breaker; empty when all is well</param>
/// <param name="Update">whether the update policy would report now, and why; null without current values</param>
/// <param name="Procyclicality">of the requirement over the history under this policy, after its first year where there is more</param>
/// <param name="Trace">every step in order</param>
public sealed record Recommendation(
    double PointVolatility,
    double StressVolatility,
    double AppliedVolatility,
    double Slippage,
    double LiquidationThreshold,
    double BorrowFactor,
    double CollateralRatio,
    double Range,
    double NextVolatility,
    double NextSlippage,
    Regime Regime,
    ImmutableArray<BreakerTrip> Trips,
    UpdateDecision? Update,
    ProcyclicalityMetrics Procyclicality,
    ImmutableArray<ReasonStep> Trace);
