using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace KeeperOracle.Risk.Numerics;

/// <summary>A function of one number, for any lanes.</summary>
internal interface ILaneFunction
{
    static abstract T Of<T>(T x)
        where T : struct, ILanes<T>;
}

/// <summary>
/// Goes through arrays with the widest lanes that the machine has, and through what is left over with narrower ones. Which lanes an
/// element falls into does not matter, since all of them give the same bits.
/// </summary>
internal static class LaneLoop
{
    public static void Map<TFunction>(ReadOnlySpan<double> x, Span<double> result)
        where TFunction : struct, ILaneFunction
    {
        var done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = Map<TFunction, Lanes8>(x, result, done);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            done = Map<TFunction, Lanes4>(x, result, done);
        }

        Map<TFunction, Lane1>(x, result, done);
    }

    /// <summary>
    /// As many whole lanes as there are from <paramref name="start"/>; returns the first element not done. Compiled in full at its first
    /// call: the compiler's quick first version keeps every lane in memory and is fifty times slower.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static int Map<TFunction, T>(ReadOnlySpan<double> x, Span<double> result, int start)
        where TFunction : struct, ILaneFunction
        where T : struct, ILanes<T>
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(result.Length, x.Length);
        ref var from = ref MemoryMarshal.GetReference(x);
        ref var to = ref MemoryMarshal.GetReference(result);
        var i = start;
        for (; i <= x.Length - T.Count; i += T.Count)
        {
            T.Store(TFunction.Of(T.Load(ref Unsafe.Add(ref from, i))), ref Unsafe.Add(ref to, i));
        }

        return i;
    }
}
