using System.Text.Json;
using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Correlation;

namespace KeeperOracle.Tests.Risk.Correlation;

public sealed class CorrelationEstimatorTests
{
    [Fact]
    public void Estimators_BadSample_RefuseByName()
    {
        foreach (var estimate in new Action<int, double[]>[]
        {
            (n, r) => EwmaCorrelation.Estimate(n, r, 0.94),
            (n, r) => LedoitWolf.Correlation(n, r),
            (n, r) => DynamicConditionalCorrelation.Fit(n, r),
        })
        {
            CorrelationMatrixTests.RefusesAs("ShapeMismatch", () => estimate(2, [0.1, 0.2, 0.3]));
            CorrelationMatrixTests.RefusesAs("TooFewObservations", () => estimate(2, [0.1, 0.2]));
            var returns = Sample(2, 30, 1);
            returns[7] = double.NaN;
            CorrelationMatrixTests.RefusesAs("NotFinite", () => estimate(2, returns));
            returns[7] = 2e60;
            CorrelationMatrixTests.RefusesAs("TooLarge", () => estimate(2, returns));
            for (var i = 1; i < returns.Length; i += 2)
            {
                returns[i] = 0;
            }

            CorrelationMatrixTests.RefusesAs("ZeroVariance", () => estimate(2, returns));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(double.NaN)]
    public void Ewma_LambdaNotBetweenZeroAndOne_Refuses(double lambda) =>
        CorrelationMatrixTests.RefusesAs("LambdaOutOfRange", () => EwmaCorrelation.Estimate(1, [0.1, 0.2], lambda));

    [Fact]
    public void Ewma_Numpy_Agrees()
    {
        using var vectors = new Vectors("correlation.json");
        var (size, returns) = (vectors.Root.GetProperty("series").GetInt32(), Vectors.Doubles(vectors.Root, "returns").ToArray());
        var section = vectors.Root.GetProperty("ewma");

        Agrees(section, "covariance", EwmaCorrelation.Covariance(size, returns, 0.94), 1e-17);
        Agrees(section, "correlation", EwmaCorrelation.Estimate(size, returns, 0.94).Values, 1e-13);
    }

    [Fact]
    public void LedoitWolf_FormulaOfScikitLearn_Agrees()
    {
        using var vectors = new Vectors("correlation.json");
        var (size, returns) = (vectors.Root.GetProperty("series").GetInt32(), Vectors.Doubles(vectors.Root, "returns").ToArray());
        var section = vectors.Root.GetProperty("ledoitWolf");

        var shrunk = LedoitWolf.Covariance(size, returns);

        Assert.Equal(Vectors.Double(section.GetProperty("intensity").GetString()!), shrunk.Intensity, 1e-12);
        Agrees(section, "covariance", shrunk.Covariance, 1e-16);
        Agrees(section, "correlation", LedoitWolf.Correlation(size, returns).Values, 1e-12);
    }

    [Fact]
    public void LedoitWolf_FewRows_ShrinksAllTheWayAndManyHardlyAtAll()
    {
        Assert.InRange(LedoitWolf.Covariance(5, Sample(5, 4, 3)).Intensity, 0.2, 1);
        Assert.InRange(LedoitWolf.Covariance(2, Correlated(20_000, 0.8)).Intensity, 0, 0.01);
        Assert.Equal(0.8, LedoitWolf.Correlation(2, Correlated(20_000, 0.8))[0, 1], 0.02);
        Assert.Equal(0, LedoitWolf.Covariance(1, [0.1, 0.2, 0.4]).Intensity);
    }

    [Fact]
    public void Dcc_ScipysMaximum_Agrees()
    {
        using var vectors = new Vectors("correlation.json");
        var (size, residuals) = (vectors.Root.GetProperty("series").GetInt32(), Vectors.Doubles(vectors.Root, "residuals").ToArray());
        var section = vectors.Root.GetProperty("dcc");
        double Number(string name) => Vectors.Double(section.GetProperty(name).GetString()!);

        var fitted = DynamicConditionalCorrelation.Fit(size, residuals);

        Assert.Equal(Number("logLikelihood"), fitted.LogLikelihood, 1e-9);
        Assert.Equal(Number("a"), fitted.A, 1e-5);
        Assert.Equal(Number("b"), fitted.B, 1e-5);
        Agrees(section, "next", fitted.Next.Values, 1e-5);

        var given = DynamicConditionalCorrelation.Forecast(size, residuals, 0.05, 0.9);
        Agrees(vectors.Root.GetProperty("dccGiven"), "next", given.Values, 1e-13);
    }

    [Fact]
    public void Dcc_SameResiduals_SameBits()
    {
        var residuals = Sample(3, 60, 9);

        var (one, other) = (DynamicConditionalCorrelation.Fit(3, residuals), DynamicConditionalCorrelation.Fit(3, residuals));
        Assert.Equal((one.A, one.B, one.LogLikelihood), (other.A, other.B, other.LogLikelihood));
        Assert.Equal(one.Next.Values.ToArray(), other.Next.Values.ToArray());
    }

    [Fact]
    public void Dcc_ParametersOutOfRangeOrCollinearSeries_Refuses()
    {
        var residuals = Sample(2, 20, 4);

        CorrelationMatrixTests.RefusesAs("ParametersOutOfRange", () => DynamicConditionalCorrelation.Forecast(2, residuals, -1e-9, 0.9));
        CorrelationMatrixTests.RefusesAs("ParametersOutOfRange", () => DynamicConditionalCorrelation.Forecast(2, residuals, 0.1, -1e-9));
        CorrelationMatrixTests.RefusesAs(
            "ParametersOutOfRange", () => DynamicConditionalCorrelation.Forecast(2, residuals, 0.1, 0.8999901));
        Assert.Equal(2, DynamicConditionalCorrelation.Forecast(2, residuals, 0.1, 0.8999).Size);
        CorrelationMatrixTests.RefusesAs("ShapeMismatch", () => DynamicConditionalCorrelation.Fit(1, residuals));
        CorrelationMatrixTests.RefusesAs("TooFewObservations", () => DynamicConditionalCorrelation.Fit(2, residuals.AsSpan(0, 38)));
        for (var i = 0; i < residuals.Length; i += 2)
        {
            residuals[i + 1] = residuals[i];
        }

        CorrelationMatrixTests.RefusesAs("Collinear", () => DynamicConditionalCorrelation.Fit(2, residuals));
    }

    [Fact]
    public void Estimators_AnySample_ArePositiveSemidefinite() =>
        Gen.Select(Gen.Int[2, 5], Gen.Int[20, 40], Gen.ULong, Gen.Double[0.01, 0.99]).Sample((size, count, seed, lambda) =>
        {
            var returns = Sample(size, count, seed);
            foreach (var matrix in new[]
            {
                EwmaCorrelation.Estimate(size, returns, lambda),
                LedoitWolf.Correlation(size, returns),
                DynamicConditionalCorrelation.Fit(size, returns).Next,
                StressedCorrelation.TowardsOne(EwmaCorrelation.Estimate(size, returns, lambda), lambda),
            })
            {
                _ = new CorrelationMatrix(size, matrix.Values); // refuses what is not one
            }
        }, iter: 15);

    private static double[] Sample(int size, int count, ulong seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, size * count).Select(_ => random.NextNormal())];
    }

    private static double[] Correlated(int count, double rho)
    {
        var sample = Sample(2, count, 5);
        for (var i = 0; i < sample.Length; i += 2)
        {
            sample[i + 1] = (rho * sample[i]) + (Math.Sqrt(1 - (rho * rho)) * sample[i + 1]);
        }

        return sample;
    }

    private static void Agrees(JsonElement section, string column, ReadOnlySpan<double> actual, double tolerance)
    {
        var expected = Vectors.Doubles(section, column);
        Assert.Equal(expected.Count, actual.Length);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i], actual[i], tolerance);
        }
    }
}
