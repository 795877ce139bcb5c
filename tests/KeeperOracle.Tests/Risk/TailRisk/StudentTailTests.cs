using KeeperOracle.Risk;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.TailRisk;

public sealed class StudentTailTests
{
    [Theory]
    [InlineData(0.1999)]
    [InlineData(-1)]
    [InlineData(1.1e6)]
    [InlineData(double.NaN)]
    public void Quantile_DegreesOutOfRange_Refuses(double degrees) =>
        TailVectors.Refuses("DegreesOutOfRange", () => StudentT.Quantile(0.99, degrees));

    [Theory]
    [InlineData(0.2)]
    [InlineData(1e6)]
    public void Quantile_DegreesAtTheEndsAndLevelsNextToTheEnds_IsInvertedByTheSurvival(double degrees)
    {
        foreach (var level in new[] { 1 - 1e-15, 0.9, 1e-15 })
        {
            TailVectors.Close(1 - level, StudentT.Survival(StudentT.Quantile(level, degrees), degrees), 2e-9);
        }
    }

    [Fact]
    public void StudentT_Scipy_Agrees()
    {
        var degrees = TailVectors.Column("studentT", "degreesOfFreedom");
        var level = TailVectors.Column("studentT", "level");
        var (quantile, density) = (TailVectors.Column("studentT", "quantile"), TailVectors.Column("studentT", "density"));
        var (survival, es) = (TailVectors.Column("studentT", "survival"), TailVectors.Column("studentT", "es"));
        for (var i = 0; i < degrees.Length; i++)
        {
            TailVectors.Close(quantile[i], StudentT.Quantile(level[i], degrees[i]), 1e-11);
            TailVectors.Close(density[i], StudentT.Density(quantile[i], degrees[i]), 1e-12);
            TailVectors.Close(survival[i], StudentT.Survival(quantile[i], degrees[i]), 1e-11);
            TailVectors.Close(es[i], StudentTail.Forecast(0, 1, degrees[i], level[i]).Forecast.Es, 1e-10);
        }
    }

    [Theory]
    [InlineData(1, 0.99, 31.820515953773956)] // tan(pi (.99 - .5))
    [InlineData(2, 0.99, 6.964556734283274)] // (2p - 1)/sqrt(2 p (1 - p))
    [InlineData(1, 0.9999999, 3183098.8618378)]
    public void Quantile_ClosedForms_Agrees(double degrees, double level, double expected) =>
        TailVectors.Close(expected, StudentT.Quantile(level, degrees), 1e-9);

    [Fact]
    public void Quantile_HalfAndBelow_IsSymmetric()
    {
        Assert.Equal(0, StudentT.Quantile(0.5, 4), 1e-12);
        Assert.Equal(-StudentT.Quantile(0.75, 4), StudentT.Quantile(0.25, 4), 1e-15);
        Assert.Equal(1 - StudentT.Survival(1.5, 3), StudentT.Survival(-1.5, 3), 1e-15);
    }

    [Fact]
    public void Forecast_OneDegreeOrLess_HasNoShortfall()
    {
        Assert.Equal(TailStatus.InfiniteMean, StudentTail.Forecast(0, 1, 1, 0.99).Status);
        Assert.True(StudentTail.Forecast(0, 1, 1.0001, 0.99).IsAnswered);
        TailVectors.Refuses("DegreesOutOfRange", () => StudentTail.Forecast(0, 1, 0, 0.99));
    }

    [Fact]
    public void ForecastUnitVariance_Scipy_IsTheStandardOneOverItsDeviation()
    {
        var (degrees, level) = (TailVectors.Column("studentT", "degreesOfFreedom"), TailVectors.Column("studentT", "level"));
        var (quantile, es) = (TailVectors.Column("studentT", "quantile"), TailVectors.Column("studentT", "es"));
        foreach (var i in Enumerable.Range(0, degrees.Length).Where(i => degrees[i] > 2))
        {
            var deviation = Math.Sqrt(degrees[i] / (degrees[i] - 2));
            var forecast = StudentTail.ForecastUnitVariance(0.1, 3, degrees[i], level[i]);
            TailVectors.Close((3 * quantile[i] / deviation) - 0.1, forecast.Var, 1e-10);
            TailVectors.Close((3 * es[i] / deviation) - 0.1, forecast.Es, 1e-10);
        }

        TailVectors.Refuses("DegreesOutOfRange", () => StudentTail.ForecastUnitVariance(0, 1, 2, 0.99));
        Assert.True(StudentTail.ForecastUnitVariance(0, 1, 2.0001, 0.99).Es > 0);
    }

