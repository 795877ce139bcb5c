using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.CrossChain;

/// <summary>
/// What collateral on another chain counts for, to the unit: the twin, with its roundings, of contracts/libraries/RemoteMath.sol. In doubles the same is
/// <see cref="RemoteCapacity"/>.
/// <code>
/// haircut      l = z99 sigma sqrt(age / year), at most 1       up
/// value        units price / unit                              down
/// weighted     value factor (1 - l)                            down
/// </code>
/// A year has 365 days; times are seconds.
/// </summary>
public static class RemoteWorth
{
    private const ulong SecondsOfYear = 365 * 86_400;

    private static readonly BigInteger Square = Wad.Scale * Wad.Scale;

    private static readonly BigInteger Z99 = BigInteger.Parse("2326347874000000000", System.Globalization.CultureInfo.InvariantCulture);

    public static Wad HaircutUp(Wad volatility, ulong age)
    {
        if (age == 0)
        {
            return Wad.Zero;
        }

        var root = RootDown(age * Square / SecondsOfYear) + 1;
        return new Wad(BigInteger.Min(Wad.Scale, Wad.MultiplyDivideUp(Z99 * volatility.Raw, root, Square)));
    }

    /// <summary>Seconds since an observation, at least the finality lag; one from the future has no age of its own.</summary>
    public static ulong AgeAtLeast(ulong now, ulong observedAt, ulong lag) => Math.Max(now > observedAt ? now - observedAt : 0, lag);

    public static Wad ValueDown(BigInteger units, Price price, BigInteger unit) => new(Wad.MultiplyDivideDown(units, price.PerToken.Raw, unit));

    public static Wad WeightedDown(Wad value, Wad factor, Wad haircut) => new(Wad.MultiplyDivideDown(value.Raw, factor.Raw * (Wad.Scale - haircut.Raw), Square));

    /// <summary>The largest integer whose square is not over the value, which is not negative.</summary>
    private static BigInteger RootDown(BigInteger value)
    {
        if (value.IsZero)
        {
            return value;
        }

        var root = BigInteger.One << (int)((value.GetBitLength() + 1) / 2);
        for (var next = (root + (value / root)) >> 1; next < root; next = (root + (value / root)) >> 1)
        {
            root = next;
        }

        return root;
    }
}
