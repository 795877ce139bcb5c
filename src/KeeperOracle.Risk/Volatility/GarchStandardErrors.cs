namespace KeeperOracle.Risk.Volatility;

/// <summary>One number for each parameter; null where the parameter is not identified or rests on a bound.</summary>
public readonly record struct GarchParameterErrors(double? Mu, double? Omega, double? Alpha, double? Beta);

/// <summary>
/// Standard errors of a fit by three estimates of its covariance, with H the Hessian of the log-likelihood and S the sum of outer
/// products of the scores, both analytic and at the maximum: <see cref="Hessian"/> (-H)^-1, <see cref="Opg"/> S^-1, <see cref="Qml"/>
/// H^-1 S H^-1 (robust against returns that are not normal; White 1982, Bollerslev and Wooldridge 1992).
/// <para>
/// At a boundary: a parameter on its bound has no standard error (null), and the others' are conditional on it. With alpha at 0 omega and
/// beta cannot be told apart, so they have none. Where a matrix is singular, or the fit did not converge, all of that kind are null.
/// </para>
/// </summary>
public sealed record GarchStandardErrors(GarchParameterErrors Hessian, GarchParameterErrors Opg, GarchParameterErrors Qml)
{
    private const int Size = SymmetricSystem.Size;

    internal static GarchStandardErrors Of(GarchOptimiser end, double scale)
    {
        Span<bool> free = stackalloc bool[Size];
        for (var i = 0; i < Size; i++)
        {
            free[i] = !end.IsAtBound(i);
        }

        if (end.Point.Alpha <= 0)
        {
            (free[1], free[3]) = (false, false);
        }

        Span<double> bread = stackalloc double[Size * Size];
        Span<double> outer = stackalloc double[Size * Size];
        Span<double> sandwich = stackalloc double[Size * Size];
        var hasHessian = end.IsMaximum && Invert(end.Hessian, -1, free, bread);
        var hasOuter = end.IsMaximum && Invert(end.OuterProduct, 1, free, outer);
        if (hasHessian)
        {
            Sandwich(bread, end.OuterProduct, sandwich);
        }

        return new GarchStandardErrors(
            Roots(bread, free, scale, hasHessian), Roots(outer, free, scale, hasOuter), Roots(sandwich, free, scale, hasHessian));
    }

    private static bool Invert(ReadOnlySpan<double> matrix, double sign, ReadOnlySpan<bool> free, Span<double> inverse)
    {
        Span<double> signed = stackalloc double[Size * Size];
        Span<double> factor = stackalloc double[Size * Size];
        for (var i = 0; i < signed.Length; i++)
        {
            signed[i] = sign * matrix[i];
        }

        if (!SymmetricSystem.Factor(signed, free, factor))
        {
            return false;
        }

        inverse.Clear();
        for (var i = 0; i < Size; i++)
        {
            if (free[i])
            {
                var column = inverse.Slice(Size * i, Size);
                column[i] = 1;
                SymmetricSystem.Solve(factor, column);
            }
        }

        return true;
    }

    /// <summary>bread * filling * bread: the rows of what is not free are zero in the bread and take no part.</summary>
    private static void Sandwich(ReadOnlySpan<double> bread, ReadOnlySpan<double> filling, Span<double> sandwich)
    {
        for (var i = 0; i < Size; i++)
        {
            for (var j = 0; j < Size; j++)
            {
                var sum = 0.0;
                for (var k = 0; k < Size; k++)
                {
                    for (var l = 0; l < Size; l++)
                    {
                        sum += bread[(Size * i) + k] * filling[(Size * k) + l] * bread[(Size * l) + j];
                    }
                }

                sandwich[(Size * i) + j] = sum;
            }
        }
    }

    /// <summary>Square roots of the diagonal, back in the unit of the returns.</summary>
    private static GarchParameterErrors Roots(ReadOnlySpan<double> covariance, ReadOnlySpan<bool> free, double scale, bool known)
    {
        double? mu = known && free[0] ? scale * Math.Sqrt(covariance[0]) : null;
        double? omega = known && free[1] ? scale * scale * Math.Sqrt(covariance[5]) : null;
        double? alpha = known && free[2] ? Math.Sqrt(covariance[10]) : null;
        double? beta = known && free[3] ? Math.Sqrt(covariance[15]) : null;
        return new GarchParameterErrors(mu, omega, alpha, beta);
    }
}
