using System.Globalization;
using System.Numerics;

namespace KeeperOracle.Primitives;

/// <summary>A fixed-point number scaled by 1e18, as the contracts hold fractions, ratios and values. Guards compare these.</summary>
public readonly record struct Wad(BigInteger Raw) : IComparable<Wad>
{
    private const int Digits = 18;

    /// <summary>1e18.</summary>
    public static readonly BigInteger Scale = BigInteger.Pow(10, Digits);

    public static Wad Zero => new(BigInteger.Zero);

    public static Wad One => new(Scale);

    /// <summary>The largest wad at or under a finite double, taken exactly. Throws on NaN and infinity.</summary>
    public static Wad FromDoubleDown(double value) => new(FloorDivide(ExactNumerator(value, out var denominator) * Scale, denominator));

    /// <summary>The smallest wad at or over a finite double, taken exactly. Throws on NaN and infinity.</summary>
    public static Wad FromDoubleUp(double value) => new(-FloorDivide(-ExactNumerator(value, out var denominator) * Scale, denominator));

    /// <summary>a * b / denominator, rounded towards minus infinity.</summary>
    public static BigInteger MultiplyDivideDown(BigInteger a, BigInteger b, BigInteger denominator) => FloorDivide(a * b, denominator);

    /// <summary>a * b / denominator, rounded towards plus infinity.</summary>
    public static BigInteger MultiplyDivideUp(BigInteger a, BigInteger b, BigInteger denominator) => -FloorDivide(-(a * b), denominator);

    /// <summary>Product rounded down.</summary>
    public Wad MultiplyDown(Wad other) => new(FloorDivide(Raw * other.Raw, Scale));

    /// <summary>Quotient rounded down.</summary>
    public Wad DivideDown(Wad other) => new(FloorDivide(Raw * Scale, other.Raw));

    /// <summary>The nearest double; for display and for the mathematics of Risk, never for a guard.</summary>
    public double ToDouble()
    {
        var whole = BigInteger.DivRem(Raw, Scale, out var fraction);
        return (double)whole + ((double)fraction / 1e18);
    }

    public int CompareTo(Wad other) => Raw.CompareTo(other.Raw);

    public static Wad operator +(Wad left, Wad right) => new(left.Raw + right.Raw);

    public static Wad operator -(Wad left, Wad right) => new(left.Raw - right.Raw);

    public static bool operator <(Wad left, Wad right) => left.Raw < right.Raw;

    public static bool operator >(Wad left, Wad right) => left.Raw > right.Raw;

    public static bool operator <=(Wad left, Wad right) => left.Raw <= right.Raw;

    public static bool operator >=(Wad left, Wad right) => left.Raw >= right.Raw;

    /// <summary>Decimal text with every significant digit, for example "1.05".</summary>
    public override string ToString() => FixedPoint.Format(Raw, Digits);

    private static BigInteger FloorDivide(BigInteger numerator, BigInteger denominator)
    {
        var quotient = BigInteger.DivRem(numerator, denominator, out var remainder);
        return remainder.Sign != 0 && (remainder.Sign < 0) != (denominator.Sign < 0) ? quotient - 1 : quotient;
    }

    private static BigInteger ExactNumerator(double value, out BigInteger denominator)
    {
        if (!double.IsFinite(value))
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, string.Create(CultureInfo.InvariantCulture, $"{value} is not a finite number."));
        }

        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        var mantissa = bits & 0xF_FFFF_FFFF_FFFF;
        mantissa = exponent == 0 ? mantissa << 1 : mantissa | 0x10_0000_0000_0000;
        var shift = exponent - 1075;
        var numerator = new BigInteger(bits < 0 ? -mantissa : mantissa);
        denominator = shift < 0 ? BigInteger.One << -shift : BigInteger.One;
        return shift > 0 ? numerator << shift : numerator;
    }
}
