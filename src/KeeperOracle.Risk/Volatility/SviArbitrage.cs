namespace KeeperOracle.Risk.Volatility;

/// <summary>What was found.</summary>
/// <param name="Free">whether neither the grid nor the wings show arbitrage</param>
/// <param name="Least">the least value found on the grid</param>
/// <param name="LogMoneyness">where</param>
/// <param name="WingsFree">whether the condition for k to minus and plus infinity holds</param>
public sealed record SviArbitrageCheck(bool Free, double Least, double LogMoneyness, bool WingsFree);

/// <summary>
/// Static arbitrage in slices (J. Gatheral and A. Jacquier, "Arbitrage-free SVI volatility surfaces", 2014), of the formula without the
/// clamp: inside it both are the same; at its ends, four deviations out, the clamp itself bends the smile.
/// Butterfly: the density of the price at expiry is nowhere negative, that is
/// <code>
/// g(k) = (1 - k w'/(2w))^2 - w'^2/4 (1/w + 1/4) + w''/2 >= 0,   in the wings b (1 + |rho|) at most 2 (Lee 2004)
/// </code>
/// Calendar: total variance at one k does not fall with time to expiry; in the wings b (1 + rho) and b (1 - rho) do not.
/// Both are looked at on a grid of 1,001 points, dense around the middle of the smile, out to 20 times its width and depth; between the
/// neighbours of the least one the minimum is narrowed down.
/// </summary>
public static class SviArbitrage
{
    private const int GridHalf = 500;
    private const int NarrowingSteps = 60;
    private const double GoldenShare = 0.6180339887498949;

    /// <summary>Total variance this much lower, relatively, counts as rounding.</summary>
    private const double Rounding = 1e-12;

    /// <summary><see cref="SviArbitrageCheck.Least"/> is the least g.</summary>
    public static SviArbitrageCheck Butterfly(SviSlice slice)
    {
        var (k, least) = Least(x => Density(slice, x), Grid(slice));
        var wings = slice.B * (1 + Math.Abs(slice.Rho)) <= 2;
        return new(least >= -Rounding && wings, least, k, wings);
    }

    /// <summary>g(k), one in a flat smile; one also where total variance is zero.</summary>
    public static double Density(SviSlice slice, double k)
    {
        var (w, slope, curvature) = slice.Unclamped(k);
        if (w <= 0)
        {
            return 1;
        }

        var middle = 1 - (k * slope / (2 * w));
        return (middle * middle) - (slope * slope / 4 * ((1 / w) + 0.25)) + (curvature / 2);
    }

    /// <summary><see cref="SviArbitrageCheck.Least"/> is the least rise of total variance from the earlier to the later expiry.</summary>
    public static SviArbitrageCheck Calendar(SviSlice earlier, SviSlice later)
    {
        if (later.Years < earlier.Years)
        {
            throw new RiskInputException(
                "ExpiriesOutOfOrder",
                $"The later slice expires in {later.Years} years, the earlier one in {earlier.Years}: exchange them.");
        }

        var (k, least) = Least(x => later.Unclamped(x).Variance - earlier.Unclamped(x).Variance, [.. Grid(earlier), .. Grid(later)]);
        var right = (later.B * (1 + later.Rho)) - (earlier.B * (1 + earlier.Rho));
        var left = (later.B * (1 - later.Rho)) - (earlier.B * (1 - earlier.Rho));
        var wings = Math.Min(right, left) >= -Rounding * earlier.B;
        return new(least >= -Rounding * earlier.Unclamped(k).Variance && wings, least, k, wings);
    }

    private static double[] Grid(SviSlice slice)
    {
        // Points m + s (e^u - e^-u)/2, evenly in u.
        var reach = 20 * Math.Max(slice.S, Math.Sqrt(slice.A + (slice.B * slice.S)));
        var end = Elementary.Log((2 * reach / slice.S) + 1);
        var grid = new double[(2 * GridHalf) + 1];
        for (var i = 0; i < grid.Length; i++)
        {
            var growth = Elementary.Exp(end * (i - GridHalf) / GridHalf);
            grid[i] = slice.M + (slice.S * (growth - (1 / growth)) / 2);
        }

        return grid;
    }

    private static (double K, double Value) Least(Func<double, double> f, double[] grid)
    {
        Array.Sort(grid);
        var at = 0;
        var values = Array.ConvertAll(grid, k => f(k));
        for (var i = 1; i < grid.Length; i++)
        {
            at = values[i] < values[at] ? i : at;
        }

        var (low, high) = (grid[Math.Max(at - 1, 0)], grid[Math.Min(at + 1, grid.Length - 1)]);
        for (var i = 0; i < NarrowingSteps; i++)
        {
            var (left, right) = (high - (GoldenShare * (high - low)), low + (GoldenShare * (high - low)));
            (low, high) = f(left) < f(right) ? (low, right) : (left, high);
        }

        var middle = (low + high) / 2;
        return f(middle) < values[at] ? (middle, f(middle)) : (grid[at], values[at]);
    }
}
