using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Liquidation.Guards;

/// <summary>The factors the chain derives must be those the formulas give here; if not, one of the two is wrong and nobody pays for it.</summary>
internal static class FactorGuard
{
    public static Refusal? Check(LiquidationCase liquidation) => liquidation.Divergence;

    /// <summary>The same for every account of a snapshot.</summary>
    public static Refusal? Find(KeeperSettings settings, ChainSnapshot snapshot)
    {
        var now = snapshot.Block.Timestamp;
        foreach (var asset in snapshot.Assets)
        {
            var here = SnapshotValuation.RecomputeFactors(asset, snapshot.Report, now);
            if (Diverges(asset.LiquidationThreshold, here.LiquidationThreshold, settings.FactorTolerance)
                || Diverges(asset.BorrowFactor, here.BorrowFactor, settings.FactorTolerance))
            {
                return new Refusal(
                    RefusalCode.FactorsDiverge,
                    $"{asset.Symbol}: the chain has LT {asset.LiquidationThreshold} and BF {asset.BorrowFactor}, " +
                    $"the formulas give {here.LiquidationThreshold} and {here.BorrowFactor}");
            }
        }

        return null;
    }

    private static bool Diverges(Wad chain, Wad here, double tolerance)
    {
        var difference = chain > here ? chain - here : here - chain;
        return difference > here.MultiplyDown(Wad.FromDoubleUp(tolerance));
    }
}
