using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Settlement;

/// <summary>One step of settlement under consideration: what the guards look at.</summary>
/// <param name="UnderWay">steps under way with those decided before it in the same snapshot</param>
public sealed record SettlementCase(KeeperSettings Settings, LaneState Lane, ChainSnapshot Snapshot, SettlementStep Step, int UnderWay)
{
    public ulong Now => Snapshot.Block.Timestamp;

    public PoolSnapshot Pool => Step.Pool;

    /// <summary>What a claim brings its account is the most that it may cost.</summary>
    public Wad Worth => Step.Brings is { } brings && Of(brings) < Settings.SettlementWorth ? Of(brings) : Settings.SettlementWorth;

    private Wad Of(BigInteger units) => new(units * OptionSettlement.StableScale(Snapshot.Market.StableDecimals));
}
