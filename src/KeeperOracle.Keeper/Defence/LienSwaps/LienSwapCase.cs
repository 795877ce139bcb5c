using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Defence.LienSwaps;

/// <summary>One standing order to swap under a lien: what the guards look at. Sized only after a guard has seen that it can be.</summary>
/// <param name="valuation">null where the account's options have no requirement now</param>
/// <param name="divergence">between the chain's factors and those of the formulas, shared by all accounts of a snapshot</param>
internal sealed class LienSwapCase(
    KeeperSettings settings, LaneState lane, ChainSnapshot snapshot, AccountSnapshot account, LienSwapSnapshot mandate, AccountValuation? valuation, Lazy<Refusal?> divergence)
{
    private readonly Lazy<PlannedLienSwap> _plan = new(() => LienSwapSizing.Size(snapshot, account, mandate), isThreadSafe: false);

    public KeeperSettings Settings => settings;

    public LaneState Lane => lane;

    public ChainSnapshot Snapshot => snapshot;

    public AccountSnapshot Account => account;

    public LienSwapSnapshot Mandate => mandate;

    public AccountValuation? Valuation => valuation;

    /// <summary>As the hub sees it; only where there is one.</summary>
    public Wad Health => LienSwapSizing.HealthOf(valuation!);

    public Refusal? Divergence => divergence.Value;

    public PlannedLienSwap Plan => _plan.Value;

    public string Subject => Keeper.Subject.LienSwap(account.Account, mandate.Lien);

    /// <summary>The beginning of its purposes.</summary>
    public string Family => Keeper.Purpose.LienSwapFamily(snapshot.Report, account, mandate.Lien);

    /// <summary>The lien's next order: one that is asked for again after it came to nothing has the same place in line.</summary>
    public string Purpose => $"{Family}{mandate.In.LastCounter + 1}";

    /// <summary>In whole tokens, with the symbol where the vault lists it.</summary>
    public string Words(LienHolding holding, BigInteger units) =>
        $"{new TokenAmount(units, holding.Decimals)} {snapshot.Assets.FirstOrDefault(asset => asset.Token == holding.Asset)?.Symbol ?? holding.Asset.ToString()}";

    /// <summary>The collateral whose price is missing; null where both have one.</summary>
    public AssetSnapshot? Unpriced => snapshot.Assets.FirstOrDefault(asset =>
        (asset.Token == mandate.In.Asset && mandate.In.Price.PerToken == Wad.Zero) || (asset.Token == mandate.Out.Asset && mandate.Out.Price.PerToken == Wad.Zero));
}
