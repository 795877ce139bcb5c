using KeeperOracle.Risk.Correlation;

namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Probability that an account's health H falls under 1 within a horizon: what orders the keeper's queue.
///
/// One collateral: H moves with its price, a geometric Brownian motion without drift (log drift -sigma^2/2). With s = sigma sqrt(T), x = ln
/// H: terminal (under 1 at the horizon) N((-x + s^2/2)/s); first passage (under 1 at any time up to it) N((-x + s^2/2)/s) + H N((-x -
/// s^2/2)/s), by the reflection principle. Check: H 1.05, sigma .75, one day: 11.06 % and 21.92 %.
///
/// Several collaterals: H = sum of shares x price ratios; no closed form, so a joint simulation (seeded, antithetic) with
/// <see cref="SimulateFirstPassage"/>. Looking only at the grid of times would miss crossings between two of them; each step adds the
/// probability that a Brownian bridge between its ends dips under the barrier, exp(-2 ln H_k ln H_{k+1} / v), v the variance of ln H over
/// the step. For one collateral this is exact whatever the number of steps; for several v is taken with the weights at the step's start, an
/// error of the order of the step.
///
/// Debt is taken as constant over the horizon. H at or under 1 is breached already.
/// </summary>
public static class BreachProbability
{
    /// <summary>Under 1 at the horizon.</summary>
    /// <param name="health">at least zero; plus infinity (no debt) gives 0</param>
    /// <param name="volatility">annualised</param>
    /// <param name="years">horizon, 365-day years</param>
    /// <exception cref="RiskInputException">`NotFinite`, `Negative`</exception>
    public static double Terminal(double health, double volatility, double years)
    {
        var deviation = RequireDeviation(health, volatility, years);
        if (deviation == 0 || health == 0 || double.IsPositiveInfinity(health))
        {
            return health < 1 ? 1 : 0;
        }

        return Elementary.NormalCdf((-Elementary.Log(health) / deviation) + (0.5 * deviation));
    }

    /// <summary>Under 1 at some time up to the horizon; 1 where it is not over 1 now and anything moves.</summary>
    /// <inheritdoc cref="Terminal"/>
    public static double FirstPassage(double health, double volatility, double years)
    {
        var deviation = RequireDeviation(health, volatility, years);
        if (deviation == 0 || double.IsPositiveInfinity(health))
        {
            return health < 1 ? 1 : 0;
        }

        if (health <= 1)
        {
            return 1;
        }

        var distance = Elementary.Log(health) / deviation;
        var terminal = Elementary.NormalCdf((0.5 * deviation) - distance);
        return Math.Min(1, terminal + (health * Elementary.NormalCdf((-0.5 * deviation) - distance)));
    }

    /// <summary>A simulated probability and its standard error.</summary>
    public readonly record struct Estimate(double Probability, double StandardError);

    /// <summary>First passage for several collaterals that move together.</summary>
    /// <param name="health">today's H</param>
    /// <param name="shares">of each collateral in the numerator of H, at least zero, summing to one</param>
    /// <param name="volatilities">annualised</param>
    /// <param name="steps">per path</param>
    /// <param name="pairs">antithetic pairs of paths, at least two</param>
    /// <exception cref="RiskInputException">`ShapeMismatch`, `NotFinite`, `Negative`, `SharesNotOne`, `CountOutOfRange`</exception>
    public static Estimate SimulateFirstPassage(
        double health,
        ReadOnlySpan<double> shares,
        ReadOnlySpan<double> volatilities,
        CorrelationMatrix correlation,
        double years,
        int steps,
        int pairs,
        ulong seed) => Simulate(health, shares, volatilities, correlation, years, steps, pairs, seed, bridge: true);

    /// <summary>Terminal breach of the same accounts.</summary>
    /// <inheritdoc cref="SimulateFirstPassage"/>
    public static Estimate SimulateTerminal(
        double health,
        ReadOnlySpan<double> shares,
        ReadOnlySpan<double> volatilities,
        CorrelationMatrix correlation,
        double years,
        int pairs,
        ulong seed) => Simulate(health, shares, volatilities, correlation, years, 1, pairs, seed, bridge: false);

