using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Defence.LienSwaps.Guards;

/// <summary>No order of the lien that gives waits, and no swap changes the one that is filled: what is still missing is known when it has ended.</summary>
internal static class LienSwapWaitingGuard
{
    public static Refusal? Check(LienSwapCase swap)
    {
        var mandate = swap.Mandate;
        return OrderOf(mandate) is var order && order == 0 ? null
            : IsGivingBusy(mandate)
                ? new Refusal(RefusalCode.LienSwapWaiting, $"order {order} of lien {mandate.Lien} has not ended (the last that did is {mandate.In.EndedCounter}): its end is proved here by a relay")
            : new Refusal(RefusalCode.LienSwapWaiting, $"a swap under way changes lien {mandate.LienOut}, which this one would fill: its end is proved here by a relay");
    }

    /// <summary>The number of the order that is waited for; 0 where none is.</summary>
    public static ulong OrderOf(LienSwapSnapshot mandate) =>
        IsGivingBusy(mandate) ? mandate.In.LastCounter
        : mandate.Out.IsInSwap ? Math.Max(mandate.Out.SwapCounter, 1)
        : 0;

    private static bool IsGivingBusy(LienSwapSnapshot mandate) => mandate.In.LastCounter > mandate.In.EndedCounter || mandate.In.IsInSwap;
}