    [Fact]
    public void Fit_ScipysLikelihoodPolished_Agrees()
    {
        var (status, fit) = StudentTail.Fit(TailVectors.Returns);

        Assert.Equal(TailStatus.Answered, status);
        Assert.False(fit!.NormalLimit);
        TailVectors.Close(TailVectors.Number("studentFit", "degreesOfFreedom"), fit.DegreesOfFreedom, 1e-6);
        Assert.Equal(TailVectors.Number("studentFit", "location"), fit.Location, 1e-9);
        TailVectors.Close(TailVectors.Number("studentFit", "scale"), fit.Scale, 1e-6);
        TailVectors.Close(TailVectors.Number("studentFit", "logLikelihood"), fit.LogLikelihood, 1e-13);
        TailVectors.AgreesWith(
            "studentFit", level => StudentTail.Forecast(fit.Location, fit.Scale, fit.DegreesOfFreedom, level).Forecast, 1e-6);
    }

    [Theory]
    [InlineData(1e-200, 0)]
    [InlineData(1e50, -3e50)]
    public void Fit_ExtremeScaleAndPlace_SameShape(double scale, double place)
    {
        var fit = StudentTail.Fit([.. TailVectors.Returns.Select(r => place + (r * scale))]).Fit!;

        TailVectors.Close(TailVectors.Number("studentFit", "degreesOfFreedom"), fit.DegreesOfFreedom, 1e-6);
        TailVectors.Close(TailVectors.Number("studentFit", "scale") * scale, fit.Scale, 1e-6);
    }

    [Fact]
    public void Fit_NineReturns_RefusesAndTenAreFitted()
    {
        double[] returns = [0.1, -0.2, 0.3, 0.05, -0.06, 0.2, -0.9, 0.01, 0.02, -0.03];

        TailVectors.Refuses("TooFewObservations", () => StudentTail.Fit(returns.AsSpan(1)));
        Assert.Equal(TailStatus.Answered, StudentTail.Fit(returns).Status);
    }

    [Fact]
    public void Fit_HalfOfTheReturnsAreOneNumber_HasNoMaximum()
    {
        double[] returns = [0, 0, 0, 0, 0, 0.1, -0.2, 0.3, 0.05, -0.06];

        Assert.Equal(TailStatus.NoMaximum, StudentTail.Fit(returns).Status);
        returns[0] = 0.02;
        Assert.NotEqual(TailStatus.NoMaximum, StudentTail.Fit(returns).Status);
    }

    [Fact]
    public void Fit_TailWithoutMean_SaysSo()
    {
        var random = new SeededRandom(5);
        var returns = new double[2000];
        for (var i = 0; i < returns.Length; i++)
        {
            // Student-t with half a degree of freedom: a power tail with index 1/2.
            var u = random.NextUniform();
            returns[i] = (random.NextUniform() < 0.5 ? -1 : 1) * ((1 / (u * u)) - 1);
        }

        Assert.Equal(TailStatus.InfiniteMean, StudentTail.Fit(returns).Status);
    }

    [Fact]
    public void Fit_ThinTails_ReportsTheNormalLimit()
    {
        var random = new SeededRandom(6);
        var returns = Enumerable.Range(0, 500).Select(_ => random.NextUniform() - 0.5).ToArray();

        var (status, fit) = StudentTail.Fit(returns);

        Assert.Equal(TailStatus.Answered, status);
        Assert.True(fit!.NormalLimit);
        var normal = NormalTail.Forecast(ReturnMoments.Of(returns).Mean, ReturnMoments.Of(returns).StandardDeviation, 0.99);
        TailVectors.Close(normal.Var, StudentTail.Forecast(fit.Location, fit.Scale, fit.DegreesOfFreedom, 0.99).Forecast.Var, 5e-3);
    }

    [Fact]
    public void Gamma_Scipy_Agrees()
    {
        var x = TailVectors.Column("gamma", "x");
        var (log, digamma) = (TailVectors.Column("gamma", "logGamma"), TailVectors.Column("gamma", "digamma"));
        for (var i = 0; i < x.Length; i++)
        {
            Assert.Equal(log[i], GammaFunctions.LogGamma(x[i]), 1e-13 * Math.Max(1, Math.Abs(log[i])));
            Assert.Equal(digamma[i], GammaFunctions.Digamma(x[i]), 1e-13 * Math.Max(1, Math.Abs(digamma[i])));
        }
    }
}
