using System.Numerics;

namespace KeeperOracle.Keeper.Sending;

/// <summary>Fees in wei for one gas: the whole, and of it the proposer's.</summary>
public readonly record struct Fees(BigInteger Max, BigInteger Tip);

/// <summary>What to bid. Every answer respects the ceiling; null says that nothing under it can get into a block, or replace what is there.</summary>
public static class FeePlan
{
    /// <summary>The most that may be bid for one gas: the chain's limit, or what the action is worth spread over its gas.</summary>
    public static BigInteger CeilingDown(SendingSettings settings, BigInteger worth, ulong gas) =>
        BigInteger.Min(settings.MaxFeePerGas, worth / BigInteger.Max(gas, 1));

    /// <summary>The least that gets into a block: the base fee and the tip.</summary>
    public static BigInteger Least(SendingSettings settings, BigInteger baseFee, BigInteger tip) => baseFee + TipWithin(settings, tip);

    /// <summary>Twice the base fee, which covers six full blocks of rising fees, and the tip.</summary>
    public static Fees? First(SendingSettings settings, BigInteger baseFee, BigInteger tip, BigInteger ceiling)
    {
        var bid = TipWithin(settings, tip);
        return Least(settings, baseFee, tip) > ceiling ? null : new Fees(BigInteger.Min(ceiling, (2 * baseFee) + bid), bid);
    }

    /// <summary>Both fees raised by the percentage at least, further where the chain asks for more.</summary>
    public static Fees? Replacing(SendingSettings settings, Fees old, BigInteger baseFee, BigInteger tip, BigInteger ceiling)
    {
        var least = new Fees(RaiseUp(old.Max, settings.BumpPercent), RaiseUp(old.Tip, settings.BumpPercent));
        var bid = BigInteger.Max(least.Tip, TipWithin(settings, tip));
        var wanted = BigInteger.Max(least.Max, (2 * baseFee) + bid);
        var max = BigInteger.Min(wanted, ceiling);
        return max < least.Max || max < baseFee + least.Tip ? null : new Fees(max, BigInteger.Min(bid, max));
    }

    private static BigInteger TipWithin(SendingSettings settings, BigInteger tip) =>
        BigInteger.Min(BigInteger.Max(tip, BigInteger.One), settings.MaxPriorityFeePerGas);

    private static BigInteger RaiseUp(BigInteger fee, int percent) => ((fee * (100 + percent)) + 99) / 100;
}
