using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.Snapshots;

/// <summary>One lien on another chain as the hub of this one counts it, read at one block.</summary>
/// <param name="Account">whom it secures, on this chain</param>
/// <param name="Source">the chain on which the tokens are locked</param>
/// <param name="Asset">the collateral of this chain whose price and factors it has</param>
/// <param name="Counted">token units that count</param>
/// <param name="Disputed">token units that count for maintenance alone: a proof has not shown them</param>
/// <param name="MaxPrice">what a token counts at for maintenance while the asset has no price</param>
/// <param name="ObservedAt">chain time of the last proof's header, in seconds</param>
/// <param name="FinalityLagSeconds">least age, as governance set it for the source chain</param>
/// <param name="MaintenanceVolatility">of the asset, in force for the haircut of maintenance</param>
/// <param name="InitialVolatility">likewise, initial</param>
/// <param name="SwapUnderWay">whether an order changes it into another token: what that brings is not counted here</param>
public sealed record LienSnapshot(
    Hash32 Account,
    ChainId Source,
    Address Asset,
    int Decimals,
    BigInteger Counted,
    BigInteger Disputed,
    Price MaxPrice,
    ulong ObservedAt,
    uint FinalityLagSeconds,
    Wad MaintenanceVolatility,
    Wad InitialVolatility,
    bool SwapUnderWay);

/// <summary>One lien as a liquidation may take of it: what quoteSeizure of contracts/MarginHub.sol says of it at a snapshot's block.</summary>
/// <param name="Lien">its key on the hub</param>
/// <param name="Asset">the collateral of this chain whose price it has</param>
/// <param name="Units">token units that may be seized; zero where the asset has no price</param>
/// <param name="Price">of a whole token; zero likewise</param>
/// <param name="Threshold">liquidation threshold, less the haircut of the finality lag</param>
/// <param name="Bonus">the largest bonus, with the part for the expected delay of the payment</param>
public readonly record struct SeizableLien(Hash32 Lien, Address Asset, BigInteger Units, Price Price, int Decimals, Wad Threshold, Wad Bonus);
