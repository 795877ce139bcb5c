using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Correlation;

namespace KeeperOracle.Tests.Risk.Correlation;

public sealed class CorrelationMatrixTests
{
    [Fact]
    public void Constructor_WhatNoCorrelationCanBe_RefusesByName()
    {
        Refuses("NotSymmetric", [1, 0.5, 0.4, 1]);
        Refuses("DiagonalNotOne", [1, 0.5, 0.5, 0.99]);
        Refuses("CorrelationOutOfRange", [1, 1.0000000001, 1.0000000001, 1]);
        Refuses("CorrelationOutOfRange", [1, -1.1, -1.1, 1]);
        Refuses("NotFinite", [1, double.NaN, double.NaN, 1]);
        Refuses("ShapeMismatch", [1, 0.5, 0.5]);
        RefusesAs("ShapeMismatch", () => _ = new CorrelationMatrix(0, []));
        RefusesAs("NotPositiveSemidefinite", () => _ = new CorrelationMatrix(3, [1, 0.9, 0, 0.9, 1, 0.9, 0, 0.9, 1]));
    }

    [Fact]
    public void Constructor_OnTheOtherSideOfEachBoundary_Takes()
    {
        Assert.Equal(1, new CorrelationMatrix(2, [1, 1, 1, 1])[0, 1]);
        Assert.Equal(-1, new CorrelationMatrix(2, [1, -1, -1, 1])[1, 0]);

        // Rounding of another library, evened out.
        var rounded = new CorrelationMatrix(2, [1, 0.5, 0.5000000001, 0.9999999999]);
        Assert.Equal(1, rounded[1, 1]);
        Assert.Equal(rounded[0, 1], rounded[1, 0]);
    }

    // The least uniform correlation of n series is -1/(n-1).
    [Theory]
    [InlineData(2, -1, -1.01)]
    [InlineData(5, -0.25, -0.2501)]
    public void Uniform_LeastCorrelation_IsTakenAndLessRefused(int size, double least, double less)
    {
        Assert.Equal(least, CorrelationMatrix.Uniform(size, least)[0, 1]);
        Assert.Throws<RiskInputException>(() => CorrelationMatrix.Uniform(size, less));
    }

    [Fact]
    public void FromCovariance_SeriesThatNeverMoves_Refuses()
    {
        RefusesAs("ZeroVariance", () => CorrelationMatrix.FromCovariance(2, [1, 0, 0, 0]));
        Assert.Equal(0.5, CorrelationMatrix.FromCovariance(2, [4, 3, 3, 9])[0, 1], 1e-15);
        RefusesAs("CorrelationOutOfRange", () => CorrelationMatrix.FromCovariance(2, [1, 2, 2, 1]));
    }

    [Fact]
    public void Factor_AnyMatrix_GivesItBackAlsoWhenSingular() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6], Gen.ULong).Sample((size, rank, seed) =>
        {
            var matrix = CorrelationMatrix.FromCovariance(size, RandomCovariance(size, rank, seed));
            var factor = matrix.Factor();
            for (var i = 0; i < size; i++)
            {
                for (var j = 0; j < size; j++)
                {
                    var sum = Enumerable.Range(0, size).Sum(k => factor[(i * size) + k] * factor[(j * size) + k]);
                    Assert.Equal(matrix[i, j], sum, 1e-11);
                }
            }
        });

    [Fact]
    public void Towards_AnyWeight_StaysPositiveSemidefiniteAndMeetsBothEnds() =>
        Gen.Select(Gen.Int[2, 6], Gen.Double[0, 1], Gen.ULong).Sample((size, weight, seed) =>
        {
            var (estimate, stressed) = (
                CorrelationMatrix.FromCovariance(size, RandomCovariance(size, 2, seed)),
                CorrelationMatrix.FromCovariance(size, RandomCovariance(size, size, ~seed)));

            var blend = StressedCorrelation.Towards(estimate, stressed, weight);

            _ = new CorrelationMatrix(size, blend.Values); // refuses what is not one
            Assert.Equal(((1 - weight) * estimate[0, 1]) + (weight * stressed[0, 1]), blend[0, 1], 1e-15);
            Assert.Equal(estimate.Values.ToArray(), StressedCorrelation.Towards(estimate, stressed, 0).Values.ToArray());
            Assert.Equal(stressed.Values.ToArray(), StressedCorrelation.Towards(estimate, stressed, 1).Values.ToArray());
            Assert.True(StressedCorrelation.TowardsOne(estimate, weight)[0, 1] >= estimate[0, 1] - 1e-15);
        });

    [Fact]
    public void Towards_WeightOrSizeWrong_Refuses()
    {
        var two = CorrelationMatrix.Identity(2);

        RefusesAs("WeightOutOfRange", () => StressedCorrelation.TowardsOne(two, -1e-9));
        RefusesAs("WeightOutOfRange", () => StressedCorrelation.TowardsOne(two, 1.000001));
        RefusesAs("WeightOutOfRange", () => StressedCorrelation.TowardsOne(two, double.NaN));
        RefusesAs("ShapeMismatch", () => StressedCorrelation.Towards(two, CorrelationMatrix.Identity(3), 0.5));
    }

    /// <summary>Covariance of the given rank with every variance over zero.</summary>
    internal static double[] RandomCovariance(int size, int rank, ulong seed)
    {
        var random = new SeededRandom(seed);
        var factor = Enumerable.Range(0, size * rank).Select(_ => random.NextNormal()).ToArray();
        var covariance = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j < size; j++)
            {
                covariance[(i * size) + j] = Enumerable.Range(0, rank).Sum(k => factor[(i * rank) + k] * factor[(j * rank) + k]);
            }
        }

        return covariance;
    }

    internal static void RefusesAs(string name, Action action) =>
        Assert.Equal(name, Assert.Throws<RiskInputException>(action).Refusal);

    private static void Refuses(string name, double[] values) => RefusesAs(name, () => _ = new CorrelationMatrix(2, values));
}
