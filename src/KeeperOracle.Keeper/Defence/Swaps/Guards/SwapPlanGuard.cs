using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Keeper.Defence.Swaps.Guards;

/// <summary>There is a swap that restores the target inside every limit; where there is none, the limit that the best one meets has its name here.</summary>
internal static class SwapPlanGuard
{
    public static Refusal? Check(SwapCase swap)
    {
        if (swap.Plan is not { } plan)
        {
            return NoWay(swap);
        }

        return plan.Answer == SwapAnswer.Swap ? null : new Refusal(
            CodeOf(plan.Answer),
            $"{swap.NameOf(plan.TokenIn)} for {swap.NameOf(plan.TokenOut)} at pool {plan.Pool.Pool} cannot restore {swap.Mandate.TargetHealth} from health {plan.HealthBefore}: "
            + $"{Limit(swap, plan)} ends it at {swap.AmountOf(plan.TokenIn, plan.AmountIn)} sold, with health {plan.HealthAfter}");
    }

    /// <summary>No pool trades what the account holds and the mandate names, or one of its two tokens has no price.</summary>
    private static Refusal NoWay(SwapCase swap)
    {
        var now = swap.Snapshot.Block.Timestamp;
        var unpriced = swap.Snapshot.Assets.Where((asset, i) => !asset.HasPrice() && (swap.Mandate.AllowedIn >> i & 1) == 1 && swap.Account.Collateral[i].Sign > 0).FirstOrDefault();
        return unpriced is null
            ? new Refusal(RefusalCode.SwapPoolMissing, $"none of the {swap.Snapshot.SwapPools.Length} pools of the venue trades a collateral that the account holds and may sell for one that it may buy")
            : new Refusal(RefusalCode.PriceUnavailable, $"{unpriced.Symbol} has no usable price and is not sold without one: {Liquidation.PriceWords.Of(unpriced, now)}");
    }

    private static string Limit(SwapCase swap, PlannedSwap plan) => plan.Answer switch
    {
        SwapAnswer.SlippageOverLimit => $"the limit of {swap.Mandate.MaxSlippage} under the oracle's price",
        SwapAnswer.EquityLossOverLimit => $"the loss that is allowed at once (half of {swap.Mandate.LossBudget} of its equity, and at most 0.01)",
        SwapAnswer.VenueTooShallow => "the pool's depth",
        SwapAnswer.HealthWouldNotImprove => "that even the first unit lowers health",
        _ => "what the account holds",
    };

    private static RefusalCode CodeOf(SwapAnswer answer) => answer switch
    {
        SwapAnswer.SlippageOverLimit => RefusalCode.SwapSlippageTooHigh,
        SwapAnswer.EquityLossOverLimit => RefusalCode.SwapLossTooHigh,
        SwapAnswer.VenueTooShallow => RefusalCode.SwapPoolTooShallow,
        SwapAnswer.HealthWouldNotImprove => RefusalCode.SwapWouldNotImprove,
        SwapAnswer.CollateralTooSmall or SwapAnswer.MandateTooSmall => RefusalCode.SwapCollateralTooSmall,
        _ => throw new ArgumentOutOfRangeException(nameof(answer), answer, "The guards before this see to it."),
    };
}
