using KeeperOracle.Risk.Correlation;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 16: the probability that an account's health falls under 1 inside a horizon, which orders accounts by urgency. Known from
/// elsewhere: the closed forms (end of the horizon; first passage by the reflection principle) against simulated paths, within three
/// standard errors, each at most .1 %.
/// </summary>
internal static class BreachShow
{
    private const double Day = 1.0 / 365;
    private const int Pairs = 60_000;
    private const double LargestError = .001;

    private static readonly (string Name, double Health, double Volatility)[] Queue =
    [
        ("ann", 1.02, .15), ("ben", 1.05, .75), ("cleo", 1.08, .40), ("dan", 1.10, 1.80), ("eve", 1.20, .80),
    ];

    public static Show Show => new("16", "Margin system: the probability of a breach orders the queue", Steps);

    private static IEnumerable<ShowStep> Steps()
    {
        yield return Terminal(1.05, .75, 1, 21);
        yield return FirstPassage(1.05, .75, 1, steps: 1, 22);
        yield return FirstPassage(1.05, .75, 1, steps: 4, 23);
        yield return FirstPassage(1.20, 1.10, 5, steps: 3, 24);
        yield return Order();
    }

    private static ShowStep Terminal(double health, double volatility, int days, ulong seed)
    {
        var years = days * Day;
        var closed = BreachProbability.Terminal(health, volatility, years);
        var simulated = BreachProbability.SimulateTerminal(health, [1], [volatility], CorrelationMatrix.Identity(1), years, Pairs, seed);
        return Agree(
            $"An account of health {health} whose collateral has a volatility of {volatility:P0}: the chance that its health is under 1 "
            + $"{Words(days)} from now is {closed:P2}.",
            new { health, volatility, years, seed, paths = 2 * Pairs },
            closed,
            simulated);
    }

    private static ShowStep FirstPassage(double health, double volatility, int days, int steps, ulong seed)
    {
        var years = days * Day;
        var closed = BreachProbability.FirstPassage(health, volatility, years);
        var simulated = Simulated(health, volatility, years, steps, seed);
        return Agree(
            $"The chance that an account of health {health}, volatility {volatility:P0}, is under 1 at any time within {Words(days)} is "
            + $"{closed:P2}, for liquidation does not wait for the end. Paths are looked at {(steps == 1 ? "once" : $"{steps} times")}, "
            + "and the chance of a dip between two looks is counted in.",
            new { health, volatility, years, steps, seed, paths = 2 * Pairs },
            closed,
            simulated);
    }

    private static ShowStep Agree(string sentence, object inputs, double closed, BreachProbability.Estimate simulated)
    {
        var distance = Math.Abs(closed - simulated.Probability) / simulated.StandardError;
        return ShowStep.Of(
            sentence,
            inputs,
            new { closed, simulated = simulated.Probability, simulated.StandardError },
            $"{2 * Pairs:N0} simulated paths give {simulated.Probability:P2}, {distance:N1} standard errors away (at most 3) of "
            + $"{simulated.StandardError:P3} (at most .1 %)",
            distance <= 3 && simulated.StandardError is > 0 and <= LargestError);
    }

    private static ShowStep Order()
    {
        var accounts = Queue.Select((one, i) => new
        {
            one.Name,
            one.Health,
            one.Volatility,
            Probability = BreachProbability.FirstPassage(one.Health, one.Volatility, Day),
            Simulated = Simulated(one.Health, one.Volatility, Day, 2, (ulong)(30 + i)).Probability,
        }).ToList();
        var byProbability = accounts.OrderByDescending(one => one.Probability).Select(one => one.Name).ToList();
        var bySimulation = accounts.OrderByDescending(one => one.Simulated).Select(one => one.Name).ToList();
        var byHealth = accounts.OrderBy(one => one.Health).Select(one => one.Name).ToList();
        return ShowStep.Of(
            $"Five accounts by the chance of a breach within a day: {string.Join(", ", byProbability)}. Health alone would look at "
            + $"{string.Join(", ", byHealth)} in this order and take {byHealth[0]}, whose collateral hardly moves, for the most urgent.",
            new { accounts = Queue.Select(one => new { one.Name, one.Health, one.Volatility }), years = Day },
            new { order = byProbability, probabilities = accounts.ToDictionary(one => one.Name, one => one.Probability) },
            $"simulated paths give the order {string.Join(", ", bySimulation)}, and it is not that of health",
            byProbability.SequenceEqual(bySimulation) && !byProbability.SequenceEqual(byHealth));
    }

    private static string Words(int days) => days == 1 ? "a day" : $"{days} days";

    private static BreachProbability.Estimate Simulated(double health, double volatility, double years, int steps, ulong seed) =>
        BreachProbability.SimulateFirstPassage(health, [1], [volatility], CorrelationMatrix.Identity(1), years, steps, Pairs, seed);
}
