using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Models;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Tests.Risk.Models;

public sealed class TailModelTests
{
    public static TheoryData<string> Names => new(ModelCatalogue.All.Select(model => model.Name));

    [Fact]
    public void Named_UnknownModel_RefusedWithTheNamesThereAre()
    {
        var problem = Assert.Throws<RiskInputException>(() => ModelCatalogue.Named("ewma"));
        Assert.Equal("UnknownModel", problem.Refusal);
        Assert.Contains("ewma-normal", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Walk_OneReturnTooFew_Refused(string name)
    {
        var model = ModelCatalogue.Named(name);
        var problem = Assert.Throws<RiskInputException>(() => model.Walk(Returns(7, model.MinimumHistory - 1)));
        Assert.Equal("TooFewObservations", problem.Refusal);
        Assert.Single(model.Walk(Returns(7, model.MinimumHistory)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Walk_ReturnNotFinite_Refused(string name)
    {
        var model = ModelCatalogue.Named(name);
        var returns = Returns(7, model.MinimumHistory + 5);
        returns[3] = double.PositiveInfinity;
        Assert.Equal("NotFinite", Assert.Throws<RiskInputException>(() => model.Walk(returns)).Refusal);
    }

    /// <summary>No look-ahead: whatever comes later, also a crash, a forecast made before is the same number.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Walk_FutureChanged_NoEarlierForecastChanges(string name)
    {
        var model = ModelCatalogue.Named(name);
        Gen.Select(Gen.ULong, Gen.Int[0, 59], Gen.Double[-1, 1]).Sample(
            (seed, back, change) =>
            {
                var returns = Returns(seed, model.MinimumHistory + 60);
                var whole = model.Walk(returns);
                var at = returns.Length - 1 - back;
                returns[at] += change;
                var changed = model.Walk(returns);
                for (var t = model.MinimumHistory; t <= at; t++)
                {
                    Assert.Equal(whole[t - model.MinimumHistory].At(0.99), changed[t - model.MinimumHistory].At(0.99));
                }
            },
            iter: 8);
    }

    /// <summary>The last forecast of a shorter walk is the entry of the longer one.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Forecast_Prefix_IsTheEntryOfTheLongerWalk(string name)
    {
        var model = ModelCatalogue.Named(name);
        var returns = Returns(11, model.MinimumHistory + 45);
        var walk = model.Walk(returns);
        foreach (var length in (int[])[model.MinimumHistory, model.MinimumHistory + 1, model.MinimumHistory + 27, returns.Length])
        {
            Assert.Equal(walk[length - model.MinimumHistory].At(0.975), model.Forecast(returns.AsSpan(0, length), 0.975));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Walk_AnyReturns_FiniteAndShortfallOverVar(string name)
    {
        var model = ModelCatalogue.Named(name);
        foreach (var forecast in model.Walk(Returns(5, model.MinimumHistory + 200)))
        {
            foreach (var level in (double[])[0.9, 0.975, 0.99])
            {
                var tail = forecast.At(level);
                Assert.True(double.IsFinite(tail.Es) && tail.Es >= tail.Var && tail.Var > 0, $"{tail} at {level}");
            }
        }
    }

    /// <summary>A model is in the unit of its returns: k times the returns, k times the forecast.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void Forecast_ReturnsScaled_ForecastScales(string name)
    {
        var model = ModelCatalogue.Named(name);
        var returns = Returns(3, model.MinimumHistory + 30);
        var tail = model.Forecast(returns, 0.99);
        var scaled = model.Forecast(Array.ConvertAll(returns, r => 1000 * r), 0.99);
        Assert.Equal(1, scaled.Var / (1000 * tail.Var), 5);
        Assert.Equal(1, scaled.Es / (1000 * tail.Es), 5);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Walk_ConstantPrice_ZeroForecastOrNamedRefusal(string name)
    {
        var model = ModelCatalogue.Named(name);
        var returns = new double[model.MinimumHistory + 25];
        if (model.Volatility is GarchVolatility)
        {
            Assert.Equal("ConstantSeries", Assert.Throws<RiskInputException>(() => model.Walk(returns)).Refusal);
            return;
        }

        Assert.All(model.Walk(returns), forecast => Assert.Equal(0, forecast.At(0.99).Var));
    }

    [Fact]
    public void WalkAll_ModelsSharingVolatility_SameAsEachAlone()
    {
        var returns = Returns(17, 800);
        var walks = TailModel.WalkAll(ModelCatalogue.All, returns);
        for (var i = 0; i < walks.Count; i++)
        {
            var alone = ModelCatalogue.All[i].Walk(returns);
            Assert.Equal(alone.Select(f => f.At(0.99)), walks[i].Select(f => f.At(0.99)));
        }
    }

    [Fact]
    public void StaticVolatility_CalmAfterStorm_KeepsTheStorm()
    {
        double[] returns = [.. Enumerable.Range(0, 100).Select(i => i % 2 == 0 ? 0.1 : -0.1), .. new double[100]];
        Assert.Equal(0.1, new StaticVolatility(100).Walk(returns).Scale[200], 12);
    }

    [Fact]
    public void StudentTResiduals_TFiveLosses_FindsDegreesAndScale()
    {
        var random = new SeededRandom(99);
        var losses = new double[20_000];
        for (var i = 0; i < losses.Length; i++)
        {
            losses[i] = 1.7 * MathNet.Numerics.Distributions.StudentT.InvCDF(0, 1, 5, random.NextUniform());
        }

        var law = (StudentTLaw)new StudentTResiduals().Fit(losses);
        Assert.InRange(law.DegreesOfFreedom, 4.6, 5.4);
        Assert.InRange(law.Scale, 1.67, 1.73);
    }

    [Fact]
    public void EmpiricalLaw_ByHand_TypeSevenQuantileAndAcerbiTascheShortfall()
    {
        // 1..5 at 60 %: the quantile is 3.4, and the two losses over it are 4 and 5.
        var law = new EmpiricalLaw([3, 1, 5, 2, 4]);
        Assert.Equal(3.4, law.Quantile(0.6), 12);
        Assert.Equal(4.5, law.ExpectedShortfall(0.6), 12);
        Assert.Equal(5, law.ExceededLoss(0.6, 0.49));
        Assert.Equal(4, law.ExceededLoss(0.6, 0.51));
    }

    [Fact]
    public void StudentTLaw_ExpectedShortfall_IsTheMeanOfTheQuantilesOverTheLevel()
    {
        ResidualLaw[] laws = [new NormalLaw(), new StudentTLaw(4, 2)];
        foreach (var law in laws)
        {
            var sum = 0.0;
            for (var i = 0; i < 20_000; i++)
            {
                sum += law.Quantile(0.975 + (0.025 * (i + 0.5) / 20_000)) / 20_000;
            }

            Assert.Equal(1, sum / law.ExpectedShortfall(0.975), 2);
        }
    }

    [Fact]
    public void ParetoResiduals_ParetoLosses_FindsShapeAndContinuesTheQuantile()
    {
        // 1 - F(x) = x^-4 over 1: excesses over any threshold u are generalised Pareto with xi = 1/4, beta = u/4.
        var random = new SeededRandom(4);
        var losses = new double[50_000];
        for (var i = 0; i < losses.Length; i++)
        {
            losses[i] = Math.Pow(random.NextUniform(), -0.25);
        }

        var law = (ParetoLaw)new ParetoResiduals().Fit(losses);
        Assert.InRange(law.Shape, 0.20, 0.30);
        Assert.Equal(law.Quantile(0.9), law.Quantile(0.9 + 1e-12), 6);
        Assert.Equal(1, law.Quantile(0.999) / Math.Pow(0.001, -0.25), 1);
        Assert.Equal(1, law.ExpectedShortfall(0.99) / (4.0 / 3 * Math.Pow(0.01, -0.25)), 1);
        Assert.Equal(law.ExpectedShortfall(0.9 - 1e-12), law.ExpectedShortfall(0.9), 6);
    }

    /// <summary>One definition of sigma_stress: with all the weight on it, the model's volatility is the policy's stressed level.</summary>
    [Fact]
    public void StressedVolatility_RisingVolatility_IsThePolicysStressLevel()
    {
        var returns = Returns(11, 1200).Select((value, day) => value * (1 + (day / 1000.0))).ToArray();
        var point = new EwmaVolatility(0.94).Walk(returns);
        var model = new StressedVolatility(new EwmaVolatility(0.94), 1);
        var stressed = model.Walk(returns).Scale;
        var level = StressLevel.Empty;
        for (var t = point.First; t <= returns.Length; t++)
        {
            level = level.Add(point.Scale[t]);
            if (t >= model.MinimumHistory)
            {
                Assert.Equal(level.Level, stressed[t], 1e-14);
            }
        }

        Assert.True(level.Level > stressed[model.MinimumHistory]);
    }

    /// <summary>Returns with clustered volatility and fat tails.</summary>
    internal static double[] Returns(ulong seed, int count)
    {
        var random = new SeededRandom(seed);
        var returns = new double[count];
        var variance = 0.0016;
        for (var t = 0; t < count; t++)
        {
            var chi = 0.0;
            for (var i = 0; i < 6; i++)
            {
                var z = random.NextNormal();
                chi += z * z / 6;
            }

            returns[t] = Math.Sqrt(variance * 4 / 6 / chi) * random.NextNormal();
            variance = 0.00005 + (0.09 * returns[t] * returns[t]) + (0.88 * variance);
        }

        return returns;
    }
}
