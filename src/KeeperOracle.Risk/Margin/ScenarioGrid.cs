namespace KeeperOracle.Risk.Margin;

/// <summary>
/// The scenarios of one model as arrays ("lanes"), filled up to whole vectors. Behind the scenarios that count stand the valuations a
/// model needs besides them: always the unmoved market, whose value is the mark to market.
/// </summary>
public sealed class ScenarioGrid
{
    /// <summary>Lanes are a multiple of this, the widest vector.</summary>
    internal const int Block = 8;

    /// <summary>Limit of scenarios: a grid is small; the Cartesian product of several underlyings does not belong in one.</summary>
    public const int MostScenarios = 4096;

    private readonly Scenario[] _lanes;

    /// <param name="scenarios">those that count, in the order of the results</param>
    /// <param name="otherSpots">spot multipliers to value besides, volatility unchanged</param>
    public ScenarioGrid(IReadOnlyList<Scenario> scenarios, params ReadOnlySpan<double> otherSpots)
    {
        if (scenarios.Count is 0 or > MostScenarios)
        {
            throw new RiskInputException("ScenarioCount", $"A grid has 1 to {MostScenarios} scenarios, not {scenarios.Count}.");
        }

        for (var i = 0; i < scenarios.Count; i++)
        {
            RequireSane(scenarios[i], i);
        }

        var lanes = new List<Scenario>(scenarios);
        foreach (var spot in (ReadOnlySpan<double>)[1, .. otherSpots])
        {
            if (IndexOf(lanes, spot) < 0)
            {
                lanes.Add(new Scenario(spot, VolatilityMove.None, 0));
            }
        }

        while (lanes.Count % Block != 0)
        {
            lanes.Add(new Scenario(1, VolatilityMove.None, 0));
        }

        _lanes = [.. lanes];
        Scenarios = [.. scenarios];
        BaseLane = LaneOf(1);
        HasSkew = scenarios.Any(scenario => scenario.IsSkew);
        Damping = [.. lanes.Select(lane => lane.Damping)];
        SpotMove = [.. lanes.Select(lane => lane.SpotMultiplier - 1)];
    }

    public IReadOnlyList<Scenario> Scenarios { get; }

    public int Count => Scenarios.Count;

    internal int Lanes => _lanes.Length;

    /// <summary>Where the unmoved market is valued.</summary>
    internal int BaseLane { get; }

    internal bool HasSkew { get; }

    internal double[] Damping { get; }

    /// <summary>Spot multiplier less one.</summary>
    internal double[] SpotMove { get; }

    internal Scenario this[int lane] => _lanes[lane];

    /// <summary>Where this spot multiplier with unchanged volatility is valued.</summary>
    internal int LaneOf(double spotMultiplier) => IndexOf(_lanes, spotMultiplier);

    private static int IndexOf(IReadOnlyList<Scenario> lanes, double spot)
    {
        for (var i = 0; i < lanes.Count; i++)
        {
            if (lanes[i].Volatility == VolatilityMove.None && lanes[i].SpotMultiplier == spot)
            {
                return i;
            }
        }

        return -1;
    }

    private static void RequireSane(in Scenario scenario, int index)
    {
        if (scenario.SpotMultiplier is not (> 0 and <= 1e6))
        {
            throw new RiskInputException(
                "SpotMultiplierOutOfRange",
                $"Scenario {index}: a spot multiplier lies over 0 and is at most 1e6, not {scenario.SpotMultiplier}.");
        }

        if (scenario.Damping is not (>= 0 and <= 1e6))
        {
            throw new RiskInputException("DampingOutOfRange", $"Scenario {index}: damping lies from 0 to 1e6, not {scenario.Damping}.");
        }
    }
}
