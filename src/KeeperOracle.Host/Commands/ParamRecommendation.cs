using System.ComponentModel;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Host.Commands;

[Description("What should be attested of one asset. Volatilities are fractions a year, the rest fractions.")]
internal sealed record ParamRecommendation(
    [Description("time of the last close")] string AsOf,
    [Description("in the file")] int Closes,
    [Description("realised, or fresh implied where larger")] double PointVolatility,
    [Description("highest one-year average of the realised volatility")] double StressVolatility,
    [Description("the target: blended with the stress, inside floor and cap")] double AppliedVolatility,
    [Description("of selling --sell-size at once, inside its cap")] double Slippage,
    [Description("LT, where its ramp ends")] double LiquidationThreshold,
    [Description("BF")] double BorrowFactor,
    [Description("1 / LT")] double CollateralRatio,
    [Description("of the scenario grid, a fraction of spot")] double Range,
    [Description("what the steps from the current value admit; the target where nothing is current")] double NextVolatility,
    double NextSlippage,
    Regime Regime,
    [Description("of the circuit breaker; empty when all is well")] IReadOnlyList<BreakerTrip> Trips,
    [Description("whether the update policy would report now; null without --current-volatility")] ParamUpdate? Update,
    [Description("of the requirement over this history under this policy")] ProcyclicalityMetrics Procyclicality,
    ParameterBounds Bounds,
    [Description("SHA-256 of the backtest report that --backtest names, checked against the file; null without")] string? BacktestHash,
    [Description("every step in order")] IReadOnlyList<ReasonStep> Trace)
{
    public static ParamRecommendation Of(
        Recommendation recommendation, string asOf, int closes, ParameterBounds bounds, string? backtestHash) => new(
        asOf,
        closes,
        recommendation.PointVolatility,
        recommendation.StressVolatility,
        recommendation.AppliedVolatility,
        recommendation.Slippage,
        recommendation.LiquidationThreshold,
        recommendation.BorrowFactor,
        recommendation.CollateralRatio,
        recommendation.Range,
        recommendation.NextVolatility,
        recommendation.NextSlippage,
        recommendation.Regime,
        recommendation.Trips,
        recommendation.Update is { } update
            ? ParamUpdate.Of(update)
            : null,
        recommendation.Procyclicality,
        bounds,
        backtestHash,
        recommendation.Trace);

    public static void Print(ParamRecommendation result)
    {
        Console.Out.WriteLine(
            $"as of {result.AsOf}, {result.Closes} closes: volatility {Display.Percent(result.AppliedVolatility)}, slippage "
                + $"{Display.Percent(result.Slippage)}, regime {result.Regime.ToString().ToLowerInvariant()}");
        Console.Out.WriteLine(
            $"liquidation threshold {Display.Percent(result.LiquidationThreshold)} (collateral ratio "
                + $"{Display.Percent(result.CollateralRatio)}), borrow factor {Display.Percent(result.BorrowFactor)}, range "
                    + $"{Display.Percent(result.Range)}");
        if (result.Update is { } update)
        {
            Console.Out.WriteLine($"update: {update.Kind}, {update.Reason}: {update.Detail}");
        }

        if (result.BacktestHash is { } hash)
        {
            Console.Out.WriteLine($"backtest report: sha256 {hash}");
        }

        Output.Table(
            ["step", "value", "reason"], result.Trace.Select(step => new[] { step.Name, Display.Figure(step.Value), step.Reason }));
    }
}

internal sealed record ParamUpdate(
    UpdateKind Kind,
    UpdateReason Reason,
    [Description("to attest for initial; the value in force where there is nothing to do")] double Volatility,
    double Slippage,
    [Description("of the target from the value in force, relative")] double Deviation,
    [Description("that it was held against, 0 where there is none")] double Threshold,
    string Detail)
{
    public static ParamUpdate Of(UpdateDecision decision) => new(
        decision.Kind,
        decision.Reason,
        decision.Volatility.ToDouble(),
        decision.Slippage.ToDouble(),
        decision.Deviation,
        decision.Threshold,
        decision.Detail);
}
