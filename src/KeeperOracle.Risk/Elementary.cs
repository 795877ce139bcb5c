using System.Runtime.CompilerServices;
using KeeperOracle.Risk.Numerics;

namespace KeeperOracle.Risk;

/// <summary>
/// The one place for exp, log and the normal distribution. Each formula stands once, over <see cref="ILanes{T}"/>: only operations that
/// IEEE 754 rounds exactly and operations on bits, so that a number gives the same bits alone, in a vector of four or of eight, and on
/// every machine; the C library does not.
/// Relative error, measured against 60-digit references over the whole range: exp and log under 2e-16, density 3e-16, the distribution
/// function under 1e-15 in both tails down to where it is no normal number any more (-37.5), the quantile under 1e-15.
/// The coefficients are made and checked by scripts/make-coefficients.mjs, except those of the quantile.
/// </summary>
public static class Elementary
{
    private const double Ln2 = 0.6931471805599453;
    private const double Ln2Rest = 2.3190468138462996e-17; // ln 2 less the double before
    private const double InverseLn2 = 1.4426950408889634;
    private const double InverseSqrtTwoPi = 0.3989422804014327;
    private const double RoundShift = 6755399441055744.0; // 1.5 2^52: adding and taking it away rounds to a whole number
    private const double SmallestNormal = 2.2250738585072014e-308;
    private const double TwoTo54 = 18014398509481984.0;

    /// <summary>Beyond it the density is no more than half the smallest double.</summary>
    internal const double NormalEnd = 39;

    /// <summary>e^x. Infinity over 709.78, zero under -745.13, NaN for NaN.</summary>
    public static double Exp(double x) => Exp<Lane1>(x).Value;

    /// <summary>Natural logarithm. NaN under zero, minus infinity at zero.</summary>
    public static double Log(double x) => Log<Lane1>(x).Value;

    /// <summary>Density of the standard normal.</summary>
    public static double NormalDensity(double x) => NormalDensity<Lane1>(x).Value;

    /// <summary>Distribution function of the standard normal; the upper tail is that of -x.</summary>
    public static double NormalCdf(double x) => NormalCdf<Lane1>(x).Value;

    /// <summary>Inverse of <see cref="NormalCdf(double)"/>: infinite at 0 and 1, NaN outside.</summary>
    public static double NormalQuantile(double p) => NormalQuantile<Lane1>(p).Value;

    /// <summary>e^x of every element; <paramref name="result"/> is at least as long and may be <paramref name="x"/> itself.</summary>
    public static void Exp(ReadOnlySpan<double> x, Span<double> result) => LaneLoop.Map<ExpFunction>(x, result);

    /// <summary>ln x of every element; lengths as for <see cref="Exp(ReadOnlySpan{double}, Span{double})"/>.</summary>
    public static void Log(ReadOnlySpan<double> x, Span<double> result) => LaneLoop.Map<LogFunction>(x, result);

    /// <summary>The density at every element; lengths as for <see cref="Exp(ReadOnlySpan{double}, Span{double})"/>.</summary>
    public static void NormalDensity(ReadOnlySpan<double> x, Span<double> result) => LaneLoop.Map<NormalDensityFunction>(x, result);

    /// <summary>The distribution function; lengths as for <see cref="Exp(ReadOnlySpan{double}, Span{double})"/>.</summary>
    public static void NormalCdf(ReadOnlySpan<double> x, Span<double> result) => LaneLoop.Map<NormalCdfFunction>(x, result);

    /// <summary>The quantile; lengths as for <see cref="Exp(ReadOnlySpan{double}, Span{double})"/>.</summary>
    public static void NormalQuantile(ReadOnlySpan<double> p, Span<double> result) => LaneLoop.Map<NormalQuantileFunction>(p, result);

    /// <inheritdoc cref="Exp(double)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Exp<T>(T x)
        where T : struct, ILanes<T> => ExpTimes<T>(1, x, 0);

    /// <summary>
    /// factor e^(x + rest), rounded once where the result is no normal number: the factor is taken in before the power of two, which goes
    /// on in two halves because 2^k itself may be out of range.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T ExpTimes<T>(T factor, T x, T rest)
        where T : struct, ILanes<T>
    {
        T low = -746;
        T high = 710;
        x = T.WhereLess(x, low, low, T.WhereLess(high, x, high, x));
        var k = Whole(x * InverseLn2);
        var half = Whole(k * 0.5);
        return Mantissa(factor, k, x, rest) * T.PowerOfTwo(half) * T.PowerOfTwo(k - half);
    }

    /// <summary>
    /// factor e^(x + rest) for x from -708 to 709 and a |rest| under 1e-12: the same bits as the whole function, without its care for the
    /// ends.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T ExpInside<T>(T factor, T x, T rest)
        where T : struct, ILanes<T>
    {
        var k = Whole(x * InverseLn2);
        return Mantissa(factor, k, x, rest) * T.PowerOfTwo(k);
    }