    private static Estimate Simulate(
        double health,
        ReadOnlySpan<double> shares,
        ReadOnlySpan<double> volatilities,
        CorrelationMatrix correlation,
        double years,
        int steps,
        int pairs,
        ulong seed,
        bool bridge)
    {
        RequireAccount(health, shares, volatilities, correlation, years);
        TailInput.RequireCount("number of steps", steps, 1);
        TailInput.RequireCount("number of pairs", pairs, 2);
        var paths = new JointPaths(health, shares, volatilities, correlation, years / steps, bridge);
        var random = new SeededRandom(seed);
        var normals = new double[steps * shares.Length];
        var (mean, squares) = (0.0, 0.0);
        for (var pair = 1; pair <= pairs; pair++)
        {
            MonteCarlo.Fill(random, normals);
            var breached = 0.5 * (paths.Breach(normals, 1) + paths.Breach(normals, -1));
            var change = breached - mean;
            mean += change / pair;
            squares += change * (breached - mean);
        }

        return new Estimate(mean, Math.Sqrt(squares / ((double)pairs * (pairs - 1))));
    }

    private static double RequireDeviation(double health, double volatility, double years)
    {
        if (!(health >= 0))
        {
            throw new RiskInputException("Negative", $"The health is {health}; it is at least 0.");
        }

        TailInput.RequireAtLeastZero("volatility", volatility);
        TailInput.RequireAtLeastZero("horizon", years);
        return volatility * Math.Sqrt(years);
    }

    private static void RequireAccount(
        double health, ReadOnlySpan<double> shares, ReadOnlySpan<double> volatilities, CorrelationMatrix correlation, double years)
    {
        TailInput.RequireAtLeastZero("health", health);
        TailInput.RequireAtLeastZero("horizon", years);
        LinearBook.RequireBook(shares, volatilities, correlation);
        var sum = 0.0;
        foreach (var share in shares)
        {
            TailInput.RequireAtLeastZero("share", share);
            sum += share;
        }

        if (Math.Abs(sum - 1) > 1e-9)
        {
            throw new RiskInputException("SharesNotOne", $"The shares of the collaterals sum to {sum}; they must sum to 1.");
        }
    }

    /// <summary>One account's paths: working memory made once, none in the loop.</summary>
    private sealed class JointPaths
    {
        private readonly int _size;
        private readonly bool _bridge;
        private readonly double[] _start;
        private readonly double[] _values;
        private readonly double[] _moves;
        private readonly double[] _drift;
        private readonly double[] _covariance;
        private readonly double[] _factor;

        internal JointPaths(
            double health,
            ReadOnlySpan<double> shares,
            ReadOnlySpan<double> volatilities,
            CorrelationMatrix correlation,
            double yearsPerStep,
            bool bridge)
        {
            _size = shares.Length;
            _bridge = bridge;
            _values = new double[_size];
            _moves = new double[_size];
            _start = new double[_size];
            _drift = new double[_size];
            _covariance = new double[_size * _size];
            var deviations = new double[_size];
            for (var i = 0; i < _size; i++)
            {
                _start[i] = health * shares[i];
                deviations[i] = volatilities[i] * Math.Sqrt(yearsPerStep);
                _drift[i] = -0.5 * deviations[i] * deviations[i];
            }

            for (var i = 0; i < _covariance.Length; i++)
            {
                _covariance[i] = correlation.Values[i] * deviations[i / _size] * deviations[i % _size];
            }

            _factor = MonteCarlo.ScaledFactor(deviations, correlation);
        }

        /// <summary>Probability of a breach along the path of these normals, 0 to 1.</summary>
        internal double Breach(ReadOnlySpan<double> normals, double sign)
        {
            _start.CopyTo(_values, 0);
            var health = Sum();
            var survived = _bridge && health < 1 ? 0.0 : 1.0;
            for (var start = 0; start < normals.Length && survived > 0; start += _size)
            {
                var (before, variance) = (health, _bridge ? LogVariance(health) : 0);
                Move(normals.Slice(start, _size), sign);
                health = Sum();
                survived *= health < 1 ? 0 : 1 - Crossed(before, health, variance);
            }

            return 1 - survived;
        }

        private static double Crossed(double before, double after, double variance) =>
            variance > 0 ? Elementary.Exp(-2 * Elementary.Log(before) * Elementary.Log(after) / variance) : 0;

        private void Move(ReadOnlySpan<double> normals, double sign)
        {
            for (var i = 0; i < _size; i++)
            {
                _moves[i] = _drift[i] + (sign * MonteCarlo.Dot(_factor.AsSpan(i * _size, _size), normals));
            }

            for (var i = 0; i < _size; i++)
            {
                _values[i] *= Elementary.Exp(_moves[i]);
            }
        }

        private double Sum()
        {
            var sum = 0.0;
            foreach (var value in _values)
            {
                sum += value;
            }

            return sum;
        }

        // Of ln H over one step: w' C w with each collateral's share of H now.
        private double LogVariance(double health)
        {
            var sum = 0.0;
            for (var i = 0; i < _size; i++)
            {
                sum += _values[i] * MonteCarlo.Dot(_covariance.AsSpan(i * _size, _size), _values);
            }

            return sum / (health * health);
        }
    }
}
