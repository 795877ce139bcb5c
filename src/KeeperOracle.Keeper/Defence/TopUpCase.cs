using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Defence;

/// <summary>One standing top-up of an account under consideration: what the guards look at.</summary>
/// <param name="Valuation">null where the account's options have no requirement now</param>
public sealed record TopUpCase(
    KeeperSettings Settings, LaneState Lane, ChainSnapshot Snapshot, AccountSnapshot Account, TopUpSnapshot Mandate, AccountValuation? Valuation)
{
    /// <summary>The beginning of its purposes.</summary>
    public string Family => Keeper.Purpose.TopUpFamily(Snapshot.Report, Account, Mandate.Index);

    public string Purpose => $"{Family}{Snapshot.Block.Number}";
}