    /// <summary>Natural logarithm. NaN under zero, minus infinity at zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Log<T>(T x)
        where T : struct, ILanes<T>
    {
        T infinity = double.PositiveInfinity;
        var lifted = T.WhereLess(x, SmallestNormal, x * TwoTo54, x);
        var result = LogInside(lifted, T.WhereLess(x, SmallestNormal, -54, 0));
        var special = T.WhereLess(x, 0, double.NaN, x - infinity);
        return T.WhereLess(0, x, T.WhereLess(x, infinity, result, x), special);
    }

    /// <summary>ln(2^shift x) for a positive normal number x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T LogInside<T>(T x, T shift)
        where T : struct, ILanes<T>
    {
        var (m, exponent) = T.Split(x);
        var k = exponent + shift;
        T one = 1;
        var f = m - one;
        var s = f / (m + one);
        var z = s * s;

        // 2 atanh(s)/s - 2 over z; its Taylor coefficients would be 2/3, 2/5, 2/7, ...
        T p = 0.14616585424888623;
        p = T.MultiplyAdd(p, z, 0.15331710618210773);
        p = T.MultiplyAdd(p, z, 0.18182889455674947);
        p = T.MultiplyAdd(p, z, 0.22222211130259878);
        p = T.MultiplyAdd(p, z, 0.2857142862600327);
        p = T.MultiplyAdd(p, z, 0.39999999999899444);
        p = T.MultiplyAdd(p, z, 0.666666666666667);

        // ln(1+f) = f - s (f - z p): the leading f is exact, so nothing is lost near 1.
        var inner = T.SubtractProduct(f, z, p);
        var rest = T.SubtractProduct(s * inner, k, Ln2Rest);
        return T.MultiplyAdd(k, Ln2, f - rest);
    }

    /// <inheritdoc cref="NormalDensity(double)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T NormalDensity<T>(T x)
        where T : struct, ILanes<T>
    {
        var a = Bounded(T.Abs(x));
        var square = a * a;
        return ExpTimes(InverseSqrtTwoPi, square * -0.5, SquareRest(a, square));
    }

    /// <summary>The density for |x| up to 37.4, where it is a normal number: the same bits as the whole function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T NormalDensityInside<T>(T x)
        where T : struct, ILanes<T>
    {
        var square = x * x;
        return ExpInside(InverseSqrtTwoPi, square * -0.5, SquareRest(x, square));
    }

    /// <inheritdoc cref="NormalCdf(double)"/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T NormalCdf<T>(T x)
        where T : struct, ILanes<T>
    {
        var a = Bounded(T.Abs(x));
        var square = a * a;
        var tail = ExpTimes(MillsRatio(a) * InverseSqrtTwoPi, square * -0.5, SquareRest(a, square));
        T one = 1;
        return T.WhereLess(0, x, one - tail, tail);
    }

    /// <summary>
    /// The Mills ratio Q(x)/n(x) of the standard normal, upper tail over density, for x from 0 to 39; relative error under 8e-16.
    /// All coefficients are positive: nothing cancels.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T MillsRatio<T>(T x)
        where T : struct, ILanes<T>
    {
        T p = 0.9999999999975434;
        p = T.MultiplyAdd(p, x, 26.85559646475393);
        p = T.MultiplyAdd(p, x, 353.14012104574164);
        p = T.MultiplyAdd(p, x, 2941.4484837784594);
        p = T.MultiplyAdd(p, x, 16973.679134640013);
        p = T.MultiplyAdd(p, x, 70128.3202441427);
        p = T.MultiplyAdd(p, x, 207469.65970612472);
        p = T.MultiplyAdd(p, x, 425528.92473411845);
        p = T.MultiplyAdd(p, x, 554459.4103606234);
        p = T.MultiplyAdd(p, x, 357320.28916030045);
        var q = x + 26.85559646423465;
        q = T.MultiplyAdd(q, x, 354.14012109522383);
        q = T.MultiplyAdd(q, x, 2968.3040774095607);
        q = T.MultiplyAdd(q, x, 17324.81936547698);
        q = T.MultiplyAdd(q, x, 73016.05445917013);
        q = T.MultiplyAdd(q, x, 223747.12365249268);
        q = T.MultiplyAdd(q, x, 490041.83327203046);
        q = T.MultiplyAdd(q, x, 731453.1266548898);
        q = T.MultiplyAdd(q, x, 669871.7642661487);
        q = T.MultiplyAdd(q, x, 285100.3419826192);
        return p / q;
    }

