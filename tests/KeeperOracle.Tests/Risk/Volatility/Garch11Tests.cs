using System.Globalization;
using System.Text.Json;
using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class Garch11Tests
{
    [Fact]
    public void Fit_FewerThanFiftyReturns_Refuses()
    {
        var returns = SimulatedGarch.Draw(new SeededRandom(1), new GarchParameters(0, 0.05, 0.1, 0.85), 50);
        Assert.Equal(50, Garch11.Fit(returns).ReturnCount);
        Assert.Equal("TooFewObservations", Refusal(returns[..49]));
        Assert.Equal("TooFewObservations", Refusal([]));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Fit_ReturnThatIsNoNumber_RefusesByIndex(double bad)
    {
        var returns = SimulatedGarch.Draw(new SeededRandom(1), new GarchParameters(0, 0.05, 0.1, 0.85), 60);
        returns[37] = bad;
        var refused = Assert.Throws<RiskInputException>(() => Garch11.Fit(returns));
        Assert.Equal("NotFinite", refused.Refusal);
        Assert.Contains("Return 37", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(-1e6)]
    public void Fit_ConstantSeries_Refuses(double value)
    {
        var returns = Enumerable.Repeat(value, 60).ToArray();
        Assert.Equal("ConstantSeries", Refusal(returns));
        returns[10] = Math.BitIncrement(returns[10]);
        Assert.Equal(value == 0 ? "ScaleOutOfRange" : "ConstantSeries", Refusal(returns));
    }

    [Theory]
    [InlineData(1e99, null)]
    [InlineData(1e101, "ScaleOutOfRange")]
    [InlineData(1e-98, null)]
    [InlineData(1e-103, "ScaleOutOfRange")]
    public void Fit_ScaleBeyondSquares_Refuses(double scale, string? refusal)
    {
        var returns = SimulatedGarch.Draw(new SeededRandom(1), new GarchParameters(0, 0.05, 0.1, 0.85), 60);
        Array.ForEach(Enumerable.Range(0, 60).ToArray(), i => returns[i] *= scale);
        Assert.Equal(refusal, Refusal(returns));
    }

    /// <summary>
    /// Coefficients to the 12 digits and Hessian and QML errors to those on which TSP and the program of Fiorentini, Calzolari and
    /// Panattoni agree (C. Cummins, TSP International, benchmark files bgfcp and bg11i); Hessian and OPG errors to six digits as in
    /// McCullough and Renfro (1999), whose OPG of alpha, .0139737, is cut off and not rounded.
    /// </summary>
    [SharedDataFact("data", "garch", "dem2gbp.csv")]
    public void Fit_MarkPound_GivesThePublishedDigits()
    {
        var fit = Garch11.Fit(MarkPound());

        Assert.Equal(GarchStatus.Converged, fit.Status);
        Assert.Equal(-1106.60788104129, fit.LogLikelihood, 1e-10);
        Close([-0.0061904083799, 0.0107613978518, 0.15313406182, 0.80597367031], [fit.Mu, fit.Omega, fit.Alpha, fit.Beta], 1e-11);
        Close([0.0091893540, 0.006493186, 0.053531703, 0.07246145], Numbers(fit.StandardErrors.Qml), 6e-8);
        Assert.Equal(["0.00846212", "0.00285271", "0.0265228", "0.0335527"], Numbers(fit.StandardErrors.Hessian).Select(SixDigits));
        Close([0.00843359, 0.00132298, 0.01397375, 0.0165604], Numbers(fit.StandardErrors.Opg), 4e-6);
    }

    [SharedDataFact("data", "garch", "dem2gbp_benchmark.json")]
    public void Fit_MarkPound_GivesTheBenchmarkFile()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(SharedDataFactAttribute.PathOf("data", "garch", "dem2gbp_benchmark.json")));
        var published = file.RootElement.GetProperty("published_benchmark");
        var refit = file.RootElement.GetProperty("fgarch_refit");
        double[] Four(JsonElement of) => [.. Order.Select(name => of.GetProperty(name).GetDouble())];
        var fit = Garch11.Fit(MarkPound());

        // Some published digits are cut off and not rounded: one unit in the sixth is the most that says.
        Close(Four(published), [fit.Mu, fit.Omega, fit.Alpha, fit.Beta], 1e-5);
        Assert.Equal(Four(published.GetProperty("se_hessian")).Select(SixDigits), Numbers(fit.StandardErrors.Hessian).Select(SixDigits));
        Assert.Equal(refit.GetProperty("loglik").GetDouble(), fit.LogLikelihood, 1e-6);

        // fGarch takes its Hessian numerically, which moves its errors by a percent or so.
        Close(Four(refit.GetProperty("se_qmle_robust")), Numbers(fit.StandardErrors.Qml), 0.012);
    }

    [Fact]
    public void Fit_GoldenVectors_AgreesWithFiftyDigitArithmetic()
    {
        using var vectors = new Vectors("garch.json");
        foreach (var one in vectors.Root.GetProperty("cases").EnumerateArray())
        {
            double Number(string name) => Vectors.Double(one.GetProperty(name).GetString()!);
            var fit = Garch11.Fit(Vectors.Doubles(one, "returns").ToArray());

            Assert.Equal(GarchStatus.Converged, fit.Status);
            Assert.Equal(Number("logLikelihood"), fit.LogLikelihood, 1e-10);
            Close(Vectors.Doubles(one, "parameters"), [fit.Mu, fit.Omega, fit.Alpha, fit.Beta], 1e-9);
            Close(Vectors.Doubles(one, "hessian"), Numbers(fit.StandardErrors.Hessian), 1e-9);
            Close(Vectors.Doubles(one, "opg"), Numbers(fit.StandardErrors.Opg), 1e-9);
            Close(Vectors.Doubles(one, "qml"), Numbers(fit.StandardErrors.Qml), 1e-9);
            Close(
                [Number("nextVariance"), Number("forecast10"), Number("cumulative30")],
                [fit.NextVariance, fit.Forecast(10), fit.CumulativeForecast(30)],
                1e-9);
        }
    }

    [Fact]
    public void Fit_Again_GivesTheSameBits()
    {
        var random = new SeededRandom(5);
        var workspace = new GarchWorkspace();
        for (var i = 0; i < 20; i++)
        {
            var returns = SimulatedGarch.Draw(random, new GarchParameters(0.1, 0.05, 0.08, 0.9), 100 + (37 * i));
            Assert.Equal(Garch11.Fit(returns), Garch11.Fit(returns, workspace));
        }
    }

    [Fact]
    public void Fit_WarmWorkspace_AllocatesTheResultOnly()
    {
        var returns = SimulatedGarch.Draw(new SeededRandom(8), new GarchParameters(0.1, 0.05, 0.08, 0.9), 2000);
        var workspace = new GarchWorkspace();
        Garch11.Fit(returns, workspace);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var fit = Garch11.Fit(returns, workspace);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 1024);
        Assert.True(fit.Converged);
    }

    [Theory]
    [InlineData(1e8)]
    [InlineData(-1e3)]
    public void Fit_MeanFarOverTheSpread_MovesMuAndNothingElse(double shift)
    {
        var returns = SimulatedGarch.Draw(new SeededRandom(3), new GarchParameters(0, 0.05, 0.1, 0.85), 800);
        var plain = Garch11.Fit(returns);
        var moved = Garch11.Fit([.. returns.Select(r => r + shift)]);

        Assert.Equal(plain.Mu + shift, moved.Mu, Math.Abs(shift) * 1e-14);
        Close([plain.Omega, plain.Alpha, plain.Beta], [moved.Omega, moved.Alpha, moved.Beta], Math.Abs(shift) * 1e-13);
    }

    [Fact]
    public void Fit_NoVarianceToModel_SaysThatAlphaIsAtItsBoundAndWhatIsNotIdentified()
    {
        // Squares that fall and rise in turn: after a large return comes a small one, which no alpha over zero explains.
        var random = new SeededRandom(4);
        var returns = Enumerable.Range(0, 400).Select(t => (t % 2 == 0 ? 1.4 : 0.4) * random.NextNormal()).ToArray();
        var fit = Garch11.Fit(returns);

        Assert.Equal(GarchStatus.AtBoundary, fit.Status);
        Assert.True(fit.Converged);
        Assert.Equal(0, fit.Alpha);
        Assert.Contains("alpha is 0", fit.Reason!, StringComparison.Ordinal);
        var errors = fit.StandardErrors.Hessian;
        Assert.Equal((null, null, null), (errors.Omega, errors.Alpha, errors.Beta));
        Assert.Equal(fit.StandardErrors.Hessian.Mu!.Value, Math.Sqrt(returns.Average(r => r * r) / 400), 0.01);
    }

    [Fact]
    public void Fit_ArchOne_SaysThatBetaIsAtItsBound()
    {
        var random = new SeededRandom(21);
        var fits = Enumerable.Range(0, 20).Select(_ => Garch11.Fit(SimulatedGarch.Draw(random, new GarchParameters(0, 1, 0.4, 0), 1000)));
        var atBound = fits.Where(fit => fit.Status == GarchStatus.AtBoundary).ToList();

        Assert.InRange(atBound.Count, 4, 16);
        Assert.All(atBound, fit => Assert.Equal(0, fit.Beta));
        Assert.All(atBound, fit => Assert.True(fit.StandardErrors.Qml is { Beta: null, Alpha: > 0, Omega: > 0, Mu: > 0 }, fit.ToString()));
    }

    [Fact]
    public void Fit_AlphaOverOne_StopsAtTheBoundAndKeepsTheOthersErrors()
    {
        var fit = Garch11.Fit(SimulatedGarch.Draw(new SeededRandom(2), new GarchParameters(0, 0.1, 1.6, 0.1), 2000));
        Assert.Equal((GarchStatus.AtBoundary, 1.0), (fit.Status, fit.Alpha));
        Assert.Contains("alpha is at its bound 1", fit.Reason!, StringComparison.Ordinal);
        Assert.True(fit.StandardErrors.Hessian is { Alpha: null, Beta: > 0, Omega: > 0, Mu: > 0 }, fit.ToString());
    }

    [Fact]
    public void Fit_SquaresThatNeverChange_SaysThatTheLikelihoodIsFlat()
    {
        var fit = Garch11.Fit([.. Enumerable.Range(0, 100).Select(t => t % 2 == 0 ? 1.0 : -1.0)]);
        Assert.Equal(GarchStatus.NotConverged, fit.Status);
        Assert.False(fit.Converged);
        Assert.Contains("flat", fit.Reason!, StringComparison.Ordinal);
        Assert.Equal(new GarchParameterErrors(null, null, null, null), fit.StandardErrors.Hessian);
        Assert.Equal(1, fit.NextVariance, 1e-6);
    }

    /// <summary>The maximum is a maximum: nothing that a search without any of our derivatives finds is higher.</summary>
    [Theory]
    [InlineData("garch")]
    [InlineData("near integrated")]
    [InlineData("outlier of 50 sigma")]
    [InlineData("long runs of zeros")]
    [InlineData("zeros at the end")]
    [InlineData("level falls")]
    public void Fit_AgainstBruteForce_IsAsHighTo1e6(string kind)
    {
        var random = new SeededRandom(77);
        for (var i = 0; i < 3; i++)
        {
            var returns = Difficult(kind, random);
            var fit = Garch11.Fit(returns);
            var (best, at) = BruteForceGarch.Search(returns, random, starts: 12);

            Assert.True(fit.Converged, $"{kind} {i}: {fit.Reason}");
            Assert.True(
                fit.LogLikelihood > best - 1e-6, $"{kind} {i}: {fit.LogLikelihood:F8} at {fit.Parameters}, brute force {best:F8} at {at}");
            Assert.Equal(BruteForceGarch.LogLikelihood(returns, fit.Parameters), fit.LogLikelihood, 1e-8);
        }
    }

    /// <summary>
    /// Series of little alpha whose highest top no start but those on the edges of the domain leads to: without alpha, and without omega.
    /// Some tenths of log-likelihood, but it is the maximum.
    /// </summary>
    [Theory]
    [InlineData(61, 400, 0, 0.5, 0.5, -579.4435018)]
    [InlineData(283, 400, 0.02, 0.97, 0.01, -553.5223925)]
    [InlineData(1347, 600, 0.02, 0.97, 0.01, -736.3056427)]
    public void Fit_TopAtAnEdge_IsFound(ulong seed, int count, double alpha, double beta, double omega, double highest)
    {
        var mu = alpha == 0 ? 0 : 0.05;
        var fit = Garch11.Fit(SimulatedGarch.Draw(new SeededRandom(seed), new GarchParameters(mu, omega, alpha, beta), count));
        Assert.True(fit.Converged && fit.LogLikelihood > highest - 1e-6, fit.ToString());
    }

    /// <summary>What the Hessian and the scores say is what differences of the likelihood say.</summary>
    [Fact]
    public void Fit_StandardErrorsByDifferences_Agree() => Gen.ULong.Sample(
        seed =>
        {
            var returns = SimulatedGarch.Draw(new SeededRandom(seed), new GarchParameters(0.2, 0.1, 0.15, 0.75), 300);
            var fit = Garch11.Fit(returns);
            if (fit.Status == GarchStatus.Converged)
            {
                var (hessian, opg, qml) = BruteForceGarch.StandardErrors(returns, fit.Parameters);
                Close(hessian, Numbers(fit.StandardErrors.Hessian), 2e-3);
                Close(opg, Numbers(fit.StandardErrors.Opg), 1e-5);
                Close(qml, Numbers(fit.StandardErrors.Qml), 4e-3);
            }
        },
        iter: 40);

    internal static readonly string[] Order = ["mu", "omega", "alpha", "beta"];

    private static double[] Difficult(string kind, SeededRandom random)
    {
        var returns = SimulatedGarch.Draw(random, new GarchParameters(0.02, 0.05, 0.09, kind == "near integrated" ? 0.905 : 0.86), 400);
        switch (kind)
        {
            case "outlier of 50 sigma":
                returns[150] = 50;
                break;
            case "long runs of zeros":
                Array.Clear(returns, 60, 80);
                Array.Clear(returns, 250, 40);
                break;
            case "zeros at the end":
                Array.Clear(returns, 340, 60);
                break;
            case "level falls":
                Array.ForEach(Enumerable.Range(0, 400).ToArray(), t => returns[t] *= Elementary.Exp(-t / 100.0));
                break;
        }

        return returns;
    }

    private static string? Refusal(double[] returns)
    {
        try
        {
            Garch11.Fit(returns);
            return null;
        }
        catch (RiskInputException refused)
        {
            return refused.Refusal;
        }
    }

    private static double[] Numbers(GarchParameterErrors errors) =>
        [errors.Mu!.Value, errors.Omega!.Value, errors.Alpha!.Value, errors.Beta!.Value];

    private static void Close(IReadOnlyList<double> expected, double[] actual, double relative)
    {
        for (var i = 0; i < expected.Count; i++)
        {
            var difference = Math.Abs(actual[i] - expected[i]);
            Assert.True(difference <= relative * Math.Abs(expected[i]), $"[{i}] expected {expected[i]:R}, actual {actual[i]:R}");
        }
    }

    private static string SixDigits(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    private static double[] MarkPound() =>
    [
        .. File.ReadLines(SharedDataFactAttribute.PathOf("data", "garch", "dem2gbp.csv"))
            .Skip(1).Select(line => Vectors.Double(line.Split(',')[1])),
    ];
}
