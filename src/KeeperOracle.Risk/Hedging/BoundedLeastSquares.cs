namespace KeeperOracle.Risk.Hedging;

/// <summary>
/// Least squares with non-negative, bounded variables and a linear cost:
/// <code>
/// minimise 1/2 |A x - b|^2 + c'x + 1/2 ridge |x|^2   over 0 at most x at most u
/// </code>
/// The active-set method of Lawson and Hanson ("Solving least squares problems", 1974, chapter 23), with upper bounds and costs. The ridge
/// makes the minimum unique where columns depend on each other, so the answer does not depend on the order of work. The end is where the
/// Karush-Kuhn-Tucker conditions hold: with g = A'(A x - b) + c + ridge x, g is at least 0 at x = 0, at most 0 at x = u and 0 between,
/// within the tolerance. Deterministic: ties go to the lower index. Scale the columns to comparable length first.
/// </summary>
public sealed class BoundedLeastSquares
{
    /// <summary>Of the KKT conditions, relative to the largest of |A'b| and |c|.</summary>
    public const double Tolerance = 1e-10;

    /// <summary>On columns of unit length.</summary>
    public const double Ridge = 1e-9;

    private readonly double[][] _columns;
    private readonly double[] _target;
    private readonly double[] _cost;
    private readonly double[] _upper;
    private readonly double[] _x;
    private readonly double _scale;
    private readonly List<int> _free = [];
    private readonly bool[] _isFree;

    private BoundedLeastSquares(double[][] columns, double[] target, double[] cost, double[] upper)
    {
        (_columns, _target, _cost, _upper) = (columns, target, cost, upper);
        (_x, _isFree) = (new double[columns.Length], new bool[columns.Length]);
        for (var i = 0; i < columns.Length; i++)
        {
            _scale = Math.Max(_scale, Math.Max(Math.Abs(Dot(columns[i], target)), Math.Abs(cost[i])));
        }
    }

    /// <param name="columns">of A: variables by rows</param>
    /// <param name="target">b</param>
    /// <param name="cost">c, one a variable</param>
    /// <param name="upper">u, at least zero, may be infinite</param>
    /// <remarks>Refuses `LengthMismatch` and `NotFinite`.</remarks>
    public static double[] Solve(double[][] columns, double[] target, double[] cost, double[] upper)
    {
        ArgumentNullException.ThrowIfNull(columns);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(cost);
        ArgumentNullException.ThrowIfNull(upper);
        Validate(columns, target, cost, upper);
        var problem = new BoundedLeastSquares(columns, target, cost, upper);
        problem.Descend();
        return problem._x;
    }

    private static void Validate(double[][] columns, double[] target, double[] cost, double[] upper)
    {
        if (cost.Length != columns.Length || upper.Length != columns.Length || columns.Any(column => column.Length != target.Length))
        {
            throw new RiskInputException(
                "LengthMismatch", $"{columns.Length} columns of {target.Length} rows need as many costs and bounds.");
        }

        var finite = target.All(double.IsFinite) && cost.All(double.IsFinite) && columns.All(column => column.All(double.IsFinite));
        if (!finite || upper.Any(bound => !(bound >= 0)))
        {
            throw new RiskInputException("NotFinite", "Columns, target and costs are finite numbers and bounds at least zero.");
        }
    }

    private void Descend()
    {
        var refused = new bool[_x.Length];
        // The objective falls with every accepted variable, so that no set of free ones comes twice; the bound is for rounding alone.
        for (var turn = 0; turn < 100 + (20 * _x.Length); turn++)
        {
            if (Entering(refused) is not { } entering)
            {
                return;
            }

            var before = _x[entering];
            _free.Add(entering);
            _free.Sort();
            _isFree[entering] = true;
            var moved = SettleFree();
            if (!moved && _x[entering] == before && !_isFree[entering])
            {
                refused[entering] = true; // its gradient is rounding: without this it would be asked for ever
            }
            else
            {
                Array.Clear(refused);
            }
        }
    }

