namespace KeeperOracle.Risk.Numerics;

/// <summary>
/// One or several doubles that go through the same arithmetic side by side. A formula written once over T gives the same bits for a
/// number whether it stands alone (<see cref="Lane1"/>), among four (<see cref="Lanes4"/>) or among eight (<see cref="Lanes8"/>): every
/// operation here is one that IEEE 754 rounds exactly, the fused multiply-add among them, or one on bits. Only the payload of a NaN may
/// differ.
/// </summary>
public interface ILanes<T>
    where T : struct, ILanes<T>
{
    /// <summary>How many doubles stand side by side.</summary>
    static abstract int Count { get; }

    static abstract T operator +(T a, T b);

    static abstract T operator -(T a, T b);

    static abstract T operator -(T a);

    static abstract T operator *(T a, T b);

    static abstract T operator /(T a, T b);

    /// <summary>The same number in every lane.</summary>
    static abstract implicit operator T(double value);

    /// <summary>The lanes that start at this place of an array; the caller has seen that all of them exist.</summary>
    static abstract T Load(ref readonly double first);

    static abstract void Store(T value, ref double first);

    /// <summary>a b + c with one rounding.</summary>
    static abstract T MultiplyAdd(T a, T b, T c);

    /// <summary>c - a b with one rounding.</summary>
    static abstract T SubtractProduct(T c, T a, T b);

    static abstract T Sqrt(T a);

    static abstract T Abs(T a);

    /// <summary>Where a is less than b the one, otherwise (also where either is NaN) the other.</summary>
    static abstract T WhereLess(T a, T b, T then, T otherwise);

    /// <summary>2^k of a whole k from -1022 to 1023.</summary>
    static abstract T PowerOfTwo(T k);

    /// <summary>
    /// Splits a positive normal number into 2^exponent times a mantissa from sqrt(1/2) to sqrt(2).
    /// </summary>
    static abstract (T Mantissa, T Exponent) Split(T a);
}

/// <summary>The two constants on bits that all lanes share.</summary>
internal static class LaneBits
{
    /// <summary>Added to a whole number k this leaves k + 1023 in the low bits of the sum, ready to become an exponent.</summary>
    public const double ExponentShift = 6755399441055744.0 + 1023; // 1.5 2^52 + 1023

    /// <summary>2^52: the bits of 2^52 + n for a whole n from 0 to 2^52 are those of 2^52 with n in the low ones.</summary>
    public const double WholeShift = 4503599627370496.0;

    public const long WholeShiftBits = 0x4330_0000_0000_0000;

    public const long MantissaMask = 0x000F_FFFF_FFFF_FFFF;

    /// <summary>Bits of the double nearest to sqrt(1/2).</summary>
    public const long SqrtHalfBits = 0x3FE6_A09E_667F_3BCD;

    /// <summary>Added to the bits of a number it turns an exponent counted from sqrt(1/2) into one counted from 1.</summary>
    public const long FromSqrtHalf = 0x3FF0_0000_0000_0000 - SqrtHalfBits;
}
