using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Keeper.Queueing;

// Specification of this folder.
//
// Whose turn it is. Decisions about accounts are made, told and sent in this order, so that what runs out (stable units, room in flight, a block's gas) runs
// out for those who need it least:
//   1. higher probability that health falls under 1 within a day (Risk/TailRisk/BreachProbability.cs, first passage)
//   2. lower health: whoever is under 1 has probability 1, so that among them the deeper one goes first
//   3. larger debt
//   4. lower account id: no two accounts are equal, and the order does not hang on the order in which they were opened
// Accounts that owe nothing or cannot be valued have no probability and come last, in the vault's order.
//
// The probability. Health moves with the account's collateral; its volatility is the sum of the shares of each in the capacity times the attested volatility
// of each, which is what it is where all move together, and the most that it can be otherwise. Credit, winnings and capacity from other chains do not move. With
// one collateral and nothing else it is exact under BreachProbability's assumptions. Debt and the requirement of options are taken as
// constant, so for who holds options it speaks of the collateral alone.
//
// The order says nothing about who is acted on: that is for the guards. It is made for the accounts that are judged, never for those that a screen holds back.

/// <summary>An account in its turn.</summary>
/// <param name="Valuation">null where its options have no requirement now</param>
/// <param name="BreachProbability">that its health falls under 1 within <see cref="BreachOrder.HorizonSeconds"/>; null where it has no health</param>
public readonly record struct QueuedAccount(AccountSnapshot Account, AccountValuation? Valuation, double? BreachProbability);

/// <summary>Orders accounts by who needs it most.</summary>
public static class BreachOrder
{
    /// <summary>Within which a breach counts.</summary>
    public const int HorizonSeconds = 86_400;

    private const double SecondsOfYear = 365 * 86_400.0;

    /// <param name="accounts">in the vault's order</param>
    public static IEnumerable<QueuedAccount> Order(ChainSnapshot snapshot, IEnumerable<AccountSnapshot> accounts)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(accounts);
        return accounts
            .Select(account => Queue(snapshot, account))
            .OrderBy(queued => queued.BreachProbability is null)
            .ThenByDescending(queued => queued.BreachProbability ?? 0)
            .ThenBy(queued => queued.Valuation?.Health ?? Wad.Zero)
            .ThenByDescending(queued => queued.BreachProbability is null ? Wad.Zero : queued.Valuation!.Debt)
            .ThenBy(queued => queued.BreachProbability is null ? Hash32.Zero : queued.Account.Account);
    }

    /// <summary>Null where the account has no health.</summary>
    public static double? ProbabilityOf(ChainSnapshot snapshot, AccountSnapshot account, AccountValuation? valuation)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        return valuation?.Health is { } health
            ? BreachProbability.FirstPassage(health.ToDouble(), Volatility(snapshot, account, valuation.LiquidationCapacity.ToDouble()), HorizonSeconds / SecondsOfYear)
            : null;
    }

    private static QueuedAccount Queue(ChainSnapshot snapshot, AccountSnapshot account)
    {
        var valuation = account.Options.Problem.Length == 0 ? SnapshotValuation.Value(snapshot, account) : null;
        return new QueuedAccount(account, valuation, ProbabilityOf(snapshot, account, valuation));
    }

    /// <summary>Of the account's health, annualised.</summary>
    private static double Volatility(ChainSnapshot snapshot, AccountSnapshot account, double capacity)
    {
        var sum = 0.0;
        for (var i = 0; i < snapshot.Assets.Length; i++)
        {
            if (account.Collateral[i].Sign > 0)
            {
                var asset = snapshot.Assets[i];
                var value = (asset.HasPrice() ? asset.Price : asset.MaxPrice).ValueDown(new TokenAmount(account.Collateral[i], asset.Decimals));
                sum += value.MultiplyDown(asset.LiquidationThreshold).ToDouble() * asset.Attested.Volatility.ToDouble();
            }
        }

        return capacity > 0 ? sum / capacity : 0;
    }
}
