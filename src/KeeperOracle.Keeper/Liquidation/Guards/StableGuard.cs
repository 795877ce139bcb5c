using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>The keeper pays with its own stable units; those promised to accounts in greater need do not count. A portfolio is paid for by debt.</summary>
internal static class StableGuard
{
    public static Refusal? Check(LiquidationCase liquidation)
    {
        if (liquidation.IsPortfolio || liquidation.MaxRepay <= liquidation.StableLeft)
        {
            return null;
        }

        var decimals = liquidation.Snapshot.Market.StableDecimals;
        return new Refusal(
            RefusalCode.StableTooLow,
            $"needs up to {new TokenAmount(liquidation.MaxRepay, decimals)} stable, has {new TokenAmount(liquidation.StableLeft, decimals)} left " +
            $"(balance {new TokenAmount(liquidation.Snapshot.Keeper.Stable, decimals)}, " +
            $"allowance {new TokenAmount(liquidation.Snapshot.Keeper.Allowance, decimals)})");
    }
}
