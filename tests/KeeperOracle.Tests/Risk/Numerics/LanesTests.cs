using KeeperOracle.Risk;
using KeeperOracle.Risk.Numerics;

namespace KeeperOracle.Tests.Risk.Numerics;

/// <summary>One number, one answer: alone, among four, among eight, whatever its neighbours and its place are.</summary>
public sealed class LanesTests
{
    private const int Count = 1 << 20;

    private static readonly double[] Special =
    [
        double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0, -0.0, double.Epsilon, -double.Epsilon, double.MaxValue, double.MinValue,
        2.2250738585072014e-308, 2.225073858507201e-308, -2.2250738585072014e-308, 1, -1, 0.5, 709.782712893384, 709.78, -745.133219101941, -745.14,
        -708, 39, -39, 38.6, -37.5, -38.5, 0.075, 0.925, 0.70710678118654752, 0.70710678118654746, 1.4142135623730951, 5e-12, 1.3e-11,
    ];

    public static TheoryData<string> Functions => ["exp", "log", "density", "cdf", "quantile", "split"];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Function_AnyBits_SameInEveryWidth(string function)
    {
        var x = Inputs();
        var one = Apply<Lane1>(function, x);
        AssertSameBits(x, one, Apply<Lanes4>(function, x));
        AssertSameBits(x, one, Apply<Lanes8>(function, x));
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Function_OverSpansOfAnyLength_SameAsAlone(string function)
    {
        if (function == "split")
        {
            return;
        }

        var x = Inputs().AsSpan(0, 37).ToArray();
        var one = Apply<Lane1>(function, x);
        for (var length = 0; length <= x.Length; length++)
        {
            var result = new double[length];
            Spans(function, x.AsSpan(x.Length - length), result);
            AssertSameBits(x[^length..], one[^length..], result);
        }
    }

    [Fact]
    public void Functions_ResultShorterThanInput_Refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Elementary.Exp(new double[9], new double[8]));

    [Fact]
    public void Widths_AreWhatTheirNamesSay() => Assert.Equal((1, 4, 8), (Lane1.Count, Lanes4.Count, Lanes8.Count));

    /// <summary>Special values in every place of the lanes, random bits (every exponent alike), and numbers of the sizes that pricing meets.</summary>
    private static double[] Inputs()
    {
        var random = new SeededRandom(20);
        var x = new double[Count];
        for (var i = 0; i < Count; i++)
        {
            var uniform = random.NextUniform();
            x[i] = i < 32 * Special.Length
                ? Special[(i + (i / Special.Length)) % Special.Length]
                : (i % 4) switch
                {
                    0 => BitConverter.UInt64BitsToDouble(random.NextBits()),
                    1 => (uniform - 0.5) * 80,
                    2 => uniform,
                    _ => (uniform - 0.5) * 1500,
                };
        }

        return x;
    }

    private static double[] Apply<T>(string function, double[] x)
        where T : struct, ILanes<T>
    {
        var result = new double[x.Length];
        for (var i = 0; i < x.Length; i += T.Count)
        {
            // A copy, because what is left at the end of the array may not fill the lanes.
            var lanes = new double[T.Count];
            x.AsSpan(i, Math.Min(T.Count, x.Length - i)).CopyTo(lanes);
            T.Store(Of(function, T.Load(ref lanes[0])), ref lanes[0]);
            lanes.AsSpan(0, Math.Min(T.Count, x.Length - i)).CopyTo(result.AsSpan(i));
        }

        return result;
    }

    private static T Of<T>(string function, T x)
        where T : struct, ILanes<T> => function switch
        {
            "exp" => Elementary.Exp(x),
            "log" => Elementary.Log(x),
            "density" => Elementary.NormalDensity(x),
            "cdf" => Elementary.NormalCdf(x),
            "quantile" => Elementary.NormalQuantile(x),
            "split" => T.Split(T.Abs(x)).Mantissa + (T.Split(T.Abs(x)).Exponent * T.Sqrt(T.Abs(x))) - T.PowerOfTwo(3) + (-x / 3),
            _ => throw new ArgumentOutOfRangeException(nameof(function)),
        };

    private static void Spans(string function, ReadOnlySpan<double> x, Span<double> result)
    {
        switch (function)
        {
            case "exp":
                Elementary.Exp(x, result);
                break;
            case "log":
                Elementary.Log(x, result);
                break;
            case "density":
                Elementary.NormalDensity(x, result);
                break;
            case "cdf":
                Elementary.NormalCdf(x, result);
                break;
            default:
                Elementary.NormalQuantile(x, result);
                break;
        }
    }

    /// <summary>The payload of a NaN is not compared: IEEE 754 leaves it open.</summary>
    private static void AssertSameBits(double[] x, double[] expected, double[] actual)
    {
        for (var i = 0; i < x.Length; i++)
        {
            var same = BitConverter.DoubleToInt64Bits(expected[i]) == BitConverter.DoubleToInt64Bits(actual[i])
                || (double.IsNaN(expected[i]) && double.IsNaN(actual[i]));
            Assert.True(same, $"at {x[i]:R} (element {i}): {expected[i]:R} alone, {actual[i]:R} in lanes");
        }
    }
}
