using System.Runtime.CompilerServices;
using KeeperOracle.Risk.Numerics;

namespace KeeperOracle.Risk.Pricing;

/// <summary>
/// What the price of an option and all of its derivatives are made of, with one exponential: with x = ln(F/K) and the total volatility
/// v = sigma sqrt(T), d1 = x/v + v/2 and d2 = x/v - v/2, the densities at both points hang together, K n(d2) = F n(d1), and each tail of
/// the distribution function is its density times the Mills ratio. So the smaller one of N(d) and N(-d) is always the one computed, and
/// keeps its relative accuracy.
/// </summary>
internal readonly struct BlackTerms<T>
    where T : struct, ILanes<T>
{
    /// <summary>Total volatility under this counts as none: the option is worth its intrinsic value.</summary>
    public const double NoVolatility = 1e-100;

    private const double LargestVolatility = 1e100;

    /// <summary>n(d1) under 1e-300 counts as zero: beyond this |d1|.</summary>
    private const double DensityEnd = 37;

    /// <summary>1/v.</summary>
    public readonly T InverseVolatility;

    public readonly T D1;

    public readonly T D2;

    /// <summary>n(d1).</summary>
    public readonly T Density;

    /// <summary>F n(d1) = K n(d2).</summary>
    public readonly T ForwardDensity;

    /// <summary>N(d1) of a call, N(-d1) of a put: what share of the forward the holder receives.</summary>
    public readonly T ForwardShare;

    /// <summary>K N(d2) of a call, K N(-d2) of a put: what the holder pays, times the chance of it.</summary>
    public readonly T StrikePart;

    /// <summary>The price before discounting, never less than max(0, sign (F - K)), and exactly that without volatility.</summary>
    public readonly T Undiscounted;

    /// <param name="sign">1 for a call, -1 for a put</param>
    /// <param name="x">ln(F/K); of any size, not NaN</param>
    /// <param name="v">total volatility, over zero</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public BlackTerms(T sign, T forward, T strike, T x, T v)
    {
        T one = 1;
        T zero = 0;
        InverseVolatility = one / v;
        var moneyness = x * InverseVolatility;
        D1 = T.MultiplyAdd(v, 0.5, moneyness);
        D2 = T.MultiplyAdd(v, -0.5, moneyness);
        var a1 = Bounded(T.Abs(D1));
        var a2 = Bounded(T.Abs(D2));
        var inside = Elementary.NormalDensityInside(a1);
        Density = T.WhereLess(a1, DensityEnd, inside, zero);
        ForwardDensity = forward * Density;
        var tail = Density * Elementary.MillsRatio(a1);
        ForwardShare = T.WhereLess(zero, sign * D1, one - tail, tail);
        var strikeTail = ForwardDensity * Elementary.MillsRatio(a2);
        StrikePart = T.WhereLess(zero, sign * D2, strike - strikeTail, strikeTail);
        var price = sign * T.MultiplyAdd(forward, ForwardShare, -StrikePart);
        var intrinsic = sign * (forward - strike);
        intrinsic = T.WhereLess(zero, intrinsic, intrinsic, zero);
        price = T.WhereLess(intrinsic, price, price, intrinsic);
        Undiscounted = T.WhereLess(NoVolatility, v, price, intrinsic);
    }

    /// <summary>A total volatility of any size as one that the terms bear.</summary>
    public static double Counted(double v) => Math.Clamp(v, NoVolatility, LargestVolatility);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Bounded(T d) => T.WhereLess(Elementary.NormalEnd, d, Elementary.NormalEnd, d);
}
