using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.Snapshots;

/// <summary>What options pay at expiry, to the unit: the twin of <c>settle</c> and <c>claim</c> in contracts/OptionBook.sol.</summary>
public static class OptionSettlement
{
    private const int WadDecimals = 18;

    /// <summary>Stable units that settlement gives an account, or takes from it where negative: exact over all its options of the pool, then rounded once, a gain down and a loss up.</summary>
    public static BigInteger NetUnits(AccountSnapshot account, Address underlying, PoolSnapshot pool, int stableDecimals)
    {
        ArgumentNullException.ThrowIfNull(account);
        var exact = BigInteger.Zero; // scaled by 1e36
        foreach (var leg in account.Legs)
        {
            if (leg.Underlying == underlying && leg.Expiry == pool.Expiry)
            {
                var inside = leg.IsCall ? pool.Price.Raw - leg.Strike.Raw : leg.Strike.Raw - pool.Price.Raw;
                exact += leg.Amount.Raw * BigInteger.Max(inside, BigInteger.Zero);
            }
        }

        var unit = Wad.Scale * StableScale(stableDecimals);
        return exact.Sign >= 0 ? exact / unit : -((-exact + unit - 1) / unit);
    }

    /// <summary>Stable units of a claim that are paid, rounded down.</summary>
    public static BigInteger PaidUnits(BigInteger claim, Wad haircut) => claim * (Wad.Scale - haircut.Raw) / Wad.Scale;

    /// <summary>One stable unit in units of account, scaled by 1e18. The vault takes no stable token of more decimals.</summary>
    public static BigInteger StableScale(int stableDecimals) => BigInteger.Pow(10, WadDecimals - stableDecimals);
}
