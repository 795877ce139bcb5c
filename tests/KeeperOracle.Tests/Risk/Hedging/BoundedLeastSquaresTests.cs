using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Hedging;

namespace KeeperOracle.Tests.Risk.Hedging;

public sealed class BoundedLeastSquaresTests
{
    [Fact]
    public void Solve_ArraysOfDifferentLengths_Refused()
    {
        Refuses("LengthMismatch", [[1, 2]], [1], [0], [1]);
        Refuses("LengthMismatch", [[1]], [1], [], [1]);
        Refuses("LengthMismatch", [[1]], [1], [0], []);
    }

    [Fact]
    public void Solve_NumbersThatAreNone_Refused()
    {
        Refuses("NotFinite", [[double.NaN]], [1], [0], [1]);
        Refuses("NotFinite", [[1]], [double.PositiveInfinity], [0], [1]);
        Refuses("NotFinite", [[1]], [1], [double.NaN], [1]);
        Refuses("NotFinite", [[1]], [1], [0], [-1]);
        Refuses("NotFinite", [[1]], [1], [0], [double.NaN]);
    }

    [Fact]
    public void Solve_NoVariables_IsEmpty() => Assert.Empty(BoundedLeastSquares.Solve([], [1, 2], [], []));

    [Theory]
    [InlineData(2, 0, 10, 2)]
    [InlineData(-2, 0, 10, 0)]
    [InlineData(2, .5, 10, 1.5)]
    [InlineData(2, 2, 10, 0)]
    [InlineData(2, -1, 10, 3)]
    [InlineData(2, 0, 1.25, 1.25)]
    [InlineData(2, 0, 0, 0)]
    public void Solve_OneVariable_IsTheParabolasMinimumInsideItsBounds(double target, double cost, double upper, double expected) =>
        Assert.Equal(expected, BoundedLeastSquares.Solve([[1]], [target], [cost], [upper])[0], 8);

    /// <summary>The solution of scipy.optimize.nnls 1.10 for the same columns.</summary>
    [Fact]
    public void Solve_WithoutCosts_IsNonNegativeLeastSquares()
    {
        double[][] columns = [[1, 2, 0, -1], [0, 1, 1, 3], [2, 0, -1, 1]];

        var x = BoundedLeastSquares.Solve(columns, [1, -1, -2, 4], [0, 0, 0], Unbounded(3));

        Assert.Equal([0, 0.61290323, 1.12903226], x, new Within(1e-7));
    }

    [Fact]
    public void Solve_ColumnsThatDependOnEachOther_SharesBetweenThem()
    {
        var x = BoundedLeastSquares.Solve([[1, 0], [1, 0], [.5, 0]], [3, 0], [0, 0, 0], Unbounded(3));

        Assert.Equal(3, x[0] + x[1] + (.5 * x[2]), 6);
        Assert.Equal(x[0], x[1], 3);
    }

    [Fact]
    public void Solve_CheaperOfTwoEqualColumns_IsTaken()
    {
        var x = BoundedLeastSquares.Solve([[1], [1]], [3], [.2, .1], [double.PositiveInfinity, 2]);

        Assert.Equal([.8, 2], x, new Within(1e-6)); // the cheap one to its bound, the dear one for the rest less its cost
    }

    [Fact]
    public void Solve_Random_HoldsTheKktConditions() =>
        Gen.Select(Gen.Int[1, 8], Gen.Int[1, 40], Gen.ULong, Gen.Int[0, 3]).Sample(
            (rows, count, seed, kind) =>
            {
                var random = new SeededRandom(seed);
                double[] Row() => [.. Enumerable.Range(0, rows).Select(_ => random.NextNormal())];
                var columns = Enumerable.Range(0, count).Select(_ => Unit(Row())).ToArray();
                for (var i = 1; i < count && kind == 1; i += 2)
                {
                    columns[i] = [.. columns[i - 1].Select(value => -value)]; // buy and sell
                }

                var target = Row();
                double[] cost = [.. Enumerable.Range(0, count).Select(_ => kind == 2 ? 0 : .3 * random.NextUniform())];
                double[] upper = [.. Enumerable.Range(0, count)
                    .Select(_ => random.NextInt(3) switch { 0 => 0, 1 => random.NextUniform(), _ => 1e6 })];

                var x = BoundedLeastSquares.Solve(columns, target, cost, upper);

                AssertKkt(columns, target, cost, upper, x);
            },
            iter: 800);

    internal static void AssertKkt(double[][] columns, double[] target, double[] cost, double[] upper, double[] x)
    {
        double[] residual = [.. target.Select((value, k) => columns.Select((column, i) => column[k] * x[i]).Sum() - value)];
        for (var i = 0; i < x.Length; i++)
        {
            var gradient = columns[i].Zip(residual, (a, r) => a * r).Sum() + cost[i] + (BoundedLeastSquares.Ridge * x[i]);
            Assert.InRange(x[i], 0, upper[i]);
            Assert.True(x[i] == upper[i] || gradient >= -1e-8, $"x[{i}] = {x[i]} could grow: gradient {gradient}");
            Assert.True(x[i] == 0 || gradient <= 1e-8, $"x[{i}] = {x[i]} could shrink: gradient {gradient}");
        }
    }

    private static double[] Unit(double[] column)
    {
        var length = Math.Sqrt(column.Sum(value => value * value));
        return [.. column.Select(value => value / length)];
    }

    private static double[] Unbounded(int count) => [.. Enumerable.Repeat(double.PositiveInfinity, count)];

    private static void Refuses(string refusal, double[][] columns, double[] target, double[] cost, double[] upper) => Assert.Equal(
        refusal, Assert.Throws<RiskInputException>(() => BoundedLeastSquares.Solve(columns, target, cost, upper)).Refusal);

    private sealed class Within(double tolerance) : IEqualityComparer<double>
    {
        public bool Equals(double x, double y) => Math.Abs(x - y) <= tolerance;

        public int GetHashCode(double obj) => 0;
    }
}
