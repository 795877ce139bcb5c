using KeeperOracle.Keeper.Liquidation;
using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Keeper.Defence.LienSwaps.Guards;

/// <summary>There is a swap that the hub takes; where there is none, the limit that it meets has its name here.</summary>
internal static class LienSwapPlanGuard
{
    public static Refusal? Check(LienSwapCase swap)
    {
        var (plan, mandate) = (swap.Plan, swap.Mandate);
        Refusal No(RefusalCode code, string why) => new(code, $"lien {mandate.Lien} into lien {mandate.LienOut}: {why}");
        return plan.Answer switch
        {
            LienSwapAnswer.PriceMissing => No(
                RefusalCode.PriceUnavailable,
                $"{swap.Unpriced?.Symbol ?? "one of the two"} has no usable price and is not swapped without one{(swap.Unpriced is { } asset ? $": {PriceWords.Of(asset, swap.Snapshot.Block.Timestamp)}" : "")}"),
            LienSwapAnswer.NotAttached => No(RefusalCode.LienSwapMismatch, "the lien that it would fill is not in the account's list"),
            LienSwapAnswer.WouldNotImprove => No(
                RefusalCode.SwapWouldNotImprove, $"what comes for {swap.Words(mandate.In, plan.Units)}, at a loss of up to {mandate.MaxLoss}, counts for no more than what goes, now or with the factors of a day ago: health {plan.HealthBefore} would be {plan.HealthAfter}"),
            LienSwapAnswer.InitialWouldFall => No(RefusalCode.SwapInitialWouldFall, $"what comes for {swap.Words(mandate.In, plan.Units)} counts for no more than what goes, for initial margin"),
            LienSwapAnswer.UnderLeast => No(
                RefusalCode.LienSwapTooSmall,
                $"{swap.Words(mandate.In, plan.Units)} is under the least of one request, {swap.Words(mandate.In, mandate.LeastUnits)}: {Limit(plan.Limit)} allows no more"),
            _ when plan.IsMade => null,
            _ => throw new ArgumentOutOfRangeException(nameof(swap), plan.Answer, "An answer without a rule."),
        };
    }

    /// <summary>What ends the size, in words.</summary>
    public static string Limit(LienSwapAnswer limit) => limit switch
    {
        LienSwapAnswer.Restores => "the target",
        LienSwapAnswer.BudgetEnds => "the mandate's budget",
        LienSwapAnswer.CountedEnds => "what is counted",
        LienSwapAnswer.RoomEnds => "the cap of the token that comes",
        LienSwapAnswer.LossEnds => "the loss that is allowed at once (0.01 of its equity)",
        _ => throw new ArgumentOutOfRangeException(nameof(limit), limit, "No such limit."),
    };
}
