using System.Collections.Immutable;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Risk.Policy;

/// <summary>One account as the simulation sees it.</summary>
/// <param name="Account">its id; orders equals</param>
/// <param name="Holdings">value of each collateral in units of account, after any latency haircut, by asset</param>
/// <param name="Debt">units of account, at least 0</param>
/// <param name="RequirementBefore">of its options, under today's factors</param>
/// <param name="RequirementAfter">under the proposed ones (a wider grid asks for more)</param>
public sealed record CommitAccount(
    string Account, ImmutableArray<(string Asset, Wad Value)> Holdings, Wad Debt, Wad RequirementBefore, Wad RequirementAfter);

/// <summary>Whether a change of factors may be published by the keeper.</summary>
public enum CommitVerdict
{
    /// <summary>It may.</summary>
    Allowed,

    /// <summary>It would make too much debt liquidatable: only governance may decide it.</summary>
    SentToGovernance,
}

/// <summary>One account that is healthy under today's factors and not under the proposed ones.</summary>
/// <param name="HealthBefore">null where it owed and required nothing</param>
public sealed record NewlyLiquidatable(string Account, Wad Debt, Wad? HealthBefore, Wad HealthAfter);

/// <summary>What a change alone would do.</summary>
/// <param name="Liquidatable">largest debt first, then by account</param>
/// <param name="Debt">theirs</param>
/// <param name="TotalDebt">of all accounts</param>
/// <param name="Share">of total debt, rounded up; 0 without debt</param>
/// <param name="Limit">that it was held against</param>
public sealed record CommitResult(
    CommitVerdict Verdict, ImmutableArray<NewlyLiquidatable> Liquidatable, Wad Debt, Wad TotalDebt, Wad Share, Wad Limit, string Detail);

/// <summary>
/// Before a change of factors is published: at today's prices, who becomes liquidatable by the change alone?
/// <code>
/// health  H = sum(value LT) / (debt + requirement)         rounded as the vault rounds: the sum down, H down
/// counted   H at least 1 with the factors in force, under 1 with the proposed ones
/// blocked   debt of those / debt of all, over the limit (.1 %)
/// </code>
/// The factors to give are those the ramp ends at, not the first step of it: rule 3 on-chain bounds a day, this bounds the whole change.
/// Who is liquidatable already is not counted, and neither is who is helped.
/// </summary>
public static class CommitSimulation
{
    /// <summary>.1 % of debt.</summary>
    public static Wad DefaultLimit { get; } = new(Wad.Scale / 1000);

    /// <param name="accounts">all accounts of the market</param>
    /// <param name="before">liquidation threshold of each asset in force</param>
    /// <param name="after">and as proposed, for the same assets</param>
    /// <param name="limit">share of total debt</param>
    /// <exception cref="RiskInputException">UnknownAsset, FactorOutOfRange, AmountNegative</exception>
    public static CommitResult Run(
        IEnumerable<CommitAccount> accounts, IReadOnlyDictionary<string, Wad> before, IReadOnlyDictionary<string, Wad> after, Wad limit)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        RequireFactors(before);
        RequireFactors(after);
        var hit = new List<NewlyLiquidatable>();
        var total = Wad.Zero;
        foreach (var account in accounts)
        {
            RequireAmounts(account);
            total += account.Debt;
            var healthBefore = Health(account, before, account.RequirementBefore);
            var healthAfter = Health(account, after, account.RequirementAfter);
            var wasHealthy = healthBefore is not { } then || then >= Wad.One;
            if (wasHealthy && healthAfter is { } now && now < Wad.One)
            {
                hit.Add(new NewlyLiquidatable(account.Account, account.Debt, healthBefore, now));
            }
        }

