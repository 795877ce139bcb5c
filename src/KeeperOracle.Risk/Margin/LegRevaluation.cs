using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using KeeperOracle.Risk.Numerics;
using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Risk.Margin;

/// <summary>What the revaluation of one option needs, hoisted.</summary>
/// <param name="Sign">1 for a call, -1 for a put</param>
/// <param name="Deviation">unshocked standard deviation, sigma sqrt(T)</param>
/// <param name="Scale">amount times discount factor</param>
internal readonly record struct OptionTerms(double Strike, double LnStrike, double Sign, double Deviation, double Scale);

/// <summary>The lanes of one expiry, all of one length, a multiple of <see cref="ScenarioGrid.Block"/>.</summary>
/// <param name="factor">on the standard deviation</param>
/// <param name="floor">of the standard deviation, at least <see cref="LegRevaluation.LeastDeviation"/></param>
internal readonly ref struct ExpiryLanes(
    ReadOnlySpan<double> forward, ReadOnlySpan<double> lnForward, ReadOnlySpan<double> factor, ReadOnlySpan<double> floor)
{
    public readonly ReadOnlySpan<double> Forward = forward;
    public readonly ReadOnlySpan<double> LnForward = lnForward;
    public readonly ReadOnlySpan<double> Factor = factor;
    public readonly ReadOnlySpan<double> Floor = floor;
}

/// <summary>
/// The inner loop: one option by Black-76 in all lanes side by side, one exponential and no logarithm each.
/// <code>
/// value = scale sign (F N(sign d1) - K N(sign d2)),  d1 = ln(F/K)/sd + sd/2,  d2 = d1 - sd,  sd = max(floor, deviation x factor)
/// </code>
/// Where sd is as good as zero (expired, or volatility shocked to nothing) that is the intrinsic value. The lanes of a vector are
/// scenarios, not options: so nothing is added up across a vector, and any width gives the same bits.
/// </summary>
internal static class LegRevaluation
{
    public const double LeastDeviation = BlackTerms<Lane1>.NoVolatility;

    /// <summary>Values in every lane, into <paramref name="row"/>.</summary>
    public static void Row(in ExpiryLanes lanes, in OptionTerms option, Span<double> row)
    {
        if (Vector512.IsHardwareAccelerated)
        {
            Row<Lanes8>(lanes, option, row);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Row<Lanes4>(lanes, option, row);
        }
        else
        {
            Row<Lane1>(lanes, option, row);
        }
    }

    /// <summary>Compiled in full at its first call, as in <see cref="LaneLoop"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static void Row<T>(in ExpiryLanes lanes, in OptionTerms option, Span<double> row)
        where T : struct, ILanes<T>
    {
        ref var forward = ref MemoryMarshal.GetReference(lanes.Forward);
        ref var lnForward = ref MemoryMarshal.GetReference(lanes.LnForward);
        ref var factor = ref MemoryMarshal.GetReference(lanes.Factor);
        ref var floor = ref MemoryMarshal.GetReference(lanes.Floor);
        ref var value = ref MemoryMarshal.GetReference(row);
        T sign = option.Sign;
        T strike = option.Strike;
        T lnStrike = option.LnStrike;
        T deviation = option.Deviation;
        T scale = option.Scale;
        for (var lane = 0; lane < row.Length; lane += T.Count)
        {
            var least = T.Load(ref Unsafe.Add(ref floor, lane));
            var sd = deviation * T.Load(ref Unsafe.Add(ref factor, lane));
            var terms = new BlackTerms<T>(
                sign,
                T.Load(ref Unsafe.Add(ref forward, lane)),
                strike,
                T.Load(ref Unsafe.Add(ref lnForward, lane)) - lnStrike,
                T.WhereLess(sd, least, least, sd));
            T.Store(scale * terms.Undiscounted, ref Unsafe.Add(ref value, lane));
        }
    }

    /// <summary>sums += row, lane by lane.</summary>
    public static void Add(ReadOnlySpan<double> row, Span<double> sums)
    {
        var lane = 0;
        for (; lane <= sums.Length - Vector<double>.Count; lane += Vector<double>.Count)
        {
            (new Vector<double>(sums[lane..]) + new Vector<double>(row[lane..])).CopyTo(sums[lane..]);
        }

        for (; lane < sums.Length; lane++)
        {
            sums[lane] += row[lane];
        }
    }
}
