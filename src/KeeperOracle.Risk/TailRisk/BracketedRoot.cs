using MathNet.Numerics.RootFinding;

namespace KeeperOracle.Risk.TailRisk;

/// <summary>The zero of a continuous function between two points at which its signs differ, by MathNet.Numerics' Brent.</summary>
internal static class BracketedRoot
{
    /// <param name="what">whose zero it is, for the message</param>
    /// <exception cref="RiskInputException">
    /// `RootNotFound`: the signs are the same, the function has no number on the way, or so many steps do not close in on it
    /// </exception>
    internal static double Find(string what, Func<double, double> function, double low, double high, double accuracy, int mostSteps)
    {
        RiskInputException NotFound() => new(
            "RootNotFound", $"The {what} was not found between {low} and {high} in {mostSteps} steps: take another method.");

        // The library throws an exception of its own at what is not a number.
        double Number(double x) => function(x) is var y && double.IsNaN(y) ? throw NotFound() : y;

        return Brent.TryFindRoot(Number, low, high, accuracy, mostSteps, out var root) ? root : throw NotFound();
    }
}
