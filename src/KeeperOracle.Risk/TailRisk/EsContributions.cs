namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Expected shortfall of a book split over its legs, chains or any groups, from one matrix of scenario P&amp;L (legs x scenarios, equally
/// likely).
///
/// Component (Euler): the mean loss of the group in the scenarios that make the book's ES, with the same weights (Acerbi-Tasche; scenarios
/// with the same total share their weight, so that their order does not matter). Components sum to the book's ES exactly: the total
/// is that sum. Incremental: the book's ES less the book's ES without the group. Standalone: the group's own ES.
/// By sub-additivity standalone >= component, and standalone >= incremental.
/// </summary>
public static class EsContributions
{
    /// <summary>What one group takes part in.</summary>
    public sealed record Contribution(string Group, double Component, double Incremental, double Standalone);

    /// <summary>The book and its groups, in the order in which they first appear.</summary>
    public sealed record Split(double Total, IReadOnlyList<Contribution> Groups);

    /// <param name="pnl">profit positive; leg after leg, the scenarios of one leg beside each other</param>
    /// <param name="groups">name of each leg's group: the leg itself, its chain, its underlying</param>
    /// <exception cref="RiskInputException">`LevelOutOfRange`, `ShapeMismatch`, `TooFewObservations`, `NotFinite`, `TooLarge`</exception>
    public static Split Of(ReadOnlySpan<double> pnl, IReadOnlyList<string> groups, double level)
    {
        TailInput.RequireLevel(level);
        if (groups.Count == 0 || pnl.Length % groups.Count != 0)
        {
            throw new RiskInputException("ShapeMismatch", $"{pnl.Length} figures are not {groups.Count} legs of equally many scenarios.");
        }

        var scenarios = pnl.Length / groups.Count;
        TailInput.RequireObservations(pnl, minimum: 0);
        TailInput.RequireObservations(pnl[..scenarios], minimum: 2);

        var names = new List<string>();
        var losses = GroupLosses(pnl, groups, scenarios, names);
        var book = Sum(losses, scenarios);
        var weights = TailWeights(book, level);
        var components = losses.ConvertAll(own => MonteCarlo.Dot(weights, own));
        var total = components.Sum();
        var result = new List<Contribution>(names.Count);
        for (var g = 0; g < names.Count; g++)
        {
            var without = names.Count == 1 ? 0 : Shortfall(Without(losses, g, scenarios), level);
            result.Add(new Contribution(names[g], components[g], total - without, Shortfall(losses[g], level)));
        }

        return new Split(total, result);
    }

    private static List<double[]> GroupLosses(ReadOnlySpan<double> pnl, IReadOnlyList<string> groups, int scenarios, List<string> names)
    {
        var losses = new List<double[]>();
        for (var leg = 0; leg < groups.Count; leg++)
        {
            var group = names.IndexOf(groups[leg]);
            if (group < 0)
            {
                group = names.Count;
                names.Add(groups[leg]);
                losses.Add(new double[scenarios]);
            }

            for (var s = 0; s < scenarios; s++)
            {
                losses[group][s] -= pnl[(leg * scenarios) + s];
            }
        }

        return losses;
    }

    private static double[] Sum(List<double[]> losses, int scenarios)
    {
        var sum = new double[scenarios];
        foreach (var own in losses)
        {
            for (var s = 0; s < scenarios; s++)
            {
                sum[s] += own[s];
            }
        }

        return sum;
    }

    // Summed anew, not subtracted: the large part that is taken out must not leave its rounding behind.
    private static double[] Without(List<double[]> losses, int group, int scenarios)
    {
        var others = new List<double[]>(losses);
        others.RemoveAt(group);
        return Sum(others, scenarios);
    }

    private static double Shortfall(double[] losses, double level) => MonteCarlo.Dot(TailWeights(losses, level), losses);

    // Weights that sum to one over the worst scenarios; those tied at the edge of the tail share what is left of it.
    private static double[] TailWeights(double[] losses, double level)
    {
        var sorted = (double[])losses.Clone();
        Array.Sort(sorted);
        var tail = losses.Length * (1 - level);
        var edge = sorted[losses.Length - 1 - Math.Min(losses.Length - 1, (int)Math.Floor(tail))];
        var (over, tied) = (0, 0);
        foreach (var loss in losses)
        {
            over += loss > edge ? 1 : 0;
            tied += loss == edge ? 1 : 0;
        }

        return Array.ConvertAll(losses, loss => loss > edge ? 1 / tail : loss == edge ? (tail - over) / tied / tail : 0);
    }
}
