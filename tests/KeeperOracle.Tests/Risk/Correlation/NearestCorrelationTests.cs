using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Correlation;

namespace KeeperOracle.Tests.Risk.Correlation;

public sealed class NearestCorrelationTests
{
    // Higham 2002, section 4: the nearest to this matrix, distance .5278.
    private static readonly double[] HighamsExample = [1, 1, 0, 1, 1, 1, 0, 1, 1];

    [Fact]
    public void Repair_WhatIsNoCandidate_RefusesByName()
    {
        Refuses("NotSymmetric", [1, 0.5, 0.4, 1]);
        Refuses("DiagonalNotOne", [1.1, 0.5, 0.5, 1]);
        Refuses("CorrelationOutOfRange", [1, 1.1, 1.1, 1]);
        Refuses("NotFinite", [1, double.NaN, double.NaN, 1]);
        Refuses("ShapeMismatch", [1, 0.5, 0.5]);
    }

    [Fact]
    public void Higham_ExampleOfHisPaper_GivesHisMatrix()
    {
        var repaired = NearestCorrelation.Higham(3, HighamsExample);

        Assert.True(repaired.Converged);
        Assert.Equal(0.5278, repaired.Distance, 5e-5);
        Assert.Equal(0.7607, repaired.Matrix[0, 1], 5e-5);
        Assert.Equal(0.1573, repaired.Matrix[0, 2], 5e-5);
        Assert.Equal(0.7607, repaired.Matrix[1, 2], 5e-5);
    }

    [Fact]
    public void Higham_SixSeries_AgreesWithRsNearPd()
    {
        using var vectors = new Vectors("correlation.json");
        var section = vectors.Root.GetProperty("nearest");
        var expected = Vectors.Doubles(section, "repaired");

        var repaired = NearestCorrelation.Higham(6, Vectors.Doubles(section, "given").ToArray());

        Assert.True(repaired.Converged);
        for (var i = 0; i < expected.Count; i++)
        {
            Assert.Equal(expected[i], repaired.Matrix.Values[i], 1e-8);
        }
    }

    [Fact]
    public void Repair_AnyCandidate_IsACorrelationMatrixAndHighamsIsNearer() =>
        Gen.Select(Gen.Int[2, 7], Gen.ULong).Sample((size, seed) =>
        {
            var candidate = Candidate(size, seed);
            var (nearest, clipped) = (NearestCorrelation.Higham(size, candidate), NearestCorrelation.ClipEigenvalues(size, candidate));

            _ = new CorrelationMatrix(size, nearest.Matrix.Values); // refuses what is not one
            _ = new CorrelationMatrix(size, clipped.Matrix.Values);
            Assert.True(nearest.Converged);
            Assert.True(nearest.Distance <= clipped.Distance + 1e-9);
        }, iter: 50);

    [Fact]
    public void Repair_CorrelationMatrix_LeavesItAlone()
    {
        double[] values = [1, 0.3, 0.2, 0.3, 1, -0.4, 0.2, -0.4, 1];

        Assert.Equal(values, NearestCorrelation.ClipEigenvalues(3, values).Matrix.Values.ToArray());
        Assert.Equal(0, NearestCorrelation.Higham(3, values).Distance, 1e-14);
    }

    private static double[] Candidate(int size, ulong seed)
    {
        var random = new SeededRandom(seed);
        var values = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            values[(i * size) + i] = 1;
            for (var j = 0; j < i; j++)
            {
                values[(i * size) + j] = values[(j * size) + i] = (2 * random.NextUniform()) - 1;
            }
        }

        return values;
    }

    private static void Refuses(string name, double[] values)
    {
        CorrelationMatrixTests.RefusesAs(name, () => NearestCorrelation.Higham(2, values));
        CorrelationMatrixTests.RefusesAs(name, () => NearestCorrelation.ClipEigenvalues(2, values));
    }
}
