using KeeperOracle.Risk;
using KeeperOracle.Risk.Numerics;
using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Tests.Risk.Pricing;

/// <summary>What is priced side by side is priced as it is alone, to the last bit.</summary>
public sealed class Black76BatchTests
{
    [Fact]
    public void Greeks_ArraysOfUnequalLength_RefusedByName()
    {
        var (three, four) = (new double[3], new double[4]);
        Assert.Equal("UnequalLengths", Assert.Throws<RiskInputException>(() => Black76Batch.Prices(new(four, four, four, three, four, four), four)).Refusal);
        Assert.Equal("UnequalLengths", Assert.Throws<RiskInputException>(() => Black76Batch.Prices(new(four, four, four, four, four, four), three)).Refusal);
        Assert.Equal(
            "UnequalLengths",
            Assert.Throws<RiskInputException>(() => Black76Batch.Greeks(new(four, four, four, four, four, four), new(four, four, four, three, four))).Refusal);
    }

    [Theory]
    [InlineData(0, 1.5, "UnknownOptionKind")]
    [InlineData(0, 0, "UnknownOptionKind")]
    [InlineData(0, double.NaN, "UnknownOptionKind")]
    [InlineData(1, -1, "NegativeForward")]
    [InlineData(2, -1, "NegativeStrike")]
    [InlineData(3, -1, "NegativeTime")]
    [InlineData(4, -1, "NegativeVolatility")]
    [InlineData(4, double.NaN, "NotFinite")]
    [InlineData(5, double.PositiveInfinity, "NotFinite")]
    public void Greeks_OneBadInputAnywhere_RefusedByName(int column, double value, string refusal)
    {
        for (var place = 0; place < 13; place += 4)
        {
            var o = Options.Drawn(13);
            o.Columns[column][place] = value;
            Assert.Equal(refusal, Assert.Throws<RiskInputException>(() => o.Greeks()).Refusal);
            Assert.Equal(refusal, Assert.Throws<RiskInputException>(() => Black76Batch.Prices(o.Arrays, new double[13])).Refusal);
        }
    }

    [Fact]
    public void Greeks_AnyPlaceAndWidth_SameBitsAsAlone()
    {
        const int Count = 20_003;
        var o = Options.Drawn(Count);
        var batch = o.Greeks();
        var prices = new double[Count];
        Black76Batch.Prices(o.Arrays, prices);
        for (var i = 0; i < Count; i++)
        {
            var value = o.Alone(i);
            double[] alone = [value.Price, value.Delta, value.Gamma, value.Vega, value.Theta];
            for (var g = 0; g < alone.Length; g++)
            {
                AssertSameBits(alone[g], batch[g][i], $"number {g} of option {i}");
            }

            AssertSameBits(value.Price, prices[i], $"price alone of option {i}");
        }

        for (var length = 0; length < 40; length++)
        {
            var tail = o.Slice(Count - length, length);
            var result = tail.Greeks();
            for (var i = 0; i < length; i++)
            {
                AssertSameBits(batch[4][Count - length + i], result[4][i], $"theta {i} of {length}");
            }
        }
    }

    [Fact]
    public void Greeks_EveryWidthForced_SameBits()
    {
        const int Count = 8 * 2_000;
        var o = Options.Drawn(Count);
        var (one, four, eight) = (Forced<Lane1>(o), Forced<Lanes4>(o), Forced<Lanes8>(o));
        for (var i = 0; i < one.Length; i++)
        {
            AssertSameBits(one[i], four[i], $"four, option {i}");
            AssertSameBits(one[i], eight[i], $"eight, option {i}");
        }
    }

