using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Defence;

/// <summary>The small market with an account whose ten WETH lie under a lien on another chain, beside a lien of WBTC there, which counts for more; and a mandate to swap the one for the other.</summary>
internal static class LienSwapMarket
{
    public const ulong Expiry = Now + 1_000;
    public static readonly Hash32 Giving = Number(71, 32);
    public static readonly Hash32 Filled = Number(72, 32);

    public static LienSwapSnapshot Mandate { get; } = new(
        Giving,
        Filled,
        Fraction(1.05m),
        Fraction(1.08m),
        Fraction(0.005m),
        BigInteger.Pow(10, 19),
        3_600,
        BigInteger.Pow(10, 17),
        Expiry,
        5 * BigInteger.Pow(10, 18),
        new LienHolding(Weth, new Price(Fraction(3_000)), 18, BigInteger.Pow(10, 19), 0, Now - 1_000, 900, Fraction(0.7m), Fraction(0.6m), Fraction(0.6m), Fraction(0.7m), Fraction(0.7m), Fraction(0.6m), 4, 4, 0, 0, true),
        new LienHolding(Wbtc, new Price(Fraction(60_000)), 8, 10_000_000, 0, Now - 5_000, 900, Fraction(0.85m), Fraction(0.8m), Fraction(0.5m), Fraction(0.6m), Fraction(0.84m), Fraction(0.55m), 0, 0, 0, 0, true),
        100_000_000);

    /// <summary>Of health 1.03 something.</summary>
    public static AccountSnapshot Low { get; } = Secured(25_000, Mandate);

    /// <summary>With so much debt, and all of its collateral under the two liens of a mandate, as the hub counts it.</summary>
    public static AccountSnapshot Secured(decimal debt, LienSwapSnapshot mandate, params LienSwapSnapshot[] others)
    {
        var maintenance = CountOf(mandate.In, mandate.In.Counted) + CountOf(mandate.Out, mandate.Out.Counted);
        return Account(1, debt, 0) with { Remote = new RemoteSnapshot(maintenance, maintenance, maintenance + maintenance), LienSwaps = [mandate, .. others] };
    }

    /// <summary>What units of a lien count for maintenance, in one line of its own.</summary>
    public static Wad CountOf(LienHolding lien, BigInteger units)
    {
        var haircut = (decimal)(2.326347874 * lien.MaintenanceVolatility.ToDouble() * Math.Sqrt(lien.FinalityLagSeconds / 31_536_000.0));
        return lien.Price.ValueDown(new TokenAmount(units, lien.Decimals)).MultiplyDown(lien.LiquidationThreshold).MultiplyDown(Fraction(decimal.Round(1 - haircut, 9)));
    }

    public static AccountSnapshot With(Func<LienSwapSnapshot, LienSwapSnapshot> change, decimal debt = 25_000) => Secured(debt, change(Mandate));
}
