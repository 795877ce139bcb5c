using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.CrossChain;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>What units of a lien count by, for maintenance, on the hub's chain.</summary>
/// <param name="Price">of a whole token; zero where there is none</param>
/// <param name="Threshold">liquidation threshold</param>
/// <param name="Volatility">for the haircut</param>
/// <param name="FinalityLagSeconds">for the haircut</param>
public readonly record struct LienWorth(Price Price, int Decimals, Wad Threshold, Wad Volatility, uint FinalityLagSeconds)
{
    /// <summary>As the hub counts them.</summary>
    public Wad Of(BigInteger units) => RemoteWorth.WeightedDown(
        RemoteWorth.ValueDown(units, Price, BigInteger.Pow(10, Decimals)), Threshold, RemoteWorth.HaircutUp(Volatility, FinalityLagSeconds));
}

/// <summary>One lien of the account: what the hub counts of it, and what it will count once all that has happened on the other chain, or is ordered there, is proved.</summary>
public readonly record struct ExpectedLien(LienWorth Worth, BigInteger Counted, BigInteger Expected);

/// <summary>A swap between two of its liens that has not ended on the hub: until then its units count as the lesser of what goes and what comes.</summary>
public readonly record struct ExpectedSwap(LienWorth Given, BigInteger Units, LienWorth Brought, BigInteger MinOut);

/// <summary>
/// How many units a lien lacks for a target health of the account that it secures on another chain, with all that is on the way counted as it will be.
/// <code>
/// expected    = capacity - sum W(counted) - sum min(W(given), W(brought)) + sum W(expected)       W as the hub counts: contracts/libraries/RemoteMath.sol
/// health      = (expected - W(lien) + W(lien and added)) / (D + R), rounded down
/// </code>
/// The least units with which health is at the target or over it, exactly, as what is counted never falls with units.
/// </summary>
public static class LienTopUpSizing
{
    /// <summary>Capacity once everything is proved.</summary>
    public static Wad Expected(Wad capacity, ImmutableArray<ExpectedLien> liens, ImmutableArray<ExpectedSwap> swaps)
    {
        var expected = liens.Aggregate(capacity, (sum, lien) => sum + lien.Worth.Of(lien.Expected) - lien.Worth.Of(lien.Counted));
        return swaps.Aggregate(expected, (sum, swap) =>
        {
            var (given, brought) = (swap.Given.Of(swap.Units), swap.Brought.Of(swap.MinOut));
            return sum - (given < brought ? given : brought);
        });
    }

    /// <summary>Null where no number of units up to <paramref name="most"/> is enough.</summary>
    /// <param name="expected">capacity with everything proved, as <see cref="Expected"/> has it</param>
    public static BigInteger? Needed(Wad expected, Wad owed, ExpectedLien lien, Wad target, BigInteger most)
    {
        var rest = expected - lien.Worth.Of(lien.Expected);
        bool Restores(BigInteger added) => AccountHealth.Health(rest + lien.Worth.Of(lien.Expected + added), owed) is not { } health || health >= target;
        if (!Restores(most))
        {
            return null;
        }

        var (low, high) = (BigInteger.Zero, most);
        while (low < high)
        {
            var middle = (low + high) >> 1;
            (low, high) = Restores(middle) ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