    [Fact]
    public void Greeks_ExtremeInputsAmongOrdinaryOnes_SameBitsAsAlone()
    {
        double[] extremes = [0, 1e-300, 1e-120, 1e-3, 1, 1e120, 1e300];
        var columns = Enumerable.Range(0, 6).Select(_ => new List<double>()).ToArray();
        foreach (var forward in extremes)
        {
            foreach (var strike in extremes)
            {
                foreach (var years in extremes)
                {
                    foreach (var rate in new[] { 0, 0.1, -5, 1e9 })
                    {
                        double[] row = [columns[0].Count % 2 == 0 ? 1 : -1, forward, strike, years, 0.5, rate];
                        for (var c = 0; c < row.Length; c++)
                        {
                            columns[c].Add(row[c]);
                        }
                    }
                }
            }
        }

        var o = new Options([.. columns.Select(column => column.ToArray())]);
        var batch = o.Greeks();
        for (var i = 0; i < columns[0].Count; i++)
        {
            var value = o.Alone(i);
            Assert.Equal(
                (value.Price, value.Delta, value.Gamma, value.Vega, value.Theta), (batch[0][i], batch[1][i], batch[2][i], batch[3][i], batch[4][i]));
        }
    }

    [Fact]
    public void Greeks_SecondCall_AllocatesNothing()
    {
        var o = Options.Drawn(1003);
        var r = Enumerable.Range(0, 5).Select(_ => new double[1003]).ToArray();
        void Run()
        {
            Black76Batch.Greeks(o.Arrays, new(r[0], r[1], r[2], r[3], r[4]));
            Black76Batch.Prices(o.Arrays, r[0]);
        }

        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static double[] Forced<T>(Options o)
        where T : struct, ILanes<T>
    {
        var result = new List<double>();
        var lanes = new double[T.Count];
        for (var i = 0; i < o.Columns[0].Length; i += T.Count)
        {
            var black = new Black76Lanes<T>(Load<T>(o, 0, i), Load<T>(o, 1, i), Load<T>(o, 2, i), Load<T>(o, 3, i), Load<T>(o, 4, i), Load<T>(o, 5, i));
            T.Store(black.Price + black.Delta + black.Gamma + black.Vega + black.Theta, ref lanes[0]);
            result.AddRange(lanes);
        }

        return [.. result];
    }

    private static T Load<T>(Options o, int column, int i)
        where T : struct, ILanes<T> => T.Load(ref o.Columns[column][i]);

    private static void AssertSameBits(double expected, double actual, string what) =>
        Assert.True(BitConverter.DoubleToInt64Bits(expected) == BitConverter.DoubleToInt64Bits(actual), $"{what}: {expected:R} alone, {actual:R} in the batch");

    private sealed record Options(double[][] Columns)
    {
        public OptionArrays Arrays => new(Columns[0], Columns[1], Columns[2], Columns[3], Columns[4], Columns[5]);

        public static Options Drawn(int count)
        {
            var random = new SeededRandom(76);
            var columns = Enumerable.Range(0, 6).Select(_ => new double[count]).ToArray();
            for (var i = 0; i < count; i++)
            {
                columns[0][i] = random.NextInt(2) == 0 ? 1 : -1;
                columns[1][i] = Elementary.Exp((random.NextUniform() - 0.5) * 20);
                columns[3][i] = Elementary.Exp((random.NextUniform() - 0.8) * 10);
                columns[4][i] = Elementary.Exp((random.NextUniform() - 0.8) * 6);
                columns[2][i] = columns[1][i] * Elementary.Exp((random.NextUniform() - 0.5) * 20 * columns[4][i] * Math.Sqrt(columns[3][i]));
                columns[5][i] = (random.NextUniform() - 0.3) * 0.3;
            }

            return new Options(columns);
        }

        public Options Slice(int start, int length) => new([.. Columns.Select(column => column[start..(start + length)])]);

        public OptionValue Alone(int i) => Black76.Value(
            Columns[0][i] > 0 ? OptionKind.Call : OptionKind.Put, Columns[1][i], Columns[2][i], Columns[3][i], Columns[4][i], Columns[5][i]);

        public double[][] Greeks()
        {
            var r = Enumerable.Range(0, 5).Select(_ => new double[Columns[0].Length]).ToArray();
            Black76Batch.Greeks(Arrays, new(r[0], r[1], r[2], r[3], r[4]));
            return r;
        }
    }
}
