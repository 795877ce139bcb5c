namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Student-t returns m + s T, T standard Student-t: s is the scale, the standard deviation is s sqrt(nu/(nu-2)).
/// VaR = -m + s t, ES = -m + s f(t)/(1-level) (nu + t^2)/(nu - 1), t the quantile at the level.
///
/// Fit by maximum likelihood of all three. For a given nu location and scale come by expectation-maximisation in Kent, Tyler and Vardi's
/// faster form: weights w = (nu+1)/(nu + d^2), m = sum(w x)/sum(w), s^2 = sum(w (x-m)^2)/sum(w). There the derivative of the profile
/// likelihood in nu is n/2 [psi((nu+1)/2) - psi(nu/2)] - 1/2 sum ln(1 + d^2/nu); its zeros on [1, 1000] are searched on a grid and refined.
/// At 1000 degrees the distribution is the normal's to 1e-3 of a quantile: a likelihood that still rises there is reported as
/// <see cref="StudentFit.NormalLimit"/>. One that rises towards 1 has no mean: `InfiniteMean`. Where half of all returns are one number (a
/// frozen feed) the likelihood has no bound: `NoMaximum`.
/// </summary>
public static class StudentTail
{
    private const double FewestDegrees = 1;
    private const double MostDegrees = 1000;
    private const int GridPoints = 16;
    private const int MostIterations = 2000;

    /// <summary>Maximum likelihood on at least ten returns.</summary>
    /// <returns>null with the status that says why there is none</returns>
    /// <exception cref="RiskInputException">`TooFewObservations`, `NotFinite`, `TooLarge`, `RootNotFound`</exception>
    public static (TailStatus Status, StudentFit? Fit) Fit(ReadOnlySpan<double> returns)
    {
        TailInput.RequireObservations(returns, minimum: 10);
        var sorted = returns.ToArray();
        Array.Sort(sorted);
        if (2 * LongestTie(sorted) >= sorted.Length)
        {
            return (TailStatus.NoMaximum, null);
        }

        var profile = new Profile(sorted);
        var best = Candidates(profile).MaxBy(candidate => candidate.LogLikelihood);
        return best is null ? (TailStatus.InfiniteMean, null) : (TailStatus.Answered, best);
    }

    /// <summary>Location and scale given. `InfiniteMean` at or under one degree of freedom.</summary>
    /// <exception cref="RiskInputException">`LevelOutOfRange`, `NotFinite`, `Negative`, `DegreesOutOfRange`</exception>
    public static TailAnswer Forecast(double location, double scale, double degreesOfFreedom, double level)
    {
        TailInput.RequireLevel(level);
        TailInput.RequireNumber("location", location);
        TailInput.RequireAtLeastZero("scale", scale);
        if (degreesOfFreedom is > 0 and <= 1)
        {
            return TailAnswer.Refused(TailStatus.InfiniteMean);
        }

        var tail = StudentT.Tail(level, degreesOfFreedom);
        return TailAnswer.Of(TailInput.Finished((scale * tail.Var) - location, (scale * tail.Es) - location));
    }

    /// <summary>
    /// Mean and standard deviation given: a Student-t scaled to unit variance, so z sqrt((nu-2)/nu). Degrees of freedom over 2.
    /// </summary>
    public static TailForecast ForecastUnitVariance(double mean, double standardDeviation, double degreesOfFreedom, double level)
    {
        if (!(degreesOfFreedom > 2))
        {
            throw new RiskInputException("DegreesOutOfRange", $"{degreesOfFreedom} degrees of freedom; a variance needs more than 2.");
        }

        return Forecast(mean, standardDeviation * Math.Sqrt((degreesOfFreedom - 2) / degreesOfFreedom), degreesOfFreedom, level).Forecast;
    }