    /// <summary>The variable at a bound whose move inside lowers the objective fastest; null where none does.</summary>
    private int? Entering(bool[] refused)
    {
        var (best, gain) = ((int?)null, Tolerance * _scale);
        var residual = Residual();
        for (var i = 0; i < _x.Length; i++)
        {
            if (refused[i] || _upper[i] == 0 || _isFree[i])
            {
                continue;
            }

            var gradient = Dot(_columns[i], residual) + _cost[i] + (Ridge * _x[i]);
            var downhill = _x[i] > 0 ? gradient : -gradient;
            if (downhill > gain)
            {
                (best, gain) = (i, downhill);
            }
        }

        return best;
    }

    /// <summary>Moves the free variables to their minimum; whoever meets a bound on the way stays there. True where anything
    /// moved.</summary>
    private bool SettleFree()
    {
        var moved = false;
        while (_free.Count > 0)
        {
            var minimum = FreeMinimum();
            var share = 1.0;
            for (var k = 0; k < _free.Count; k++)
            {
                var (from, to, upper) = (_x[_free[k]], minimum[k], _upper[_free[k]]);
                if (to < 0)
                {
                    share = Math.Min(share, from / (from - to));
                }
                else if (to > upper)
                {
                    share = Math.Min(share, (upper - from) / (to - from));
                }
            }

            moved |= share > 0;
            if (Step(minimum, share))
            {
                break;
            }
        }

        return moved;
    }

    /// <summary>True where the minimum itself was reached.</summary>
    private bool Step(double[] minimum, double share)
    {
        var stuck = false;
        for (var k = 0; k < _free.Count; k++)
        {
            var (i, to) = (_free[k], minimum[k]);
            var limit = to < 0 ? _x[i] / (_x[i] - to) : to > _upper[i] ? (_upper[i] - _x[i]) / (to - _x[i]) : double.PositiveInfinity;
            if (limit <= share)
            {
                _x[i] = to < 0 ? 0 : _upper[i];
                _isFree[i] = false;
                stuck = true;
            }
            else
            {
                _x[i] = share == 1 ? to : _x[i] + (share * (to - _x[i]));
            }
        }

        _free.RemoveAll(i => !_isFree[i]);
        return !stuck;
    }

    /// <summary>Solves (A_F'A_F + ridge) z = A_F'(b - A x over the others) - c_F by Cholesky.</summary>
    private double[] FreeMinimum()
    {
        var residual = Residual(skipFree: true);
        var size = _free.Count;
        var factor = new double[size, size];
        var z = new double[size];
        for (var i = 0; i < size; i++)
        {
            var column = _columns[_free[i]];
            for (var j = 0; j <= i; j++)
            {
                var sum = Dot(column, _columns[_free[j]]) + (i == j ? Ridge : 0);
                for (var k = 0; k < j; k++)
                {
                    sum -= factor[i, k] * factor[j, k];
                }

                factor[i, j] = i == j ? Math.Sqrt(Math.Max(sum, Ridge * Ridge)) : sum / factor[j, j];
            }

            z[i] = -Dot(column, residual) - _cost[_free[i]];
            for (var k = 0; k < i; k++)
            {
                z[i] -= factor[i, k] * z[k];
            }

            z[i] /= factor[i, i];
        }

        for (var i = size - 1; i >= 0; i--)
        {
            for (var k = i + 1; k < size; k++)
            {
                z[i] -= factor[k, i] * z[k];
            }

            z[i] /= factor[i, i];
        }

        return z;
    }

    /// <summary>A x - b, with or without the free variables.</summary>
    private double[] Residual(bool skipFree = false)
    {
        var residual = new double[_target.Length];
        for (var k = 0; k < residual.Length; k++)
        {
            residual[k] = -_target[k];
        }

        for (var i = 0; i < _x.Length; i++)
        {
            if (_x[i] == 0 || (skipFree && _isFree[i]))
            {
                continue;
            }

            for (var k = 0; k < residual.Length; k++)
            {
                residual[k] += _columns[i][k] * _x[i];
            }
        }

        return residual;
    }

    private static double Dot(double[] left, double[] right)
    {
        var sum = 0.0;
        for (var k = 0; k < left.Length; k++)
        {
            sum += left[k] * right[k];
        }

        return sum;
    }
}