    /// <summary>
    /// Inverse of the distribution function: three rational functions, of p - 1/2 in the middle and of sqrt(-ln tail) outside, with the
    /// coefficients of M. J. Wichura, Algorithm AS 241 (PPND16), Applied Statistics 37 (1988).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T NormalQuantile<T>(T p)
        where T : struct, ILanes<T>
    {
        T half = 0.5;
        T one = 1;
        var q = p - half;
        var tail = T.WhereLess(q, 0, p, one - p);
        var ln = Log(tail);
        var r = T.Sqrt(-ln);

        var middle = T.SubtractProduct(0.180625, q, q);
        var top = q * Polynomial(
            middle, 2509.0809287301226727, 33430.575583588128105, 67265.770927008700853, 45921.953931549871457, 13731.693765509461125,
            1971.5909503065514427, 133.14166789178437745, 3.3871328727963666080);
        var bottom = Polynomial(
            middle, 5226.4952788528545610, 28729.085735721942674, 39307.895800092710610, 21213.794301586595867, 5394.1960214247511077,
            687.18700749205790830, 42.313330701600911252, 1);

        var near = r - 1.6;
        var nearTop = Polynomial(
            near, 7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258,
            3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734);
        var nearBottom = Polynomial(
            near, 1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
            6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1);

        var far = r - 5;
        var farTop = Polynomial(
            far, 2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
            2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720);
        var farBottom = Polynomial(
            far, 2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
            1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1);

        var outerTop = T.WhereLess(5, r, farTop, nearTop);
        var outerBottom = T.WhereLess(5, r, farBottom, nearBottom);
        var outside = 0.425;
        var magnitude = T.Abs(q);
        top = T.WhereLess(outside, magnitude, T.WhereLess(q, 0, -outerTop, outerTop), top);
        bottom = T.WhereLess(outside, magnitude, outerBottom, bottom);

        // At 0 and 1 the logarithm of the tail is the answer itself, and outside it is NaN.
        return T.WhereLess(0, p, T.WhereLess(p, one, top / bottom, -ln), ln);
    }

    /// <summary>e^(x + rest) 2^-k times the factor.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Mantissa<T>(T factor, T k, T x, T rest)
        where T : struct, ILanes<T>
    {
        var r = T.SubtractProduct(x, k, Ln2);
        r = T.SubtractProduct(r, k, Ln2Rest) + rest;

        // (e^r - 1 - r)/r^2; its Taylor coefficients would be 1/2!, 1/3!, 1/4!, ...
        T p = 2.510038549551032e-8;
        p = T.MultiplyAdd(p, r, 2.7620088445409746e-7);
        p = T.MultiplyAdd(p, r, 0.0000027557268459997064);
        p = T.MultiplyAdd(p, r, 0.000024801521295954376);
        p = T.MultiplyAdd(p, r, 0.00019841269863053618);
        p = T.MultiplyAdd(p, r, 0.0013888888917213717);
        p = T.MultiplyAdd(p, r, 0.008333333333330062);
        p = T.MultiplyAdd(p, r, 0.04166666666662413);
        p = T.MultiplyAdd(p, r, 0.16666666666666669);
        p = T.MultiplyAdd(p, r, 0.5000000000000001);
        return T.MultiplyAdd(factor, T.MultiplyAdd(r * r, p, r), factor);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Whole<T>(T x)
        where T : struct, ILanes<T> => (x + RoundShift) - RoundShift;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Bounded<T>(T a)
        where T : struct, ILanes<T> => T.WhereLess(NormalEnd, a, NormalEnd, a);

    /// <summary>-(a^2 - square)/2: what the rounding of the square lost, without which the tail at -38 would be wrong by 1e-13.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T SquareRest<T>(T a, T square)
        where T : struct, ILanes<T> => T.SubtractProduct(square, a, a) * 0.5;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Polynomial<T>(T x, T c7, T c6, T c5, T c4, T c3, T c2, T c1, T c0)
        where T : struct, ILanes<T>
    {
        var p = T.MultiplyAdd(c7, x, c6);
        p = T.MultiplyAdd(p, x, c5);
        p = T.MultiplyAdd(p, x, c4);
        p = T.MultiplyAdd(p, x, c3);
        p = T.MultiplyAdd(p, x, c2);
        p = T.MultiplyAdd(p, x, c1);
        return T.MultiplyAdd(p, x, c0);
    }

    private readonly struct ExpFunction : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Of<T>(T x)
            where T : struct, ILanes<T> => Exp(x);
    }

    private readonly struct LogFunction : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Of<T>(T x)
            where T : struct, ILanes<T> => Log(x);
    }

    private readonly struct NormalDensityFunction : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Of<T>(T x)
            where T : struct, ILanes<T> => NormalDensity(x);
    }

    private readonly struct NormalCdfFunction : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Of<T>(T x)
            where T : struct, ILanes<T> => NormalCdf(x);
    }

    private readonly struct NormalQuantileFunction : ILaneFunction
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static T Of<T>(T x)
            where T : struct, ILanes<T> => NormalQuantile(x);
    }
}
