namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// Lambda of the EWMA by Gaussian likelihood: the lambda in [.5, .9999] with the highest
/// <code>log L = -1/2 sum(ln 2 pi + ln v_t + r_t^2 / v_t) over t after the seed,  v_t of Ewma.OneStepVariances</code>
/// Only returns that the seed has not seen count. The likelihood may have several tops: a fixed grid, even in ln(1 - lambda), finds the
/// highest, and golden section between its neighbours finds lambda to 1e-8, which is far more than any sample knows of it. No variance
/// counts as under 1e-10 of the mean square, so that a feed that stands still cannot buy likelihood with a variance of nothing.
/// </summary>
public sealed record EwmaCalibration
{
    /// <summary>The ends of the search.</summary>
    public const double LowestLambda = 0.5, HighestLambda = 0.9999;

    /// <summary>The fewest returns after the seed.</summary>
    public const int MinimumReturns = 50;

    private const int GridCells = 40;
    private const double LogTwoPi = 1.83787706640934548356;
    private const double GoldenRatio = 0.61803398874989484820;

    public required double Lambda { get; init; }

    /// <summary>At <see cref="Lambda"/>, in the unit of the returns, over the returns after the seed.</summary>
    public required double LogLikelihood { get; init; }

    /// <summary>True where lambda is an end of the search: the likelihood still rises there.</summary>
    public required bool AtBound { get; init; }

    /// <summary>The variance per sample after all returns.</summary>
    public required double NextVariance { get; init; }

    /// <summary>
    /// Calibrates to <paramref name="logReturns"/> (oldest first), seeded with the mean square of the first
    /// <paramref name="seedLength"/>. Refuses `TooFewObservations`, `NotFinite`, `ScaleOutOfRange` and `ZeroVariance`.
    /// </summary>
    public static EwmaCalibration Fit(ReadOnlySpan<double> logReturns, int seedLength)
    {
        var floor = 1e-10 * MeanSquare(logReturns, seedLength);
        var best = 0;
        var highest = double.NegativeInfinity;
        for (var cell = 0; cell <= GridCells; cell++)
        {
            var value = LogLikelihoodAt(logReturns, GridLambda(cell), seedLength, floor);
            (best, highest) = value > highest ? (cell, value) : (best, highest);
        }

        var lambda = Golden(logReturns, seedLength, floor, GridLambda(Math.Max(0, best - 1)), GridLambda(Math.Min(GridCells, best + 1)));
        var top = LogLikelihoodAt(logReturns, lambda, seedLength, floor);
        (lambda, top) = highest > top ? (GridLambda(best), highest) : (lambda, top);
        return new EwmaCalibration
        {
            Lambda = lambda,
            LogLikelihood = top,
            AtBound = lambda - LowestLambda < 1e-7 || HighestLambda - lambda < 1e-7,
            NextVariance = Ewma.Variance(logReturns, lambda, seedLength),
        };
    }

    /// <summary>The likelihood that <see cref="Fit"/> maximises, at one lambda.</summary>
    public static double LogLikelihoodAt(ReadOnlySpan<double> logReturns, double lambda, int seedLength) =>
        LogLikelihoodAt(logReturns, lambda, seedLength, 1e-10 * MeanSquare(logReturns, seedLength));

    private static double LogLikelihoodAt(ReadOnlySpan<double> logReturns, double lambda, int seedLength, double floor)
    {
        var variance = Ewma.Variance(logReturns[..seedLength], lambda, seedLength);
        var sum = 0.0;
        foreach (var r in logReturns[seedLength..])
        {
            var counted = Math.Max(variance, floor);
            sum += LogTwoPi + Elementary.Log(counted) + (r * r / counted);
            variance = Ewma.Update(variance, r, lambda);
        }

        return -0.5 * sum;
    }

    private static double GridLambda(int cell) => cell switch
    {
        0 => LowestLambda,
        GridCells => HighestLambda,
        _ => 1 - ((1 - LowestLambda) * Elementary.Exp(cell * Elementary.Log((1 - HighestLambda) / (1 - LowestLambda)) / GridCells)),
    };

    private static double Golden(ReadOnlySpan<double> logReturns, int seedLength, double floor, double low, double high)
    {
        var (left, right) = (high - (GoldenRatio * (high - low)), low + (GoldenRatio * (high - low)));
        var atLeft = LogLikelihoodAt(logReturns, left, seedLength, floor);
        var atRight = LogLikelihoodAt(logReturns, right, seedLength, floor);
        while (high - low > 1e-8)
        {
            if (atLeft > atRight)
            {
                (high, right, atRight) = (right, left, atLeft);
                left = high - (GoldenRatio * (high - low));
                atLeft = LogLikelihoodAt(logReturns, left, seedLength, floor);
            }
            else
            {
                (low, left, atLeft) = (left, right, atRight);
                right = low + (GoldenRatio * (high - low));
                atRight = LogLikelihoodAt(logReturns, right, seedLength, floor);
            }
        }

        return 0.5 * (low + high);
    }

    private static double MeanSquare(ReadOnlySpan<double> logReturns, int seedLength)
    {
        if (seedLength < 1 || logReturns.Length - seedLength < MinimumReturns)
        {
            throw new RiskInputException(
                "TooFewObservations",
                $"{logReturns.Length} returns with a seed of {seedLength}: give 1 or more, and {MinimumReturns} or more after it.");
        }

        ObservedReturns.Check(logReturns);
        var sum = 0.0;
        foreach (var r in logReturns)
        {
            sum += r * r;
        }

        return sum > 0
            ? sum / logReturns.Length
            : throw new RiskInputException("ZeroVariance", "The squares of all returns are zero: there is no variance to model.");
    }
}
