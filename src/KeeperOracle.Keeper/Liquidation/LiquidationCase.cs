using System.Numerics;
using KeeperOracle.Keeper.Liquidation.Guards;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Liquidation;

/// <summary>One account under consideration: what the guards look at. Valued only after a guard has seen that it can be.</summary>
/// <param name="valuation">where it is known already</param>
/// <param name="divergence">what <see cref="FactorGuard"/> finds, shared by all accounts of a snapshot; looked for where not given</param>
/// <param name="breachProbability">as its decision tells it; null where it has no health</param>
/// <param name="isTakerFree">no portfolio of this step goes to the keeper's own account yet</param>
public sealed class LiquidationCase(
    KeeperSettings settings,
    LaneState lane,
    ChainSnapshot snapshot,
    AccountSnapshot account,
    BigInteger stableLeft,
    AccountValuation? valuation = null,
    Lazy<Refusal?>? divergence = null,
    double? breachProbability = null,
    bool isTakerFree = true)
{
    private AccountValuation? _valuation = valuation;
    private RequirementLiquidationSizing? _sizing;
    private Lazy<TakenLien?>? _lien;
    private Lazy<TakenLien?>? _behind;

    public KeeperSettings Settings => settings;

    public double? BreachProbability => breachProbability;

    public bool IsTakerFree => isTakerFree;

    public LaneState Lane => lane;

    public ChainSnapshot Snapshot => snapshot;

    public AccountSnapshot Account => account;

    /// <summary>Stable units not yet promised to an account in greater need.</summary>
    public BigInteger StableLeft => stableLeft;

    public string Purpose => Keeper.Purpose.Liquidate(snapshot.Report, account);

    /// <summary>Between the chain's factors and those of the formulas; null where they agree.</summary>
    public Refusal? Divergence => divergence is null ? FactorGuard.Find(settings, snapshot) : divergence.Value;

    public AccountValuation Valuation => _valuation ??= SnapshotValuation.Value(snapshot, account);

    /// <summary>Only where health is under 1.</summary>
    public RequirementLiquidationSizing Sizing => _sizing ??= SnapshotValuation.Size(snapshot, account)
        ?? throw new InvalidOperationException("A healthy account has no liquidation: the health guard stands before this.");

    /// <summary>The lien on another chain that is liquidated against; null where something may be seized here or no lien can be taken of. Only where health is under 1.</summary>
    internal TakenLien? Lien => (_lien ??= new(() => LienTaker.Best(settings, snapshot, account), isThreadSafe: false)).Value;

    /// <summary>The lien that is next once this repayment has used up what is here, where the repayment alone would not be worth it; null otherwise.</summary>
    internal TakenLien? Behind => (_behind ??= new(
        () => Lien is not null || IsPortfolio || Bonus >= settings.MinimumBonusValue ? null : LienTaker.Behind(settings, snapshot, account, Sizing), isThreadSafe: false)).Value;

    /// <summary>A fraction of everything goes to an account of the keeper's own; else debt is repaid for collateral.</summary>
    public bool IsPortfolio => Lien is null && Sizing.Action is LiquidationAction.TakeFraction or LiquidationAction.TakeWhole;

    /// <summary>The keeper's own account, where a portfolio is to be taken over; null where it has none.</summary>
    public AccountSnapshot? Taker => PortfolioTaker.Find(snapshot, account);

    /// <summary>What is taken is worth over what is paid, in units of account; only where health is under 1.</summary>
    public Wad Bonus => Lien is { } taken ? taken.Earned : IsPortfolio ? NetValue.MultiplyDown(Sizing.Fraction) - AccountHealth.DebtValue(Sizing.Payment, snapshot.Market.StableDecimals) : Seized - Paid;

    /// <summary>Of what a taker of everything gets: collateral that can change hands, credit and options less debt; zero where that is under zero, which is the deficit.</summary>
    private Wad NetValue
    {
        get
        {
            var values = snapshot.Assets.Zip(SnapshotValuation.Values(snapshot, account), (asset, value) => asset.IsSeizableAt(snapshot.Block.Timestamp) ? value : Wad.Zero);
            var net = values.Aggregate(AccountHealth.DebtValue(account.Credit, snapshot.Market.StableDecimals), (sum, value) => sum + value)
                + account.Options.MarkToMarket - Valuation.Debt;
            return net > Wad.Zero ? net : Wad.Zero;
        }
    }

    public Wad Seized => Sizing.SeizeValue.Aggregate(Wad.Zero, (sum, value) => sum + value);

    public Wad Paid => AccountHealth.DebtValue(Sizing.Repay, snapshot.Market.StableDecimals);

    /// <summary>The collateral is used up and does not cover the debt: nobody earns on it, and it loses more while it stays open.</summary>
    public bool IsUncovered => Lien is null && Behind is null && Bonus <= Wad.Zero && (Sizing.Action == LiquidationAction.TakeWhole || Valuation.CollateralValue < Valuation.Debt);

    /// <summary>The most that doing it may cost, in units of account: what it earns over the operator's least, or what closing a lost account is worth to it.</summary>
    public Wad Worth => IsUncovered ? settings.ClosingWorth : Earning - settings.MinimumBonusValue;

    /// <summary>What doing it earns, with that of the lien that it makes way to.</summary>
    public Wad Earning => Behind is { Earned: var more } && more > Wad.Zero ? Bonus + more : Bonus;

    /// <summary>Most that the call may pay: the plan and the tolerance, for interest until it is mined.</summary>
    public BigInteger MaxRepay => WithTolerance(Lien?.Sizing.Repay ?? Sizing.Repay);

    /// <summary>The same of a portfolio.</summary>
    public BigInteger MaxPayment => WithTolerance(Sizing.Payment);

    /// <summary>Largest fraction that the call may take.</summary>
    public Wad MaxFraction => new(BigInteger.Min(Wad.Scale, WithTolerance(Sizing.Fraction.Raw)));

    private BigInteger WithTolerance(BigInteger planned) => planned + (planned * settings.SeizureTolerance.Value / 10_000) + 1;
}
