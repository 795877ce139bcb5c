using KeeperOracle.Risk;
using KeeperOracle.Risk.Backtesting;
using KeeperOracle.Risk.Models;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.Backtesting;

public sealed class ShortfallTestsTests
{
    private const ulong Seed = 20141201;

    [Fact]
    public void Run_LossesAndForecastsOfDifferentLength_Refused() =>
        Refused("LengthMismatch", () => ShortfallTests.Statistics([1, 2], [new TailForecast(1, 2)], 0.99));

    [Fact]
    public void Run_NothingToTest_Refused() => Refused("TooFewObservations", () => ShortfallTests.Statistics([], [], 0.99));

    [Fact]
    public void Run_NotFinite_Refused() =>
        Refused("NotFinite", () => ShortfallTests.Statistics([double.NaN], [new TailForecast(1, 2)], 0.99));

    [Fact]
    public void Run_ShortfallOfZero_Refused() =>
        Refused("ShortfallNotPositive", () => ShortfallTests.Statistics([0], [new TailForecast(0, 0)], 0.99));

    [Fact]
    public void Statistics_ByHand_SignedAsInThePaper()
    {
        // Two exceptions of four at 75 %: losses 3 and 4 over VaR 2, ES 2.5. Z1 = 1 - (1.2 + 1.6)/2 = -.4; Z2 = 1 - 2.8/(4 x .25) = -1.8.
        var forecast = new TailForecast(2, 2.5);
        var (z1, z2) = ShortfallTests.Statistics([1, 3, 2, 4], [forecast, forecast, forecast, forecast], 0.75);
        Assert.Equal(-0.4, z1!.Value, 12);
        Assert.Equal(-1.8, z2, 12);
    }

    [Fact]
    public void Statistics_NoException_Z2OneAndZ1Undecided()
    {
        var forecast = new TailForecast(2, 2.5);
        var outcome = ShortfallTests.Run([1, -3], [forecast, forecast], 0.99, Laws(new NormalLaw(), 2), Seed, 500);
        Assert.Null(outcome.Z1.Statistic);
        Assert.Null(outcome.Z1.PValue);
        Assert.Equal(1, outcome.Z2.Statistic);
        Assert.True(outcome.Z1.Passes() && outcome.Z2.Passes());
    }

    // Acerbi and Szekely (2014): critical values of Z2 for 250 days at 97.5 % about -.70 (5 %), nearly the same from t(3) to normal (-.82
    // to -.70).
    [Fact]
    public void Run_NormalLaw250Days_CriticalValueNearPublished() =>
        Assert.InRange(Critical(new NormalLaw(), 250, 0.975).CriticalValue5!.Value, -0.73, -0.67);

    [Fact]
    public void Run_StudentT3Law250Days_CriticalValueNearPublished() =>
        Assert.InRange(Critical(new StudentTLaw(3, 1), 250, 0.975).CriticalValue5!.Value, -0.86, -0.78);

    // The documentation of MATLAB's esbacktest: 1966 days at 97.5 %, Z2 -.38265. Under normal losses p .0054099 and the 1 % point -.34639;
    // under t(3) p .018566 and the 1 % point -.42986. (Its p-values are interpolated in tables.)
    [Fact]
    public void Run_PublishedSampleUnderNormalLaw_PublishedPValueAndCriticalValue()
    {
        var outcome = Observed(new NormalLaw(), 1966, 0.975, -0.38265);
        Assert.InRange(outcome.PValue!.Value, 0.0039, 0.0070);
        Assert.InRange(outcome.CriticalValue1!.Value, -0.360, -0.333);
    }

    [Fact]
    public void Run_PublishedSampleUnderStudentT3_PublishedPValueAndCriticalValue()
    {
        var outcome = Observed(new StudentTLaw(3, 1), 1966, 0.975, -0.38265);
        Assert.InRange(outcome.PValue!.Value, 0.0150, 0.0225);
        Assert.InRange(outcome.CriticalValue1!.Value, -0.460, -0.405);
    }

    [Fact]
    public void Run_SameSeed_SameBits() =>
        Assert.Equal(Critical(new StudentTLaw(4, 1), 250, 0.99), Critical(new StudentTLaw(4, 1), 250, 0.99));

    [Fact]
    public void TailRatioTable_AnyLaw_NearTheLawsOwnQuantile()
    {
        ResidualLaw[] laws = [new NormalLaw(), new StudentTLaw(3, 0.8)];
        foreach (var law in laws)
        {
            var table = new TailRatioTable(law, 0.975);
            foreach (var v in (double[])[1e-6, 1e-5, 0.003, 0.1, 0.5, 0.77, 0.9999])
            {
                var exact = law.Quantile(1 - (0.025 * v)) / law.ExpectedShortfall(0.975);
                Assert.Equal(1, table.At(v) / exact, 3);
            }
        }
    }

    private static ShortfallOutcome Critical(ResidualLaw law, int periods, double level) => Observed(law, periods, level, 0);

    /// <summary>One exception whose size gives the Z2 asked for.</summary>
    private static ShortfallOutcome Observed(ResidualLaw law, int periods, double level, double z2)
    {
        var forecast = new TailForecast(law.Quantile(level), law.ExpectedShortfall(level));
        var losses = new double[periods];
        losses[0] = (1 - z2) * periods * (1 - level) * forecast.Es;
        var forecasts = new TailForecast[periods];
        Array.Fill(forecasts, forecast);
        return ShortfallTests.Run(losses, forecasts, level, Laws(law, periods), Seed, 20_000).Z2;
    }

    private static ResidualLaw[] Laws(ResidualLaw law, int count)
    {
        var laws = new ResidualLaw[count];
        Array.Fill(laws, law);
        return laws;
    }

    private static void Refused(string refusal, Func<object> act) => Assert.Equal(refusal, Assert.Throws<RiskInputException>(act).Refusal);
}
