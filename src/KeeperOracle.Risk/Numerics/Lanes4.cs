using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KeeperOracle.Risk.Numerics;

/// <summary>Four doubles in a register of 256 bits.</summary>
public readonly struct Lanes4 : ILanes<Lanes4>
{
    private readonly Vector256<double> _v;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes4(Vector256<double> v) => _v = v;

    public static int Count => 4;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator +(Lanes4 a, Lanes4 b) => new(a._v + b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator -(Lanes4 a, Lanes4 b) => new(a._v - b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator -(Lanes4 a) => new(-a._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator *(Lanes4 a, Lanes4 b) => new(a._v * b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 operator /(Lanes4 a, Lanes4 b) => new(a._v / b._v);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static implicit operator Lanes4(double value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Load(ref readonly double first) => new(Vector256.LoadUnsafe(in first));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes4 value, ref double first) => value._v.StoreUnsafe(ref first);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 MultiplyAdd(Lanes4 a, Lanes4 b, Lanes4 c) => new(Vector256.FusedMultiplyAdd(a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 SubtractProduct(Lanes4 c, Lanes4 a, Lanes4 b) => new(Vector256.FusedMultiplyAdd(-a._v, b._v, c._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Sqrt(Lanes4 a) => new(Vector256.Sqrt(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 Abs(Lanes4 a) => new(Vector256.Abs(a._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 WhereLess(Lanes4 a, Lanes4 b, Lanes4 then, Lanes4 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.LessThan(a._v, b._v), then._v, otherwise._v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes4 PowerOfTwo(Lanes4 k) =>
        new(Vector256.ShiftLeft((k._v + Vector256.Create(LaneBits.ExponentShift)).AsInt64(), 52).AsDouble());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Lanes4 Mantissa, Lanes4 Exponent) Split(Lanes4 a)
    {
        var bits = a._v.AsInt64() + Vector256.Create(LaneBits.FromSqrtHalf);
        var mantissa = (bits & Vector256.Create(LaneBits.MantissaMask)) + Vector256.Create(LaneBits.SqrtHalfBits);
        var exponent = Vector256.ShiftRightLogical(bits, 52) | Vector256.Create(LaneBits.WholeShiftBits);
        return (new(mantissa.AsDouble()), new(exponent.AsDouble() - Vector256.Create(LaneBits.WholeShift + 1023)));
    }
}
