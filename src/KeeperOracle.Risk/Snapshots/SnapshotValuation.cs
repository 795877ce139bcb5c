using System.Collections.Immutable;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Risk.Snapshots;

/// <summary>The value of one account at a snapshot, and the numbers it comes from.</summary>
/// <param name="Health">null without debt</param>
/// <param name="InitialHealth">borrow capacity over debt: under 1 no new risk; null without debt</param>
public sealed record AccountValuation(
    Wad Debt, Wad CollateralValue, Wad BorrowCapacity, Wad LiquidationCapacity, Wad? Health, Wad? InitialHealth);

/// <summary>Values accounts from a snapshot alone, rounded as the vault rounds.</summary>
public static class SnapshotValuation
{
    /// <summary>Throws where a held asset has no usable price: ask <see cref="UnpricedAsset"/> first.</summary>
    public static AccountValuation Value(ChainSnapshot snapshot, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        if (UnpricedAsset(snapshot, account) is { } unpriced)
        {
            throw new InvalidOperationException($"{unpriced.Symbol} has no usable price ({unpriced.PriceStatus}).");
        }

        var values = Values(snapshot, account);
        var debt = AccountHealth.DebtValue(account.Debt, snapshot.Market.StableDecimals);
        var borrow = AccountHealth.Capacity(values.Zip(snapshot.Assets, (value, asset) => (value, asset.BorrowFactor)));
        var liquidation = AccountHealth.Capacity(values.Zip(snapshot.Assets, (value, asset) => (value, asset.LiquidationThreshold)));
        return new AccountValuation(
            debt,
            values.Aggregate(Wad.Zero, (sum, value) => sum + value),
            borrow,
            liquidation,
            AccountHealth.Health(liquidation, debt),
            AccountHealth.Health(borrow, debt));
    }

    /// <summary>The first asset the account holds that has no usable price, or null.</summary>
    public static AssetSnapshot? UnpricedAsset(ChainSnapshot snapshot, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        for (var i = 0; i < snapshot.Assets.Length; i++)
        {
            if (account.Collateral[i].Sign > 0 && snapshot.Assets[i].PriceStatus != PriceStatus.Ok)
            {
                return snapshot.Assets[i];
            }
        }

        return null;
    }

    /// <summary>Value of each collateral, rounded down; zero for one not held.</summary>
    public static ImmutableArray<Wad> Values(ChainSnapshot snapshot, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        return [.. snapshot.Assets.Select((asset, i) => account.Collateral[i].IsZero
            ? Wad.Zero
            : asset.Price.ValueDown(new TokenAmount(account.Collateral[i], asset.Decimals)))];
    }

    /// <summary>What a liquidation of the account would do; null where its health is at least 1.</summary>
    public static LiquidationSizing? Size(ChainSnapshot snapshot, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        var legs = Values(snapshot, account)
            .Zip(snapshot.Assets, (value, asset) => new LiquidationLeg(value, asset.LiquidationThreshold, asset.Bounds.Bonus))
            .ToList();
        var market = snapshot.Market;
        var terms = new LiquidationTerms(
            market.TargetHealth, market.MinimumDebt, market.StableDecimals, market.BonusFloor, market.FullBonusUnderHealth);
        return PartialLiquidation.Size(account.Debt, legs, terms);
    }

    /// <summary>The factors recomputed here from the attested vector, to hold against what the chain says.</summary>
    public static CollateralFactorPair RecomputeFactors(AssetSnapshot asset, ulong now)
    {
        ArgumentNullException.ThrowIfNull(asset);
        var attested = asset.Attested;
        var bounds = asset.Bounds;
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
            now);
    }
}
