using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using KeeperOracle.Risk.Numerics;

namespace KeeperOracle.Risk.Pricing;

/// <summary>
/// Black-76 over arrays: the numbers of <see cref="Black76"/> to the last bit, whatever the width of the machine's vectors and wherever in
/// the array an option stands. Allocates nothing. Inputs that only <see cref="Black76"/> itself looks at with care (see
/// <see cref="Black76Lanes{T}"/>) cost a second pass over the array. Refusals are those of <see cref="Black76"/>.
/// </summary>
public static class Black76Batch
{
    /// <summary>Price, delta, gamma, vega and theta of every option.</summary>
    public static void Greeks(in OptionArrays options, in GreekArrays result)
    {
        CheckLengths(options);
        var length = options.Length;
        CheckRoom(length, result.Price.Length, result.Delta.Length, result.Gamma.Length, result.Vega.Length, result.Theta.Length);
        var ordinary = true;
        var done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = Greeks<Lanes8>(options, result, done, ref ordinary);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            done = Greeks<Lanes4>(options, result, done, ref ordinary);
        }

        Greeks<Lane1>(options, result, done, ref ordinary);
        if (!ordinary)
        {
            Mend(options, result);
        }
    }

    /// <summary>The price of every option; <paramref name="price"/> is at least as long as the options.</summary>
    public static void Prices(in OptionArrays options, Span<double> price)
    {
        CheckLengths(options);
        CheckRoom(options.Length, price.Length);
        var ordinary = true;
        var done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = Prices<Lanes8>(options, price, done, ref ordinary);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            done = Prices<Lanes4>(options, price, done, ref ordinary);
        }

        Prices<Lane1>(options, price, done, ref ordinary);
        if (!ordinary)
        {
            Mend(options, price);
        }
    }

    /// <summary>
    /// As many whole lanes as there are from <paramref name="start"/>; returns the first element not done, and whether every number so far
    /// is finite. Compiled in full at its first call, as in <see cref="LaneLoop"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static int Greeks<T>(in OptionArrays options, in GreekArrays result, int start, ref bool ordinary)
        where T : struct, ILanes<T>
    {
        ref var sign = ref MemoryMarshal.GetReference(options.Sign);
        ref var forward = ref MemoryMarshal.GetReference(options.Forward);
        ref var strike = ref MemoryMarshal.GetReference(options.Strike);
        ref var years = ref MemoryMarshal.GetReference(options.Years);
        ref var volatility = ref MemoryMarshal.GetReference(options.Volatility);
        ref var rate = ref MemoryMarshal.GetReference(options.Rate);
        ref var price = ref MemoryMarshal.GetReference(result.Price);
        ref var delta = ref MemoryMarshal.GetReference(result.Delta);
        ref var gamma = ref MemoryMarshal.GetReference(result.Gamma);
        ref var vega = ref MemoryMarshal.GetReference(result.Vega);
        ref var theta = ref MemoryMarshal.GetReference(result.Theta);
        T zero = 0;
        var check = zero;
        var end = options.Length - T.Count;
        var i = start;
        for (; i <= end; i += T.Count)
        {
            var lanes = new Black76Lanes<T>(
                T.Load(ref Unsafe.Add(ref sign, i)), T.Load(ref Unsafe.Add(ref forward, i)), T.Load(ref Unsafe.Add(ref strike, i)),
                T.Load(ref Unsafe.Add(ref years, i)), T.Load(ref Unsafe.Add(ref volatility, i)), T.Load(ref Unsafe.Add(ref rate, i)));
            var (v, d, g, e, t) = (lanes.Price, lanes.Delta, lanes.Gamma, lanes.Vega, lanes.Theta);
            check = T.MultiplyAdd(v + d + g + e + t, zero, check); // NaN as soon as one of them is not finite
            T.Store(v, ref Unsafe.Add(ref price, i));
            T.Store(d, ref Unsafe.Add(ref delta, i));
            T.Store(g, ref Unsafe.Add(ref gamma, i));
            T.Store(e, ref Unsafe.Add(ref vega, i));
            T.Store(t, ref Unsafe.Add(ref theta, i));
        }

        ordinary &= AllZero(check);
        return i;
    }

    /// <inheritdoc cref="Greeks{T}"/>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static int Prices<T>(in OptionArrays options, Span<double> result, int start, ref bool ordinary)
        where T : struct, ILanes<T>
    {
        ref var sign = ref MemoryMarshal.GetReference(options.Sign);
        ref var forward = ref MemoryMarshal.GetReference(options.Forward);
        ref var strike = ref MemoryMarshal.GetReference(options.Strike);
        ref var years = ref MemoryMarshal.GetReference(options.Years);
        ref var volatility = ref MemoryMarshal.GetReference(options.Volatility);
        ref var rate = ref MemoryMarshal.GetReference(options.Rate);
        ref var price = ref MemoryMarshal.GetReference(result);
        T zero = 0;
        var check = zero;
        var end = options.Length - T.Count;
        var i = start;
        for (; i <= end; i += T.Count)
        {
            var lanes = new Black76Lanes<T>(
                T.Load(ref Unsafe.Add(ref sign, i)), T.Load(ref Unsafe.Add(ref forward, i)), T.Load(ref Unsafe.Add(ref strike, i)),
                T.Load(ref Unsafe.Add(ref years, i)), T.Load(ref Unsafe.Add(ref volatility, i)), T.Load(ref Unsafe.Add(ref rate, i)));
            check = T.MultiplyAdd(lanes.Price, zero, check);
            T.Store(lanes.Price, ref Unsafe.Add(ref price, i));
        }

        ordinary &= AllZero(check);
        return i;
    }

    private static bool AllZero<T>(T check)
        where T : struct, ILanes<T>
    {
        Span<double> lanes = stackalloc double[T.Count];
        T.Store(check, ref MemoryMarshal.GetReference(lanes));
        return !lanes.ContainsAnyExcept(0);
    }

    private static void Mend(in OptionArrays options, in GreekArrays result)
    {
        for (var i = 0; i < options.Length; i++)
        {
            if (!double.IsFinite(result.Price[i] + result.Delta[i] + result.Gamma[i] + result.Vega[i] + result.Theta[i]))
            {
                var value = Black76.Value(
                    options.Sign[i], options.Forward[i], options.Strike[i], options.Years[i], options.Volatility[i], options.Rate[i]);
                result.Price[i] = value.Price;
                result.Delta[i] = value.Delta;
                result.Gamma[i] = value.Gamma;
                result.Vega[i] = value.Vega;
                result.Theta[i] = value.Theta;
            }
        }
    }

    private static void Mend(in OptionArrays options, Span<double> price)
    {
        for (var i = 0; i < options.Length; i++)
        {
            if (!double.IsFinite(price[i]))
            {
                price[i] = Black76.Price(
                    options.Sign[i], options.Forward[i], options.Strike[i], options.Years[i], options.Volatility[i], options.Rate[i]);
            }
        }
    }

    private static void CheckLengths(in OptionArrays options)
    {
        var length = options.Length;
        if (options.Forward.Length != length || options.Strike.Length != length || options.Years.Length != length
            || options.Volatility.Length != length || options.Rate.Length != length)
        {
            throw new RiskInputException("UnequalLengths", $"The arrays of {length} options do not all have that length.");
        }
    }

    private static void CheckRoom(int length, params ReadOnlySpan<int> room)
    {
        foreach (var one in room)
        {
            if (one < length)
            {
                throw new RiskInputException("UnequalLengths", $"An array of {one} has no room for the results of {length} options.");
            }
        }
    }
}