        hit.Sort((a, b) => b.Debt.CompareTo(a.Debt) is var byDebt and not 0 ? byDebt : string.CompareOrdinal(a.Account, b.Account));
        var debt = hit.Aggregate(Wad.Zero, (sum, one) => sum + one.Debt);
        var share = total == Wad.Zero ? Wad.Zero : new Wad(Wad.MultiplyDivideUp(debt.Raw, Wad.Scale, total.Raw));
        var verdict = share > limit ? CommitVerdict.SentToGovernance : CommitVerdict.Allowed;
        return new CommitResult(
            verdict, [.. hit], debt, total, share, limit,
            $"{hit.Count} accounts with {debt} of {total} debt (share {share}) become liquidatable by the change alone; the keeper may "
            + $"publish up to {limit}");
    }

    /// <summary>The accounts of a snapshot, as they are: without options, so without a requirement.</summary>
    /// <exception cref="RiskInputException">PriceMissing: an account that cannot be valued cannot be said to be safe; OptionsHeld,
    /// RemoteCollateralHeld: what a change does to these is not in a snapshot</exception>
    public static ImmutableArray<CommitAccount> Accounts(ChainSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return [.. snapshot.Accounts.Select(account => AccountOf(snapshot, account))];
    }

    private static CommitAccount AccountOf(ChainSnapshot snapshot, AccountSnapshot account)
    {
        if (SnapshotValuation.UnpricedAsset(snapshot, account) is { } unpriced)
        {
            throw new RiskInputException(
                "PriceMissing", $"{unpriced.Symbol} has no usable price ({unpriced.PriceStatus}) and account {account.Account} holds it: "
                + "simulate when it has.");
        }

        if (account.Options.Legs > 0)
        {
            throw new RiskInputException(
                "OptionsHeld", $"Account {account.Account} holds {account.Options.Legs} option legs: their requirement after the change is not known here.");
        }

        if (account.Remote.Maintenance > Wad.Zero)
        {
            throw new RiskInputException(
                "RemoteCollateralHeld", $"Account {account.Account} has capacity of {account.Remote.Maintenance} on other chains: what the change makes of it is not known here.");
        }

        var values = SnapshotValuation.Values(snapshot, account);
        return new CommitAccount(
            account.Account.ToString(),
            [.. snapshot.Assets.Select((asset, i) => (asset.Symbol, values[i]))],
            AccountHealth.DebtValue(snapshot.Market.DebtOf(account), snapshot.Market.StableDecimals),
            Wad.Zero,
            Wad.Zero);
    }

    /// <summary>The threshold that an asset's ramp ends at, for a proposed vector under its bounds.</summary>
    public static Wad ThresholdOf(Wad volatility, Wad slippage, in BoundsSnapshot bounds)
    {
        var parameters = new FactorParameters(
            bounds.TailMultiplier.ToDouble(), bounds.HorizonSeconds, bounds.Bonus.ToDouble(), bounds.Jump.ToDouble());
        return Wad.FromDoubleDown(CollateralFactors.LiquidationThreshold(volatility.ToDouble(), slippage.ToDouble(), parameters));
    }

    /// <summary>Null without debt and requirement.</summary>
    private static Wad? Health(CommitAccount account, IReadOnlyDictionary<string, Wad> factors, Wad requirement) =>
        AccountHealth.Health(
            AccountHealth.Capacity(account.Holdings.Select(holding => (holding.Value, Factor(account, factors, holding.Asset)))),
            account.Debt + requirement);

    private static Wad Factor(CommitAccount account, IReadOnlyDictionary<string, Wad> factors, string asset) =>
        factors.TryGetValue(asset, out var factor)
            ? factor
            : throw new RiskInputException(
                "UnknownAsset", $"Account {account.Account} holds {asset}, for which there is no factor: give one before and after.");

    private static void RequireFactors(IReadOnlyDictionary<string, Wad> factors)
    {
        ArgumentNullException.ThrowIfNull(factors);
        foreach (var (asset, factor) in factors)
        {
            if (factor < Wad.Zero || factor > Wad.One)
            {
                throw new RiskInputException(
                    "FactorOutOfRange", $"The liquidation threshold of {asset} is {factor}: it lies between 0 and 1.");
            }
        }
    }

    private static void RequireAmounts(CommitAccount account)
    {
        var least = account.Holdings.Select(holding => holding.Value)
            .Append(account.Debt).Append(account.RequirementBefore).Append(account.RequirementAfter).Min();
        if (least < Wad.Zero)
        {
            throw new RiskInputException(
                "AmountNegative", $"Account {account.Account} has {least} of something: values, debt and requirements are at least 0.");
        }
    }
}
