using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Risk.Snapshots;

/// <summary>The value of one account at a snapshot, and the numbers it comes from.</summary>
/// <param name="CollateralValue">of all collateral here; one without a price at the largest its feeds could say</param>
/// <param name="BorrowCapacity">initial: at borrow factors, with credit and capacity from other chains; one without a price counts nothing</param>
/// <param name="LiquidationCapacity">maintenance: at liquidation thresholds, with credit, winnings and capacity from other chains</param>
/// <param name="Health">null where nothing is owed or required</param>
/// <param name="InitialHealth">borrow capacity over debt and requirement: under 1 no new risk; null likewise</param>
public sealed record AccountValuation(
    Wad Debt,
    Wad CollateralValue,
    Wad BorrowCapacity,
    Wad LiquidationCapacity,
    Wad InitialRequirement,
    Wad MaintenanceRequirement,
    Wad MarkToMarket,
    Wad? Health,
    Wad? InitialHealth);

/// <summary>Values accounts from a snapshot alone, rounded as the vault rounds: the twin of contracts/libraries/Valuation.sol.</summary>
public static class SnapshotValuation
{
    /// <summary>Share of a portfolio's net value that its taker does not pay where the whole bonus applies (contracts/libraries/LiquidationMath.sol).</summary>
    private static readonly Wad PortfolioDiscount = new(Wad.Scale / 10);

    /// <summary>Throws where the options have no requirement: ask <see cref="OptionSnapshot.Problem"/> first.</summary>
    public static AccountValuation Value(ChainSnapshot snapshot, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        RequireOptions(account);
        var values = Values(snapshot, account);
        var debt = Stable(snapshot, snapshot.Market.DebtOf(account));
        var credit = Stable(snapshot, account.Credit);
        var borrow = credit + account.Remote.Initial
            + AccountHealth.Capacity(values.Zip(snapshot.Assets, (value, asset) => (asset.HasPrice() ? value : Wad.Zero, asset.BorrowFactor)));
        var liquidation = credit + Stable(snapshot, account.Options.PendingClaims) + account.Remote.Maintenance
            + AccountHealth.Capacity(values.Zip(snapshot.Assets, (value, asset) => (value, asset.LiquidationThreshold)));
        return new AccountValuation(
            debt,
            values.Aggregate(Wad.Zero, (sum, value) => sum + value),
            borrow,
            liquidation,
            account.Options.InitialRequirement,
            account.Options.Requirement,
            account.Options.MarkToMarket,
            AccountHealth.Health(liquidation, debt + account.Options.Requirement),
            AccountHealth.Health(borrow, debt + account.Options.InitialRequirement));
    }

    /// <summary>The first asset the account holds that has no usable price, or null.</summary>
    public static AssetSnapshot? UnpricedAsset(ChainSnapshot snapshot, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        return snapshot.Assets.Where((asset, i) => account.Collateral[i].Sign > 0 && !asset.HasPrice()).FirstOrDefault();
    }

    /// <summary>Value of each collateral for maintenance, rounded down: without a price at its largest believable one; zero for one not held.</summary>
    public static ImmutableArray<Wad> Values(ChainSnapshot snapshot, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        return [.. snapshot.Assets.Select((asset, i) => account.Collateral[i].IsZero
            ? Wad.Zero
            : (asset.HasPrice() ? asset.Price : asset.MaxPrice).ValueDown(new TokenAmount(account.Collateral[i], asset.Decimals)))];
    }

    /// <summary>What the account is worth at the oracle's prices, what has none aside: the twin of equityDown in contracts/libraries/Valuation.sol.</summary>
    public static Wad EquityDown(ChainSnapshot snapshot, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        return snapshot.Assets
            .Zip(Values(snapshot, account), (asset, value) => asset.HasPrice() ? value : Wad.Zero)
            .Aggregate(Wad.Zero, (sum, value) => sum + value)
            + Stable(snapshot, account.Credit + account.Options.PendingClaims)
            + account.Remote.Value + account.Options.MarkToMarket - Stable(snapshot, snapshot.Market.DebtOf(account));
    }

    /// <summary>
    /// What a liquidation of the account would do; null where its health is at least 1. Amounts by collateral are in the order of the
    /// assets. Throws as <see cref="Value"/>.
    /// </summary>
    public static RequirementLiquidationSizing? Size(ChainSnapshot snapshot, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        RequireOptions(account);
        var now = snapshot.Block.Timestamp;
        var legs = Values(snapshot, account)
            .Zip(snapshot.Assets, (value, asset) => new LiquidationLeg(
                value, asset.LiquidationThreshold, asset.Bounds.Bonus, asset.IsSeizableAt(now)))
            .Append(new LiquidationLeg(Stable(snapshot, account.Credit), Wad.One, Wad.Zero))
            .Append(new LiquidationLeg(
                Stable(snapshot, account.Options.PendingClaims) + account.Remote.Maintenance, Wad.One, Wad.Zero, Seizable: false))
            .ToList();
        var market = snapshot.Market;
        var collateral = new LiquidationTerms(
            market.TargetHealth, market.MinimumDebt, market.StableDecimals, market.BonusFloor, market.FullBonusUnderHealth);
        var sizing = RequirementLiquidation.Size(
            market.DebtOf(account),
            legs,
            new OptionRisk(account.Options.Requirement, account.Options.MarkToMarket),
            new RequirementTerms(collateral, market.Tip, PortfolioPrice(market, Value(snapshot, account).Health)),
            account.Remote.Value);
        return sizing.Action == LiquidationAction.None
            ? null
            : sizing with { SeizeValue = [.. sizing.SeizeValue.Take(snapshot.Assets.Length)] };
    }

