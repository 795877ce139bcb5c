using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>
/// Health H = sum(value LT) / debt: liquidation starts under 1. Initial capacity uses BF. Rounded as the vault rounds: values and
/// capacities down, debt up, health down, so that the keeper never sees an account as worse than the contract does.
/// </summary>
public static class AccountHealth
{
    /// <summary>Sum of value times factor, each product rounded down.</summary>
    public static Wad Capacity(IEnumerable<(Wad Value, Wad Factor)> holdings) =>
        holdings.Aggregate(Wad.Zero, (sum, holding) => sum + holding.Value.MultiplyDown(holding.Factor));

    /// <summary>Stable units as a value in the unit of account. Exact: a stable token has at most 18 decimals.</summary>
    public static Wad DebtValue(BigInteger debtUnits, int stableDecimals) =>
        new(debtUnits * BigInteger.Pow(10, 18 - stableDecimals));

    /// <summary>Capacity over debt, rounded down; null without debt.</summary>
    public static Wad? Health(Wad liquidationCapacity, Wad debt) =>
        debt == Wad.Zero ? null : liquidationCapacity.DivideDown(debt);
}
