namespace KeeperOracle.Risk.Volatility;

/// <summary>
/// The simplex method of Nelder and Mead (1965) for a function of two numbers, with the usual factors 1, 2, 1/2, 1/2; stops when the
/// triangle is small beside its place, or after 2,000 steps.
/// </summary>
internal static class PlaneSimplex
{
    private const int MostSteps = 2_000;
    private const double Smallest = 1e-12;

    public static (double X, double Y, double Value) Minimise(
        Func<double, double, double> f, (double X, double Y) start, (double X, double Y) step)
    {
        (double X, double Y, double Value) At(double x, double y) => (x, y, f(x, y));
        var corners = new[] { At(start.X, start.Y), At(start.X + step.X, start.Y), At(start.X, start.Y + step.Y) };
        for (var i = 0; i < MostSteps; i++)
        {
            corners = [.. corners.OrderBy(corner => corner.Value)]; // stable: equal corners keep their order
            var (best, middle, worst) = (corners[0], corners[1], corners[2]);
            if (Math.Abs(worst.X - best.X) + Math.Abs(middle.X - best.X) <= Smallest * step.X
                && Math.Abs(worst.Y - best.Y) + Math.Abs(middle.Y - best.Y) <= Smallest * step.Y)
            {
                break;
            }

            (double X, double Y) centre = ((best.X + middle.X) / 2, (best.Y + middle.Y) / 2);
            (double X, double Y, double Value) Along(double t) =>
                At(centre.X + (t * (worst.X - centre.X)), centre.Y + (t * (worst.Y - centre.Y)));
            var reflected = Along(-1);
            if (reflected.Value < best.Value)
            {
                var expanded = Along(-2);
                corners[2] = expanded.Value < reflected.Value ? expanded : reflected;
            }
            else if (reflected.Value < middle.Value)
            {
                corners[2] = reflected;
            }
            else
            {
                var contracted = reflected.Value < worst.Value ? Along(-0.5) : Along(0.5);
                if (contracted.Value < Math.Min(worst.Value, reflected.Value))
                {
                    corners[2] = contracted;
                }
                else
                {
                    corners[1] = At((best.X + middle.X) / 2, (best.Y + middle.Y) / 2);
                    corners[2] = At((best.X + worst.X) / 2, (best.Y + worst.Y) / 2);
                }
            }
        }

        return corners.MinBy(corner => corner.Value);
    }
}
