using System.Numerics;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Risk.CrossChain;

/// <summary>A chain as it was read, or as it was last known.</summary>
/// <param name="Liens">of the accounts asked for; null where they are not known, so that what the hub counts stands in their place</param>
/// <param name="FinalityLagSeconds">how far its final block is behind its head</param>
/// <param name="Silent">whether this is its last known state, because nobody can read it now</param>
public sealed record SeenChain(ChainSnapshot Snapshot, IReadOnlyList<LienSnapshot>? Liens, double FinalityLagSeconds, bool Silent = false);

/// <summary>
/// One holder's accounts on several chains, from what was read of each, as <see cref="LinkedAccounts"/>. Each chain is a row of its own, with
/// the age of its block; each group of liens that one hub counts of another chain is a row, with the age of the proof and the lag that
/// governance set. So tokens under a lien are counted once: where the hub counts them.
/// <para>
/// The home chain is the one on which most is owed. What is there secures a debt beside it and has no finality lag; all else has. Collateral
/// without a price counts as for the vault: nothing for initial, and for maintenance at its largest believable price. Claims of settled
/// options count for maintenance. Options are known by what their contract asks for alone.
/// </para>
/// </summary>
public static class LinkedSnapshots
{
    /// <param name="isHeld">which accounts</param>
    /// <param name="now">seconds, from which ages are counted</param>
    /// <exception cref="RiskInputException">`NoRequirement`: the options of an account have no requirement now</exception>
    public static LinkedAccounts Of(IReadOnlyList<SeenChain> chains, Func<AccountSnapshot, bool> isHeld, ulong now)
    {
        ArgumentNullException.ThrowIfNull(chains);
        ArgumentNullException.ThrowIfNull(isHeld);
        var rows = chains.Select(seen => Own(seen, [.. seen.Snapshot.Accounts.Where(isHeld)], now)).ToList();
        var most = rows.Count == 0 ? 0 : rows.Max(row => row.Debt + row.Requirement);
        var home = rows.FindIndex(row => row.Debt + row.Requirement == most);
        return new LinkedAccounts(
            [],
            [.. rows.Select((row, i) => i == home ? row with { FinalityLagSeconds = 0 } : row), .. chains.SelectMany(seen => Liens(seen, now))]);
    }

    private static ChainAccount Own(SeenChain seen, IReadOnlyList<AccountSnapshot> accounts, ulong now)
    {
        var snapshot = seen.Snapshot;
        if (accounts.FirstOrDefault(account => account.Options.Problem.Length > 0) is { } broken)
        {
            throw new RiskInputException(
                "NoRequirement", $"The options of {broken.Account} on chain {snapshot.Chain} have no requirement: {broken.Options.Problem}.");
        }

        var held = snapshot.Assets
            .Select((asset, place) => Held(asset, accounts.Aggregate(BigInteger.Zero, (sum, account) => sum + account.Collateral[place])))
            .Append(Fixed("claims of options", 0, accounts.Sum(account => Stable(snapshot, account.Options.PendingClaims))));
        if (seen.Liens is null)
        {
            held = held.Append(Fixed(
                "liens on other chains",
                accounts.Sum(account => account.Remote.Initial.ToDouble()),
                accounts.Sum(account => account.Remote.Maintenance.ToDouble())));
        }

        return new ChainAccount(
            snapshot.Chain.ToString(),
            Age(now, snapshot.Block.Timestamp),
            seen.FinalityLagSeconds,
            [],
            [.. held.OfType<ChainCollateral>()],
            accounts.Sum(account => Stable(snapshot, snapshot.Market.DebtOf(account))),
            accounts.Sum(account => Stable(snapshot, account.Credit)),
            Silent: seen.Silent,
            Requirement: accounts.Sum(account => account.Options.Requirement.ToDouble()),
            InitialRequirement: accounts.Sum(account => account.Options.InitialRequirement.ToDouble()));
    }

    private static IEnumerable<ChainAccount> Liens(SeenChain seen, ulong now) => (seen.Liens ?? [])
        .GroupBy(lien => (lien.Source, lien.ObservedAt, lien.FinalityLagSeconds))
        .GroupBy(group => group.Key.Source)
        .SelectMany(source => source.Select((group, place) => new ChainAccount(
            $"{source.Key} by liens on {seen.Snapshot.Chain}{(place == 0 ? "" : $" ({place + 1})")}",
            Age(now, group.Key.ObservedAt),
            group.Key.FinalityLagSeconds,
            [],
            [.. group.SelectMany(lien => Parts(seen.Snapshot.Assets.First(asset => asset.Token == lien.Asset), lien)).OfType<ChainCollateral>()],
            Silent: seen.Silent)));

    /// <summary>What counts in full, and what counts for maintenance alone.</summary>
    private static IEnumerable<ChainCollateral?> Parts(AssetSnapshot asset, LienSnapshot lien)
    {
        var priced = asset.PriceStatus == PriceStatus.Ok;
        ChainCollateral? Part(BigInteger units, double borrowFactor) => units.IsZero
            ? null
            : new ChainCollateral(
                asset.Symbol,
                Amount(units, lien.Decimals),
                (priced ? asset.Price : lien.MaxPrice).PerToken.ToDouble(),
                asset.LiquidationThreshold.ToDouble(),
                borrowFactor,
                lien.MaintenanceVolatility.ToDouble(),
                lien.InitialVolatility.ToDouble());
        return [Part(lien.Counted, priced ? asset.BorrowFactor.ToDouble() : 0), Part(lien.Disputed, 0)];
    }

    private static ChainCollateral? Held(AssetSnapshot asset, BigInteger units) => units.IsZero
        ? null
        : new ChainCollateral(
            asset.Symbol,
            Amount(units, asset.Decimals),
            (asset.HasPrice() ? asset.Price : asset.MaxPrice).PerToken.ToDouble(),
            asset.LiquidationThreshold.ToDouble(),
            asset.HasPrice() ? asset.BorrowFactor.ToDouble() : 0,
            asset.Attested.Volatility.ToDouble(),
            asset.Attested.InitialVolatility.ToDouble());

    /// <summary>Capacities that are known as such: they stand still when prices move. Initial counts at most as much as maintenance.</summary>
    private static ChainCollateral? Fixed(string name, double initial, double maintenance) =>
        maintenance > 0 ? new ChainCollateral(name, maintenance, 1, 1, Math.Min(1, initial / maintenance)) : null;

    private static double Age(ulong now, ulong observed) => (double)now - observed;

    private static double Amount(BigInteger units, int decimals) => (double)units / (double)BigInteger.Pow(10, decimals);

    private static double Stable(ChainSnapshot snapshot, BigInteger units) =>
        AccountHealth.DebtValue(units, snapshot.Market.StableDecimals).ToDouble();
}
