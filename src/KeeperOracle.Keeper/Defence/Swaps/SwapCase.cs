using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Defence.Swaps;

/// <summary>The swap mandate of one account under consideration: what the guards look at. Planned only after a guard has seen that it can be.</summary>
/// <param name="valuation">null where the account's options have no requirement now</param>
/// <param name="divergence">between the chain's factors and those of the formulas, shared by all accounts of a snapshot</param>
internal sealed class SwapCase(
    KeeperSettings settings, LaneState lane, ChainSnapshot snapshot, AccountSnapshot account, AccountValuation? valuation, Lazy<Refusal?> divergence)
{
    private readonly Lazy<PlannedSwap?> _plan = new(() => SwapPlanner.Best(snapshot, account, account.SwapMandate!.Value, settings.SeizureTolerance), isThreadSafe: false);

    public KeeperSettings Settings => settings;

    public LaneState Lane => lane;

    public ChainSnapshot Snapshot => snapshot;

    public AccountSnapshot Account => account;

    public SwapMandateSnapshot Mandate => account.SwapMandate!.Value;

    public AccountValuation? Valuation => valuation;

    public Refusal? Divergence => divergence.Value;

    /// <summary>Null where there is no way at all.</summary>
    public PlannedSwap? Plan => _plan.Value;

    /// <summary>What the swap may cost in gas: what the operator gives for it, and the mandate's tip.</summary>
    public Primitives.Wad Worth => settings.SwapWorth + AccountHealth.DebtValue(Mandate.Tip, snapshot.Market.StableDecimals);

    /// <summary>The beginning of its purposes.</summary>
    public string Family => Keeper.Purpose.SwapsOf(snapshot.Report, account);

    public string Purpose => $"{Family}{snapshot.Block.Number}";

    /// <summary>As people know it: a collateral's symbol, or "stable".</summary>
    public string NameOf(Primitives.Address token) => snapshot.Assets.FirstOrDefault(asset => asset.Token == token)?.Symbol ?? "stable";

    /// <summary>In whole tokens.</summary>
    public Primitives.TokenAmount AmountOf(Primitives.Address token, System.Numerics.BigInteger units) =>
        new(units, snapshot.Assets.FirstOrDefault(asset => asset.Token == token)?.Decimals ?? snapshot.Market.StableDecimals);
}
