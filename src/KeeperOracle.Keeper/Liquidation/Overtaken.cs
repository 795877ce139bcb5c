namespace KeeperOracle.Keeper.Liquidation;

/// <summary>
/// Refusals of the vault that say no more than that the market went on between the snapshot and the simulation: the amounts, or the need itself, are those
/// of an earlier block. In a crash that is the rule with every block, so it says nothing against the account; the next snapshot gives new amounts.
/// </summary>
internal static class Overtaken
{
    /// <param name="detail">the error in its own words, as in <see cref="VaultLimits"/></param>
    public static bool Is(string detail) => VaultLimits.NameOf(detail) is "AccountHealthy" or "RepayLimitTooSmall" or "SeizureTooSmall" or "DeadlinePassed" or "TopUpNotDue"
        or "PaymentLimitTooSmall" or "FractionLimitTooSmall" or "RepaymentSuffices"
        or "LienSeizureTooSmall" or "CollateralHereFirst" or "SwapNotDue" or "SwapTooLarge" or "AccountUnderMaintenance" or "CollateralTooSmall"
        or "LienSwapTooLarge";

    /// <summary>Of a top-up or a swap that reverted: somebody else has done it. Of a swap the vault looks first whether what it would sell is still there.</summary>
    public static bool IsDone(string detail) => VaultLimits.NameOf(detail) is "TopUpNotDue" or "SwapNotDue" or "CollateralTooSmall" or "AccountHealthy";

    /// <summary>Of a request to swap under a lien: an order of the lien waits, so somebody else has asked, and the next snapshot shows it.</summary>
    public static bool IsOrdered(string detail) => VaultLimits.NameOf(detail) is "TooManyPendingOrders" or "SwapUnderWay";

    /// <summary>A pool gave less than it was quoted to: it was traded in since, or its liquidity ends near its price.</summary>
    public static bool IsPoolMoved(string detail) => VaultLimits.NameOf(detail) is "OutputTooSmall" or "SwapUnderOracle" or "PoolTooThin";
}
