using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;
using MathNet.Numerics.LinearAlgebra;

namespace KeeperOracle.Tests.Risk.Volatility;

/// <summary>
/// The likelihood of a GARCH(1,1) written down once more, plainly and with the logarithm of the C library, and searched from many random
/// starts by the simplex of Nelder and Mead: slow, without derivatives, sharing nothing with the fit.
/// </summary>
internal static class BruteForceGarch
{
    public static double LogLikelihood(double[] returns, GarchParameters at)
    {
        var terms = new double[returns.Length];
        Terms(returns, at, terms);
        var sum = 0.0;
        foreach (var term in terms)
        {
            sum += term;
        }

        return sum;
    }

    /// <summary>The best point inside the domain of the fit.</summary>
    public static (double Value, GarchParameters At) Search(double[] returns, SeededRandom random, int starts)
    {
        var mean = returns.Average();
        var variance = returns.Average(r => (r - mean) * (r - mean));
        var deviation = Math.Sqrt(variance);
        GarchParameters Inside(double[] x) => new(
            mean + (deviation * x[0]), variance * Math.Max(1e-8, x[1]), Math.Clamp(x[2], 0, 1), Math.Clamp(x[3], 0, 1));
        double Outside(double part) => Math.Abs(part - Math.Clamp(part, 0, 1));
        double Value(double[] x) => LogLikelihood(returns, Inside(x)) - (100 * (Outside(x[2]) + Outside(x[3])));

        var best = (Value: double.NegativeInfinity, At: new double[4]);
        for (var start = 0; start < starts; start++)
        {
            var decay = Math.Exp(-7 * random.NextUniform());
            var alpha = decay * random.NextUniform();
            var omega = Math.Max(1e-4, decay - alpha) * Math.Exp(1.5 * (random.NextUniform() - 0.5));
            double[] x = [0.1 * (random.NextUniform() - 0.5), omega, alpha, 1 - decay];
            var end = NelderMead(Value, NelderMead(Value, x, 0.3, 300).At, 0.05, 300);
            best = end.Value > best.Value ? end : best;
        }

        for (var again = 0; again < 6; again++)
        {
            best = NelderMead(Value, best.At, 0.02, 500);
        }

        return (LogLikelihood(returns, Inside(best.At)), Inside(best.At));
    }

    /// <summary>Standard errors from the Hessian, the outer product and both, all by central differences.</summary>
    public static (double[] Hessian, double[] Opg, double[] Qml) StandardErrors(double[] returns, GarchParameters at)
    {
        const double step = 1e-4;
        double[] TermsAt(GarchParameters point) => Terms(returns, point, new double[returns.Length]);
        double At(int i, double stepI, int j, double stepJ) => LogLikelihood(returns, Moved(at, i, stepI, j, stepJ));
        var h = Matrix<double>.Build.Dense(
            4,
            4,
            (i, j) => (At(i, step, j, step) - At(i, step, j, -step) - At(i, -step, j, step) + At(i, -step, j, -step)) / (4 * step * step));
        var scores = Matrix<double>.Build.DenseOfColumnArrays(Enumerable.Range(0, 4).Select(i =>
            TermsAt(Moved(at, i, 1e-6, i, 0)).Zip(TermsAt(Moved(at, i, -1e-6, i, 0)), (up, down) => (up - down) / 2e-6).ToArray()));
        var bread = (-h).Inverse();
        var outer = scores.TransposeThisAndMultiply(scores);
        double[] Roots(Matrix<double> covariance) => [.. covariance.Diagonal().Select(Math.Sqrt)];
        return (Roots(bread), Roots(outer.Inverse()), Roots(bread * outer * bread));
    }

    private static double[] Terms(double[] returns, GarchParameters at, double[] terms)
    {
        var (mu, omega, alpha, beta) = at;
        var presample = 0.0;
        foreach (var r in returns)
        {
            presample += (r - mu) * (r - mu) / returns.Length;
        }

        var h = omega + ((alpha + beta) * presample);
        for (var t = 0; t < returns.Length; t++)
        {
            var squared = (returns[t] - mu) * (returns[t] - mu);
            terms[t] = -0.5 * (Math.Log(2 * Math.PI) + Math.Log(h) + (squared / h));
            h = omega + (alpha * squared) + (beta * h);
        }

        return terms;
    }

    private static GarchParameters Moved(GarchParameters at, int i, double stepI, int j, double stepJ)
    {
        double[] x = [at.Mu, at.Omega, at.Alpha, at.Beta];
        x[i] += stepI;
        x[j] += stepJ;
        return new GarchParameters(x[0], x[1], x[2], x[3]);
    }

    private static (double Value, double[] At) NelderMead(Func<double[], double> value, double[] from, double size, int iterations)
    {
        var corners = new List<(double Value, double[] At)> { (value(from), from) };
        for (var i = 0; i < from.Length; i++)
        {
            var corner = (double[])from.Clone();
            corner[i] += i switch
            {
                0 => 0.2 * size,
                1 => size * corner[1],
                _ => size * Math.Max(0.02, Math.Min(corner[i], 1 - corner[i])) * (i == 3 ? -1 : 1),
            };
            corners.Add((value(corner), corner));
        }

        for (var iteration = 0; iteration < iterations; iteration++)
        {
            corners.Sort((left, right) => right.Value.CompareTo(left.Value));
            var worst = corners[^1];
            var center = Enumerable.Range(0, from.Length).Select(j => corners.SkipLast(1).Average(c => c.At[j])).ToArray();
            (double Value, double[] At) Along(double t)
            {
                var x = center.Select((c, j) => c + (t * (c - worst.At[j]))).ToArray();
                return (value(x), x);
            }

            var reflected = Along(1);
            if (reflected.Value > corners[0].Value)
            {
                var expanded = Along(2);
                corners[^1] = expanded.Value > reflected.Value ? expanded : reflected;
            }
            else if (reflected.Value > corners[^2].Value)
            {
                corners[^1] = reflected;
            }
            else
            {
                Contract(value, corners, Along(reflected.Value > worst.Value ? 0.5 : -0.5), Math.Max(reflected.Value, worst.Value));
            }
        }

        return corners.MaxBy(corner => corner.Value);
    }

    private static void Contract(
        Func<double[], double> value, List<(double Value, double[] At)> corners, (double Value, double[] At) contracted, double toBeat)
    {
        if (contracted.Value > toBeat)
        {
            corners[^1] = contracted;
            return;
        }

        for (var i = 1; i < corners.Count; i++)
        {
            var x = corners[0].At.Zip(corners[i].At, (best, other) => best + (0.5 * (other - best))).ToArray();
            corners[i] = (value(x), x);
        }
    }
}
