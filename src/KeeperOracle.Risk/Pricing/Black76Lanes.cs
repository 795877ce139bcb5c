using System.Runtime.CompilerServices;
using KeeperOracle.Risk.Numerics;

namespace KeeperOracle.Risk.Pricing;

/// <summary>
/// Black-76 for ordinary inputs, side by side: forward and total volatility over 1e-100, ln(F/K) and r T within 690. Anything else gives
/// NaN here, and <see cref="Black76"/> looks at it with care.
/// </summary>
internal readonly struct Black76Lanes<T>
    where T : struct, ILanes<T>
{
    private const double LargestLogarithm = 690;

    public readonly BlackTerms<T> Terms;

    /// <summary>D, or NaN where the input is not ordinary.</summary>
    public readonly T Discount;

    public readonly T Price;

    private readonly T _forward;
    private readonly T _volatility;
    private readonly T _rate;
    private readonly T _rootYears;
    private readonly T _sign;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Black76Lanes(T sign, T forward, T strike, T years, T volatility, T rate)
    {
        var x = Elementary.LogInside<T>(forward / strike, 0);
        _rootYears = T.Sqrt(years);
        var v = volatility * _rootYears;
        var discounting = -(rate * years);
        Discount = Elementary.ExpInside<T>(1, discounting, 0) + Ordinary(sign, forward, v, x, discounting);
        Terms = new(sign, forward, strike, x, v);
        Price = Discount * Terms.Undiscounted;
        (_sign, _forward, _volatility, _rate) = (sign, forward, volatility, rate);
    }

    public T Delta
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _sign * (Discount * Terms.ForwardShare);
    }

    public T Gamma
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Discount * Terms.Density * Terms.InverseVolatility / _forward;
    }

    public T Vega
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Discount * Terms.ForwardDensity * _rootYears;
    }

    /// <summary>r V - D F n(d1) sigma/(2 sqrt T), where sigma/sqrt T = sigma^2/v.</summary>
    public T Theta
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => T.SubtractProduct(
            _rate * Price, Discount * Terms.ForwardDensity * 0.5, _volatility * _volatility * Terms.InverseVolatility);
    }

    /// <summary>Zero for ordinary input, otherwise NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Ordinary(T sign, T forward, T v, T x, T discounting)
    {
        T none = double.NaN;
        var largest = T.Abs(x);
        var other = T.Abs(discounting);
        largest = T.WhereLess(largest, other, other, largest);
        var smallest = T.WhereLess(forward, v, forward, v);
        var ordinary = T.WhereLess(largest, LargestLogarithm, T.WhereLess(BlackTerms<T>.NoVolatility, smallest, 0, none), none);
        T one = 1;
        return T.WhereLess(T.Abs(T.MultiplyAdd(sign, sign, -one)), double.Epsilon, ordinary, none);
    }
}
