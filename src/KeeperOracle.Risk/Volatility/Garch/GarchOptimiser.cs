namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// Newton ascent of the scaled likelihood inside its bounds. A step solves the quadratic model with the analytic Hessian (with the outer
/// product of the scores where the Hessian is not negative definite), damped by lambda times the diagonal of the outer product
/// (Levenberg, Marquardt); what would leave the domain is put on its bound and the rest solved again. A step counts only where the
/// likelihood rises; near the top, where rounding hides the rise, full Newton steps are taken until they are under 1e-9 standard errors.
/// </summary>
internal sealed class GarchOptimiser
{
    private const int Size = SymmetricSystem.Size;
    private const int MaximumIterations = 200;

    /// <summary>Predicted rise of the log-likelihood under which its rounding decides: from here steps are not compared.</summary>
    private const double Unmeasurable = 1e-9;

    /// <summary>Predicted rise at which to stop: steps of 1e-9 standard errors.</summary>
    private const double Negligible = 0.5e-18;

    private const int MaximumPolishing = 5;

    /// <summary>The first damping after a step that failed; under it none is used.</summary>
    private const double LeastDamping = 1e-6;

    private const double MostDamping = 1e12;

    private static ReadOnlySpan<double> Lower => [double.NegativeInfinity, 1e-8, 0, 0];

    private static ReadOnlySpan<double> Upper => [double.PositiveInfinity, 100, 1, 1];

    private readonly double[] _x = new double[Size];
    private readonly double[] _step = new double[Size];
    private readonly bool[] _free = new bool[Size];
    private readonly double[] _model = new double[Size * Size];
    private readonly double[] _factor = new double[Size * Size];
    private GarchLikelihood _here = new();
    private GarchLikelihood _there = new();
    private readonly double[] _to = new double[Size];
    private double _damping;
    private double _raise;
    private bool _definite;
    private bool _stopped;
    private Ending _ending;

    private enum Ending
    {
        NotStarted,
        Maximum,
        Flat,
        OutOfIterations,
    }

    public int Iterations { get; private set; }

    public double LogLikelihood => _here.Value;

    public double NextVariance => _here.NextVariance;

    public GarchParameters Point => new(_x[0], _x[1], _x[2], _x[3]);

    public ReadOnlySpan<double> Hessian => _here.Hessian;

    public ReadOnlySpan<double> OuterProduct => _here.OuterProduct;

    public bool IsMaximum => _ending == Ending.Maximum;

    public void Reset() => _ending = Ending.NotStarted;

    /// <summary>Of two ends within 1e-9 the earlier start's stands, so that rounding does not choose.</summary>
    public bool IsBetterThan(GarchOptimiser other) => other._ending == Ending.NotStarted || LogLikelihood > other.LogLikelihood + 1e-9;

    public bool IsAtBound(int parameter) => _x[parameter] <= Lower[parameter] || _x[parameter] >= Upper[parameter];

    public void Climb(in GarchSample sample, in GarchParameters start)
    {
        (_x[0], _x[1], _x[2], _x[3]) = start;
        _here.Evaluate(sample, start);
        _ending = Ending.OutOfIterations;
        (_damping, _raise) = (0, 4);
        var polishing = 0;
        for (Iterations = 1; Iterations < MaximumIterations; Iterations++)
        {
            var predicted = Plan();
            var atTop = predicted < Unmeasurable && !_stopped;
            if (atTop && (!_definite || predicted < Negligible || polishing++ == MaximumPolishing))
            {
                _ending = _definite ? Ending.Maximum : Ending.Flat;
                return;
            }

            var to = new GarchParameters(_to[0], _to[1], _to[2], _to[3]);
            _there.Evaluate(sample, to);
            if (atTop || Judge(_there.Value - _here.Value, predicted))
            {
                (_x[0], _x[1], _x[2], _x[3]) = to;
                (_here, _there) = (_there, _here);
            }
        }
    }

    /// <summary>
    /// Whether the step counts, and how much to damp the next: less where the model told the rise well, more and ever faster where steps
    /// fail (Nielsen 1999). Near the top a valley may be a millionth as curved along as across, so little damping is tried first there.
    /// </summary>
    private bool Judge(double rise, double predicted)
    {
        if (!(rise > 1e-4 * Math.Max(predicted, 0)))
        {
            _damping = _damping == 0 ? (predicted > 0.1 ? 1e-2 : LeastDamping) : _damping * _raise;
            _raise *= 2;
            return false;
        }

        var surprise = (2 * rise / predicted) - 1;
        _damping *= Math.Clamp(1 - (surprise * surprise * surprise), 0.1, 4);
        _damping = _damping < LeastDamping ? 0 : _damping;
        _raise = 4;
        return true;
    }

