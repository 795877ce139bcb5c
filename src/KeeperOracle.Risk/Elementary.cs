namespace KeeperOracle.Risk;

/// <summary>
/// The one place for exp and log. Only +, -, *, / and bit operations, which IEEE 754 rounds the same way on every machine, so that
/// a replay gives the same bits everywhere; the C library does not. Error measured against 50-digit references: under 1e-15 relative.
/// </summary>
public static class Elementary
{
    private const double Ln2High = 6.93147180369123816490e-01; // the upper 33 bits of ln 2: a product with an exponent is exact
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double InverseLn2 = 1.44269504088896340736;
    private const double InverseSqrtTwoPi = 0.39894228040143267794;
    private const double SqrtTwo = 1.41421356237309504880;
    private const double SqrtHalf = 0.70710678118654752440;

    // 1/n! for n = 13 down to 2. On |r| <= ln(2)/2 the first omitted term is under 5e-18 of the sum.
    private static readonly double[] ExpCoefficients =
    [
        1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
        1.0 / 5040, 1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2,
    ];

    // 2/(2n+1) for n = 11 down to 1: the series of 2 atanh(s)/s - 2 in s squared, |s| <= .1716.
    private static readonly double[] LogCoefficients =
    [
        2.0 / 23, 2.0 / 21, 2.0 / 19, 2.0 / 17, 2.0 / 15, 2.0 / 13, 2.0 / 11, 2.0 / 9, 2.0 / 7, 2.0 / 5, 2.0 / 3,
    ];

    /// <summary>e^x. Infinity over 709.78, zero under -745.13, NaN for NaN.</summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x))
        {
            return double.NaN;
        }

        if (x > 709.782712893384)
        {
            return double.PositiveInfinity;
        }

        if (x < -745.133219101941)
        {
            return 0;
        }

        var k = Math.Floor((x * InverseLn2) + 0.5);
        var r = (x - (k * Ln2High)) - (k * Ln2Low);
        var p = ExpCoefficients[0];
        for (var i = 1; i < ExpCoefficients.Length; i++)
        {
            p = (p * r) + ExpCoefficients[i];
        }

        return Scale(1 + (r + (r * r * p)), (int)k);
    }

    /// <summary>Natural logarithm. NaN under zero, minus infinity at zero.</summary>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x < 0)
        {
            return double.NaN;
        }

        if (x == 0)
        {
            return double.NegativeInfinity;
        }

        if (double.IsPositiveInfinity(x))
        {
            return x;
        }

        var shift = 0;
        if (x < 2.2250738585072014e-308)
        {
            x *= 18014398509481984.0; // 2^54: lifts a subnormal into the normal range
            shift = -54;
        }

        var bits = BitConverter.DoubleToInt64Bits(x);
        var exponent = (int)(bits >> 52) - 1022;
        var m = BitConverter.Int64BitsToDouble((bits & 0x000F_FFFF_FFFF_FFFFL) | 0x3FE0_0000_0000_0000L); // [.5, 1)
        if (m < SqrtHalf)
        {
            m *= 2;
            exponent--;
        }

        var k = exponent + shift;
        var f = m - 1;
        var s = f / (2 + f);
        var z = s * s;
        var p = LogCoefficients[0];
        for (var i = 1; i < LogCoefficients.Length; i++)
        {
            p = (p * z) + LogCoefficients[i];
        }

        // ln(1+f) = f - s (f - z p): the leading f is exact, so nothing is lost near 1.
        return (k * Ln2High) + (f - ((s * (f - (z * p))) - (k * Ln2Low)));
    }

    /// <summary>Density of the standard normal.</summary>
    public static double NormalDensity(double x) => InverseSqrtTwoPi * Exp(-0.5 * x * x);

    /// <summary>Distribution function of the standard normal.</summary>
    public static double NormalCdf(double x) => 0.5 * MathNet.Numerics.SpecialFunctions.Erfc(-x * SqrtHalf);

    /// <summary>Inverse of <see cref="NormalCdf"/> for 0 &lt; p &lt; 1; NaN outside [0, 1].</summary>
    public static double NormalQuantile(double p) => p is >= 0 and <= 1 ? -SqrtTwo * MathNet.Numerics.SpecialFunctions.ErfcInv(2 * p) : double.NaN;

    private static double Scale(double value, int power)
    {
        // Two steps keep a subnormal result correct: 2^power itself may not be a normal number.
        var half = power / 2;
        return value * PowerOfTwo(half) * PowerOfTwo(power - half);
    }

    private static double PowerOfTwo(int power) => BitConverter.Int64BitsToDouble((long)(power + 1023) << 52);
}
