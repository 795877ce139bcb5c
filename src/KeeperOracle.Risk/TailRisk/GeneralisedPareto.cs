namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Generalised Pareto distribution of excesses y >= 0: P(Y > y) = (1 + xi y/beta)^(-1/xi), exp(-y/beta) at xi = 0.
///
/// Maximum likelihood by Grimshaw's (1993) reduction to one parameter, theta = xi/beta: xi(theta) = mean ln(1 + theta y), and the profile
/// log-likelihood per observation -ln(xi/theta) - xi - 1. Near theta = -1/max(y) it grows without bound (xi under -1), so the estimate is
/// the best *local* maximum with xi > -1; excesses are scaled by their mean, so the same data in other units give the same shape.
/// </summary>
public static class GeneralisedPareto
{
    private const double NearZero = 1e-4;

    // The grid over zero: powers of two in units of 1/mean(y).
    private const int SmallestPower = -8;
    private const int LargestPower = 24;

    /// <param name="Shape">xi</param>
    /// <param name="Scale">beta, in the unit of the excesses</param>
    public sealed record Fitted(double Shape, double Scale, double LogLikelihood);

    /// <summary>Fit to at least two excesses over a threshold, all over zero.</summary>
    /// <returns>null where the likelihood has no local maximum with shape over -1</returns>
    /// <exception cref="RiskInputException">`TooFewObservations`, `NotFinite`, `TooLarge`, `Negative`, `RootNotFound`</exception>
    public static Fitted? Fit(ReadOnlySpan<double> excesses)
    {
        TailInput.RequireObservations(excesses, minimum: 2);
        var mean = 0.0;
        foreach (var y in excesses)
        {
            mean += y > 0 ? y / excesses.Length : throw new RiskInputException("Negative", $"An excess is {y}; it lies over 0.");
        }

        var scaled = new double[excesses.Length];
        var largest = 0.0;
        for (var i = 0; i < scaled.Length; i++)
        {
            scaled[i] = excesses[i] / mean;
            largest = Math.Max(largest, scaled[i]);
        }

        return Candidates(scaled, largest, mean).MaxBy(candidate => candidate.LogLikelihood);
    }

    /// <summary>Excess that is exceeded with the given probability: beta (p^-xi - 1)/xi, and -beta ln p at xi = 0.</summary>
    public static double UpperQuantile(double shape, double scale, double probability)
    {
        var log = -Elementary.Log(probability);
        var x = shape * log;

        // (e^x - 1)/x loses digits near zero; the series there is exact to a double.
        var growth = Math.Abs(x) < 1e-5 ? 1 + (x / 2) + (x * x / 6) : (Elementary.Exp(x) - 1) / x;
        return scale * log * growth;
    }

    /// <summary>Mean of the excesses over one of them, y: (y + beta)/(1 - xi), for a shape under 1.</summary>
    public static double MeanOver(double shape, double scale, double excess) => (excess + scale) / (1 - shape);

    // The derivative falls through zero at a local maximum.
    private static List<Fitted> Candidates(double[] scaled, double largest, double mean)
    {
        var found = new List<Fitted>();
        var grid = Grid(largest);
        var before = Slope(scaled, grid[0]);
        for (var i = 1; i < grid.Length; i++)
        {
            var slope = Slope(scaled, grid[i]);
            if (before > 0 && slope <= 0)
            {
                var theta = BracketedRoot.Find("maximum of the likelihood", x => Slope(scaled, x), grid[i - 1], grid[i], 1e-13, 200);
                var shape = Shape(scaled, theta);
                var scale = theta == 0 ? mean : mean * shape / theta;
                if (shape > -1)
                {
                    found.Add(new Fitted(shape, scale, -scaled.Length * (Elementary.Log(scale) + shape + 1)));
                }
            }

            before = slope;
        }

        return found;
    }

    // Under zero the steps halve towards the bound -1/largest, where the likelihood is steep, and are even from there to zero.
    private static double[] Grid(double largest)
    {
        var grid = new List<double>();
        for (var power = -30; power <= -3; power++)
        {
            grid.Add(-(1 - Math.ScaleB(1, power)) / largest);
        }

        for (var step = 16; step >= 0; step--)
        {
            grid.Add(-0.05 * step / largest);
        }

        for (var power = SmallestPower; power <= LargestPower; power++)
        {
            grid.Add(Math.ScaleB(1, power));
        }

        return [.. grid];
    }

    private static double Shape(double[] scaled, double theta)
    {
        var sum = 0.0;
        foreach (var y in scaled)
        {
            sum += Elementary.Log(1 + (theta * y));
        }

        return sum / scaled.Length;
    }

    // Derivative of the profile log-likelihood per observation: (m (1 + xi) - 1)/(xi theta), m = mean of 1/(1 + theta y).
    private static double Slope(double[] scaled, double theta)
    {
        if (Math.Abs(theta) < NearZero)
        {
            return SlopeNearZero(scaled, theta);
        }

        var sum = 0.0;
        foreach (var y in scaled)
        {
            sum += 1 / (1 + (theta * y));
        }

        var shape = Shape(scaled, theta);
        return ((sum / scaled.Length * (1 + shape)) - 1) / (shape * theta);
    }

    // Its expansion to first order: there the form above is a difference of nearly equal numbers.
    private static double SlopeNearZero(double[] scaled, double theta)
    {
        var (second, third) = (0.0, 0.0);
        foreach (var y in scaled)
        {
            second += y * y / scaled.Length;
            third += y * y * y / scaled.Length;
        }

        var level = (second / 2) - 1;
        return level + (theta * ((1.5 * second) - (2 * third / 3) + (level * second / 2)));
    }
}