    /// <summary>What to tell of the end.</summary>
    public (GarchStatus Status, string? Reason) Verdict()
    {
        switch (_ending)
        {
            case Ending.Flat:
                return (GarchStatus.NotConverged, "The likelihood is flat in some direction: the series does not identify all parameters.");
            case Ending.Maximum:
                break;
            default:
                return (GarchStatus.NotConverged, $"No maximum within {MaximumIterations} evaluations of the likelihood.");
        }

        var reason = string.Empty;
        if (_x[2] <= Lower[2])
        {
            reason = "alpha is 0: past returns say nothing of the next variance, and beta and omega are not identified. ";
        }

        if (_x[2] >= Upper[2])
        {
            reason = "alpha is at its bound 1: look for an outlier or an error in the series. ";
        }

        if (_x[3] <= Lower[3])
        {
            reason += "beta is 0: the model is an ARCH(1). ";
        }

        if (_x[3] >= Upper[3])
        {
            reason += "beta is at its bound 1. ";
        }

        if (_x[1] <= Lower[1])
        {
            reason += "omega is at its floor, 1e-8 of the sample variance. ";
        }

        if (_x[1] >= Upper[1])
        {
            reason += "omega is at its bound, 100 sample variances. ";
        }

        return reason.Length == 0 ? (GarchStatus.Converged, null) : (GarchStatus.AtBoundary, reason.TrimEnd());
    }

    /// <summary>
    /// Plans where to go next and returns the rise that the quadratic model predicts; 0 where no damping makes a model definite, because
    /// some parameter does not move the likelihood at all.
    /// </summary>
    private double Plan()
    {
        _definite = TryStep(_here.Hessian, -1);
        while (!_definite && !TryStep(_here.OuterProduct, 1))
        {
            _damping = Math.Max(_damping * 10, LeastDamping);
            if (_damping > MostDamping)
            {
                return 0;
            }
        }

        var rise = 0.0;
        for (var i = 0; i < Size; i++)
        {
            rise += _step[i] * _here.Gradient[i];
            for (var j = 0; j < Size; j++)
            {
                rise -= 0.5 * _step[i] * _model[(Size * i) + j] * _step[j];
            }
        }

        return rise;
    }

    /// <summary>
    /// The step to the top of the model sign * matrix + damping * diag(outer product) inside the bounds; false where that is not positive
    /// definite. A parameter on a bound with the likelihood falling into the domain stays; one whose step would leave the domain stops on
    /// the bound.
    /// </summary>
    private bool TryStep(ReadOnlySpan<double> matrix, double sign)
    {
        for (var i = 0; i < Size; i++)
        {
            for (var j = 0; j < Size; j++)
            {
                _model[(Size * i) + j] = sign * matrix[(Size * i) + j];
            }

            _model[(Size + 1) * i] += _damping * _here.OuterProduct[(Size + 1) * i];
            _to[i] = _x[i];
            _step[i] = 0;
            var slope = _here.Gradient[i];
            _free[i] = !((_x[i] <= Lower[i] && slope <= 0) || (_x[i] >= Upper[i] && slope >= 0));
        }

        _stopped = false;
        while (SymmetricSystem.Factor(_model, _free, _factor))
        {
            SolveFree();
            if (!StopAtBounds())
            {
                return true;
            }

            _stopped = true;
        }

        _stopped = false;
        return false;
    }

    private void SolveFree()
    {
        Span<double> solution = stackalloc double[Size];
        solution.Clear();
        for (var i = 0; i < Size; i++)
        {
            if (_free[i])
            {
                solution[i] = _here.Gradient[i];
                for (var j = 0; j < Size; j++)
                {
                    solution[i] -= _free[j] ? 0 : _model[(Size * i) + j] * _step[j];
                }
            }
        }

        SymmetricSystem.Solve(_factor, solution);
        for (var i = 0; i < Size; i++)
        {
            if (_free[i])
            {
                _step[i] = solution[i];
                _to[i] = _x[i] + solution[i];
            }
        }
    }

    /// <summary>Puts every free parameter that would leave the domain on its bound; true where there was one.</summary>
    private bool StopAtBounds()
    {
        var any = false;
        for (var i = 0; i < Size; i++)
        {
            var inside = Math.Clamp(_to[i], Lower[i], Upper[i]);
            if (_free[i] && inside != _to[i])
            {
                _to[i] = inside;
                _step[i] = inside - _x[i];
                _free[i] = false;
                any = true;
            }
        }

        return any;
    }
}