    private static List<StudentFit> Candidates(Profile profile)
    {
        var found = new List<StudentFit>();
        var (before, scoreBefore) = (0.0, 0.0);
        for (var i = 0; i <= GridPoints; i++)
        {
            var x = Elementary.Log(FewestDegrees) + ((Elementary.Log(MostDegrees) - Elementary.Log(FewestDegrees)) * i / GridPoints);
            var score = profile.Score(x);
            if (i > 0 && scoreBefore > 0 && score <= 0)
            {
                var top = BracketedRoot.Find("maximum of the likelihood", profile.Score, before, x, 1e-12, 100);
                found.Add(profile.At(top, normalLimit: false));
            }

            (before, scoreBefore) = (x, score);
        }

        if (scoreBefore > 0)
        {
            found.Add(profile.At(before, normalLimit: true));
        }

        return found;
    }

    private static int LongestTie(double[] sorted)
    {
        var (longest, run) = (1, 1);
        for (var i = 1; i < sorted.Length; i++)
        {
            run = sorted[i] == sorted[i - 1] ? run + 1 : 1;
            longest = Math.Max(longest, run);
        }

        return longest;
    }

    private static double LogLikelihood(double[] returns, double location, double scale, double nu)
    {
        var sum = 0.0;
        foreach (var r in returns)
        {
            var d = (r - location) / scale;
            sum += Elementary.Log(1 + (d * d / nu));
        }

        return (returns.Length * (StudentT.LogNormalisation(nu) - Elementary.Log(scale))) - (0.5 * (nu + 1) * sum);
    }

    /// <summary>Location and scale that are best for one nu, carried from one nu to the next as the start.</summary>
    private sealed class Profile
    {
        private readonly double _median;
        private readonly double _range;
        private readonly double[] _scaled; // about the median, by the range: squares of tiny returns do not vanish
        private double _location;
        private double _variance;

        internal Profile(double[] sorted)
        {
            _median = HistoricalTail.Quantile(sorted, 0.5);
            _range = sorted[^1] - sorted[0];
            _scaled = Array.ConvertAll(sorted, x => (x - _median) / _range);
            foreach (var x in _scaled)
            {
                _variance += x * x / sorted.Length;
            }
        }

        /// <summary>Derivative of the profile likelihood in nu, times 2/n, at ln nu.</summary>
        internal double Score(double logDegrees)
        {
            var nu = Elementary.Exp(logDegrees);
            Maximise(nu);
            var sum = 0.0;
            foreach (var x in _scaled)
            {
                sum += Elementary.Log(1 + ((x - _location) * (x - _location) / (_variance * nu)));
            }

            return GammaFunctions.Digamma(0.5 * (nu + 1)) - GammaFunctions.Digamma(0.5 * nu) - (sum / _scaled.Length);
        }

        internal StudentFit At(double logDegrees, bool normalLimit)
        {
            var nu = Elementary.Exp(logDegrees);
            Maximise(nu);
            var scale = Math.Sqrt(_variance);
            var likelihood = LogLikelihood(_scaled, _location, scale, nu) - (_scaled.Length * Elementary.Log(_range));
            return new StudentFit(_median + (_location * _range), scale * _range, nu, likelihood, normalLimit);
        }

        private void Maximise(double nu)
        {
            for (var i = 0; i < MostIterations; i++)
            {
                var (weights, sum) = (0.0, 0.0);
                foreach (var x in _scaled)
                {
                    var w = 1 / (nu + ((x - _location) * (x - _location) / _variance));
                    weights += w;
                    sum += w * x;
                }

                var location = sum / weights;
                var squares = 0.0;
                foreach (var x in _scaled)
                {
                    var w = 1 / (nu + ((x - _location) * (x - _location) / _variance));
                    squares += w * (x - location) * (x - location);
                }

                var variance = squares / weights;
                var settled = Math.Abs(variance - _variance) <= 1e-14 * variance
                    && Math.Abs(location - _location) <= 1e-14 * Math.Sqrt(variance);
                (_location, _variance) = (location, variance);
                if (settled)
                {
                    return;
                }
            }
        }
    }
}

/// <summary>A Student-t fitted to returns.</summary>
/// <param name="Location">per sample</param>
/// <param name="Scale">per sample; not the standard deviation</param>
/// <param name="NormalLimit">the likelihood still rises at 1000 degrees of freedom: no heavier than normal</param>
public sealed record StudentFit(double Location, double Scale, double DegreesOfFreedom, double LogLikelihood, bool NormalLimit);
