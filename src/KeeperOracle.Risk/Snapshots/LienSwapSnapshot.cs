using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.Snapshots;

/// <summary>
/// A standing order to swap collateral under a lien on another chain for that of a second lien when health is low: what contracts/types/Lien.sol calls a LienSwapMandate, with what the hub
/// knows of both liens at a snapshot's block. Tokens move on the other chain only, a while after somebody has asked for it here.
/// </summary>
/// <param name="Lien">of which units are given; its key on the hub</param>
/// <param name="LienOut">which the swap fills</param>
/// <param name="TriggerHealth">under which it acts</param>
/// <param name="TargetHealth">which it restores</param>
/// <param name="MaxLoss">most by which what comes may be worth less than what goes, at prices of the request</param>
/// <param name="CapPerWindow">most units given within any window, half of it at once</param>
/// <param name="WindowSeconds">of the cap</param>
/// <param name="LeastUnits">fewest units of one request</param>
/// <param name="Expiry">last chain time, in seconds</param>
/// <param name="Available">what of the cap may go at once now</param>
/// <param name="In">the lien given of</param>
/// <param name="Out">the lien filled</param>
/// <param name="OutRoom">units of the token of <paramref name="Out"/> that its cap on this chain still lets in</param>
public sealed record LienSwapSnapshot(
    Hash32 Lien,
    Hash32 LienOut,
    Wad TriggerHealth,
    Wad TargetHealth,
    Wad MaxLoss,
    BigInteger CapPerWindow,
    uint WindowSeconds,
    BigInteger LeastUnits,
    ulong Expiry,
    BigInteger Available,
    LienHolding In,
    LienHolding Out,
    BigInteger OutRoom);

/// <summary>A lien as the hub holds it, with what its units count by. Amounts are token units, times seconds.</summary>
/// <param name="Asset">of this chain, whose price and factors it has</param>
/// <param name="Price">of a whole token; zero where there is none</param>
/// <param name="Counted">what serves initial and maintenance</param>
/// <param name="Disputed">what serves maintenance alone: a proof has not shown it</param>
/// <param name="ObservedAt">chain time of the last proof's header</param>
/// <param name="FinalityLagSeconds">least age of an observation</param>
/// <param name="LiquidationThreshold">in force, as are the others</param>
/// <param name="MaintenanceVolatility">for the haircut of maintenance</param>
/// <param name="InitialVolatility">for the haircut of initial</param>
/// <param name="PastThreshold">liquidation threshold of 24 hours ago</param>
/// <param name="PastVolatility">for the haircut of maintenance, of 24 hours ago</param>
/// <param name="EndedCounter">orders up to here have ended</param>
/// <param name="LastCounter">of the last order</param>
/// <param name="SwapCounter">of the order that swaps units of it; 0 where none does</param>
/// <param name="Incoming">swaps under way into it</param>
/// <param name="IsAttached">it stands in its account's list</param>
public readonly record struct LienHolding(
    Address Asset,
    Price Price,
    int Decimals,
    BigInteger Counted,
    BigInteger Disputed,
    ulong ObservedAt,
    uint FinalityLagSeconds,
    Wad LiquidationThreshold,
    Wad BorrowFactor,
    Wad MaintenanceVolatility,
    Wad InitialVolatility,
    Wad PastThreshold,
    Wad PastVolatility,
    ulong EndedCounter,
    ulong LastCounter,
    ulong SwapCounter,
    int Incoming,
    bool IsAttached)
{
    /// <summary>Whether a swap changes it: then no other may.</summary>
    public bool IsInSwap => SwapCounter != 0 || Incoming != 0;
}
