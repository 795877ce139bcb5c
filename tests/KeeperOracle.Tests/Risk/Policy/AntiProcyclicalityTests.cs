using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class AntiProcyclicalityTests
{
    private static readonly Gen<double[]> Margins = Gen.Double[0.01, 2].Array[1, 80];

    [Theory]
    [InlineData(double.NaN, "NotFinite")]
    [InlineData(0.0, "NotPositive")]
    public void Tools_MarginWithoutMeaning_Refused(double margin, string refusal)
    {
        Assert.Equal(refusal, Refusal(() => AntiProcyclicality.Buffer([margin])));
        Assert.Equal(refusal, Refusal(() => AntiProcyclicality.Stress([margin], 0.25)));
        Assert.Equal(refusal, Refusal(() => AntiProcyclicality.Floor([margin])));
    }

    [Theory]
    [InlineData(0.2499999)]
    [InlineData(1.0000001)]
    [InlineData(double.NaN)]
    public void Stress_WeightOutsideTheRule_Refused(double weight) =>
        Assert.Equal("StressWeightOutOfRange", Refusal(() => AntiProcyclicality.Stress([0.1], weight)));

    [Theory]
    [InlineData(0.25)]
    [InlineData(1.0)]
    public void Stress_WeightAtTheEnds_IsTaken(double weight) => Assert.Single(AntiProcyclicality.Stress([0.1], weight));

    [Fact]
    public void Buffer_Negative_Refused() => Assert.Equal("BufferNegative", Refusal(() => AntiProcyclicality.Buffer([0.1], -0.01)));

    [Fact]
    public void Buffer_RiseAndFall_IsUsedUpThenBuiltUpAgain()
    {
        // Whole; used in part; exactly used up; exhausted; flat stays exhausted; built up while falling; whole, and falls with the margin.
        double[] calculated = [1, 1.1, 1.25, 1.6, 1.6, 1.4, 1.28, 1.0];
        double[] asked = [1.25, 1.25, 1.25, 1.6, 1.6, 1.6, 1.6, 1.25];

        Assert.Equal(asked, AntiProcyclicality.Buffer(calculated));
    }

    [Fact]
    public void Stress_ByHand_BlendsWithTheAverageUntilAYearThenWithTheHighestYear()
    {
        double[] calculated = [.. Enumerable.Repeat(2.0, 365), .. Enumerable.Repeat(1.0, 365)];

        var asked = AntiProcyclicality.Stress(calculated, 0.25);

        Assert.Equal(2, asked[364]);
        Assert.Equal((0.75 * 1) + (0.25 * 2), asked[^1]); // the year of 2 is remembered when the trailing year is 1
        Assert.Equal((0.75 * 3) + (0.25 * 2), AntiProcyclicality.Stress([1, 3], 0.25)[1]);
        Assert.Equal((0.75 * 1) + (0.25 * 2), AntiProcyclicality.Stress([3, 1], 0.25)[1]); // before a year an average, which may fall
    }

    [Fact]
    public void Floor_ByHand_IsTheMeanOfWhatThereIsAndForgetsAfterTenYears()
    {
        Assert.Equal([2.0, 1.5, 1.5, 3.0], AntiProcyclicality.Floor([2, 1, 1.5, 3]));

        double[] calculated = [101, .. Enumerable.Repeat(1.0, 3650)];
        var asked = AntiProcyclicality.Floor(calculated);
        Assert.Equal((101 + 3649.0) / 3650, asked[3649], 12);
        Assert.Equal(1, asked[3650]);
    }

    [Fact]
    public void Tools_AnySeries_StayInsideTheirDefinitions() =>
        Margins.Sample(margins =>
        {
            var buffer = AntiProcyclicality.Buffer(margins);
            var floor = AntiProcyclicality.Floor(margins);
            for (var i = 0; i < margins.Length; i++)
            {
                Assert.InRange(buffer[i], margins[i], 1.25 * margins[i]);
                Assert.True(floor[i] >= margins[i] && floor[i] >= margins[..(i + 1)].Average() * (1 - 1e-12));
            }
        });

    [Fact]
    public void Tools_DayByDay_GiveWhatTheSeriesGives() =>
        Margins.Sample(margins =>
        {
            double? carried = null;
            var stress = StressLevel.Empty;
            var longRun = AntiProcyclicality.LongRun;
            for (var i = 0; i < margins.Length; i++)
            {
                carried = AntiProcyclicality.BufferStep(carried, margins[i]);
                (stress, var stressed) = AntiProcyclicality.StressStep(stress, margins[i], 0.3);
                (longRun, var floored) = AntiProcyclicality.FloorStep(longRun, margins[i]);
                if (i == margins.Length - 1)
                {
                    Assert.Equal(AntiProcyclicality.Buffer(margins)[i], carried);
                    Assert.Equal(AntiProcyclicality.Stress(margins, 0.3)[i], stressed);
                    Assert.Equal(AntiProcyclicality.Floor(margins)[i], floored);
                }
            }
        });

    [SharedDataFact("data", "1d", "btc-usdt_1d_binance-spot.csv")]
    public void Tools_OnBitcoin_FloorAndStressBeatTheBuffer()
    {
        var history = DailyHistory.Read("btc-usdt_1d_binance-spot.csv");
        var (buffer, stress, floor) = Compare(history, from: 365);
        Beats(stress, buffer);
        Beats(floor, buffer);

        (buffer, stress, floor) = Compare(history, history.Days.Count(day => day.Year < 2022) - 30);
        Beats(stress, buffer);
        Beats(floor, buffer);
    }

    /// <summary>
    /// One exception, found and left standing: the crash of March 2020 came when ether's margin was over its long-run mean, so the
    /// floor did not soften that one rise (135 % in five days, the buffer's 125 %), though it more than halves the peak to trough.
    /// </summary>
    [SharedDataFact("data", "1d", "eth-usdt_1d_binance-spot.csv")]
    public void Tools_OnEther_FloorAndStressBeatTheBuffer()
    {
        var history = DailyHistory.Read("eth-usdt_1d_binance-spot.csv");
        var (buffer, stress, floor) = Compare(history, from: 365);
        Beats(stress, buffer);
        Assert.True(floor.PeakToTrough < 0.5 * buffer.PeakToTrough);
        Assert.Equal(1.35, floor.WorstRise5Day!.Value, 2);
        Assert.Equal(1.25, buffer.WorstRise5Day!.Value, 2);

        (buffer, stress, floor) = Compare(history, history.Days.Count(day => day.Year < 2022) - 30);
        Beats(stress, buffer);
        Beats(floor, buffer);
    }

    private static void Beats(ProcyclicalityMetrics tool, ProcyclicalityMetrics buffer)
    {
        Assert.True(tool.PeakToTrough < buffer.PeakToTrough, $"peak to trough {tool.PeakToTrough} against the buffer's {buffer.PeakToTrough}");
        Assert.True(tool.WorstRise1Day < buffer.WorstRise1Day, $"1-day rise {tool.WorstRise1Day} against {buffer.WorstRise1Day}");
        Assert.True(tool.WorstRise5Day < buffer.WorstRise5Day, $"5-day rise {tool.WorstRise5Day} against {buffer.WorstRise5Day}");
        Assert.True(tool.WorstRise20Day < buffer.WorstRise20Day, $"20-day rise {tool.WorstRise20Day} against {buffer.WorstRise20Day}");
    }

    /// <summary>The tools run over the whole history of the plain EWMA's (.94) margin number and are measured from a day on.</summary>
    private static (ProcyclicalityMetrics Buffer, ProcyclicalityMetrics Stress, ProcyclicalityMetrics Floor) Compare(
        DailyHistory history, int from)
    {
        var margins = history.UnmitigatedMargins(0.94);
        ProcyclicalityMetrics Measure(double[] asked) => ProcyclicalityMetrics.Measure(asked.AsSpan(from), margins.AsSpan(from));
        return (
            Measure(AntiProcyclicality.Buffer(margins)),
            Measure(AntiProcyclicality.Stress(margins, 0.25)),
            Measure(AntiProcyclicality.Floor(margins)));
    }

    private static string Refusal(Func<object> action) => Assert.Throws<RiskInputException>(action).Refusal;
}