    /// <summary>
    /// What a liquidation against one of the account's liens would do: the twin of liquidateLien in contracts/libraries/Liquidation.sol; null where its health is at
    /// least 1, where it owes nothing, or where something may be seized here, which goes first. Throws as <see cref="Value"/>.
    /// </summary>
    public static LienSizing? SizeLien(ChainSnapshot snapshot, AccountSnapshot account, SeizableLien lien)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        RequireOptions(account);
        if (IsAnySeizable(snapshot, account))
        {
            return null;
        }

        var unit = BigInteger.Pow(10, lien.Decimals);
        var value = new Wad(Wad.MultiplyDivideDown(lien.Units, lien.Price.PerToken.Raw, unit));
        var held = AccountHealth.Capacity(Values(snapshot, account).Zip(snapshot.Assets, (one, asset) => (one, asset.LiquidationThreshold)));
        var others = Floor(Stable(snapshot, account.Options.PendingClaims) + account.Remote.Maintenance + held - value.MultiplyDown(lien.Threshold));
        var market = snapshot.Market;
        return LienLiquidation.Size(
            new LienBook(
                market.DebtOf(account),
                account.Options.Requirement,
                others + Stable(snapshot, account.Credit),
                Floor(account.Remote.Value - value),
                lien.Units,
                lien.Price,
                unit,
                lien.Threshold,
                lien.Bonus),
            new LiquidationTerms(market.TargetHealth, market.MinimumDebt, market.StableDecimals, market.BonusFloor, market.FullBonusUnderHealth),
            market.Tip);
    }

    /// <summary>Whether a liquidation may take anything of what the account holds on this chain.</summary>
    public static bool IsAnySeizable(ChainSnapshot snapshot, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        return snapshot.Assets.Where((asset, i) => account.Collateral[i].Sign > 0 && asset.IsSeizableAt(snapshot.Block.Timestamp)).Any();
    }

    private static Wad Floor(Wad value) => value > Wad.Zero ? value : Wad.Zero;

    /// <summary>What the taker of a portfolio pays for each unit of its net value.</summary>
    private static Wad PortfolioPrice(MarketSnapshot market, Wad? health)
    {
        if (health is not { } known || known >= Wad.One)
        {
            return Wad.One;
        }

        var depth = (Wad.One - known).DivideDown(market.FullBonusUnderHealth);
        var rate = market.BonusFloor + (Wad.One - market.BonusFloor).MultiplyDown(depth < Wad.One ? depth : Wad.One);
        return Wad.One - PortfolioDiscount.MultiplyDown(rate);
    }

    /// <summary>The factors recomputed here from the attested vector, to hold against what the chain says.</summary>
    public static CollateralFactorPair RecomputeFactors(AssetSnapshot asset, ReportSnapshot report, ulong now)
    {
        ArgumentNullException.ThrowIfNull(asset);
        ArgumentNullException.ThrowIfNull(report);
        var attested = asset.Attested;
        var bounds = asset.Bounds;
        var isStale = now > report.LastReportAt + report.HeartbeatSeconds;
        return CollateralFactors.InForce(
            new AttestedRisk(
                attested.Volatility.ToDouble(),
                attested.Slippage.ToDouble(),
                attested.InitialVolatility.ToDouble(),
                attested.InitialSlippage.ToDouble(),
                attested.LnThresholdAtUpdate.ToDouble(),
                attested.UpdatedAt,
                bounds.RampPerDay.ToDouble()),
            new FactorParameters(
                bounds.TailMultiplier.ToDouble(), bounds.HorizonSeconds, bounds.Bonus.ToDouble(), bounds.Jump.ToDouble()),
            now,
            isStale ? new FallbackRisk(asset.Fallback.Volatility.ToDouble(), asset.Fallback.Slippage.ToDouble()) : null);
    }

    /// <summary>The liquidation threshold that an asset comes to once the ramp of a report with these values has ended, rounded down.</summary>
    public static Wad ThresholdAfterRamp(AssetSnapshot asset, Wad volatility, Wad slippage)
    {
        ArgumentNullException.ThrowIfNull(asset);
        var bounds = asset.Bounds;
        var parameters = new FactorParameters(bounds.TailMultiplier.ToDouble(), bounds.HorizonSeconds, bounds.Bonus.ToDouble(), bounds.Jump.ToDouble());
        return Wad.FromDoubleDown(CollateralFactors.LiquidationThreshold(volatility.ToDouble(), slippage.ToDouble(), parameters));
    }

    private static Wad Stable(ChainSnapshot snapshot, BigInteger units) =>
        AccountHealth.DebtValue(units, snapshot.Market.StableDecimals);

    private static void RequireOptions(AccountSnapshot account)
    {
        if (account.Options.Problem.Length > 0)
        {
            throw new InvalidOperationException($"The options of {account.Account} have no requirement: {account.Options.Problem}.");
        }
    }
}
