using System.Runtime.CompilerServices;

namespace KeeperOracle.Risk.Numerics;

/// <summary>
/// One double. The fused multiply-add is exact whether the processor has one or the runtime computes it.
/// </summary>
public readonly struct Lane1 : ILanes<Lane1>
{
    private readonly double _v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lane1(double v) => _v = v;

    public static int Count => 1;

    public double Value => _v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1 operator +(Lane1 a, Lane1 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1 operator -(Lane1 a, Lane1 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1 operator -(Lane1 a) => new(-a._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1 operator *(Lane1 a, Lane1 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1 operator /(Lane1 a, Lane1 b) => new(a._v / b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Lane1(double value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1 Load(ref readonly double first) => new(first);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lane1 value, ref double first) => first = value._v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1 MultiplyAdd(Lane1 a, Lane1 b, Lane1 c) => new(Math.FusedMultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1 SubtractProduct(Lane1 c, Lane1 a, Lane1 b) => new(Math.FusedMultiplyAdd(-a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1 Sqrt(Lane1 a) => new(Math.Sqrt(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1 Abs(Lane1 a) => new(Math.Abs(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1 WhereLess(Lane1 a, Lane1 b, Lane1 then, Lane1 otherwise) => a._v < b._v ? then : otherwise;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane1 PowerOfTwo(Lane1 k) =>
        new(BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(k._v + LaneBits.ExponentShift) << 52));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Lane1 Mantissa, Lane1 Exponent) Split(Lane1 a)
    {
        var bits = unchecked(BitConverter.DoubleToInt64Bits(a._v) + LaneBits.FromSqrtHalf);
        var mantissa = (bits & LaneBits.MantissaMask) + LaneBits.SqrtHalfBits;
        var exponent = (bits >>> 52) | LaneBits.WholeShiftBits;
        var whole = BitConverter.Int64BitsToDouble(exponent) - (LaneBits.WholeShift + 1023);
        return (new(BitConverter.Int64BitsToDouble(mantissa)), new(whole));
    }
}
