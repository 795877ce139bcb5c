namespace KeeperOracle.Risk.Margin;

/// <summary>
/// Parameters of `scaled`. The defaults are the published model, the one the contracts compute; fractions unless a name says otherwise.
/// </summary>
public sealed record ScaledParameters
{
    /// <summary>Spot moves as multiples of the range; each with volatility up, unchanged and down.</summary>
    public IReadOnlyList<double> Steps { get; init; } = [-1, -.75, -.5, -.25, 0, .25, .5, .75, 1];

    /// <summary>Factor on implied volatility.</summary>
    public double VolatilityUp { get; init; } = 1.40;

    public double VolatilityDown { get; init; } = .78;

    /// <summary>Moves beyond the grid, volatility up, of whose loss a share counts.</summary>
    public IReadOnlyList<TailMove> Tails { get; init; } = [new(-.66, .24), new(-.33, .48), new(.5, .32), new(1, .16)];

    /// <summary>Range = clamp(RangeQuantile sigma sqrt(RangeDays/365), LeastRange, MostRange), sigma the applied volatility.</summary>
    public double RangeQuantile { get; init; } = Conventions.Z99;

    public double RangeDays { get; init; } = 5;

    public double LeastRange { get; init; } = .08;

    public double MostRange { get; init; } = .50;

    /// <summary>Instead of the range that follows volatility: the static baseline and the checks of the risk model.</summary>
    public double? FixedRange { get; init; }

    /// <summary>
    /// Ascending ranges up to at least the largest one, or none (the default). With them a range is rounded up to a rung and the grids of
    /// all rungs up to it count, so that the scenarios of a wider range contain those of a narrower one: then, and only then, a wider range
    /// never lowers the requirement of any book (see <see cref="ScaledMargin"/>).
    /// </summary>
    public IReadOnlyList<double> RangeLadder { get; init; } = [];

    /// <summary>Of spot for each naked short option.</summary>
    public double NakedOption { get; init; } = .01;

    /// <summary>Of the perpetual's notional, |amount| x spot.</summary>
    public double PerpMaintenance { get; init; } = .015;

    /// <summary>On top of the maintenance one, initial only.</summary>
    public double PerpInitial { get; init; } = .005;

    /// <summary>
    /// What may be sold in a day by underlying, in units of account, or nothing (the default). Where it is given, selling the whole book
    /// at square-root impact is added: 2/3 sigma sqrt(1/365) sqrt(Q/V) Q, with Q the gross notional. It grows faster than the book, so it
    /// has no part in the comparison with isolated margin. Off-chain only.
    /// </summary>
    public IReadOnlyDictionary<string, double> DailyVolumes { get; init; } = new Dictionary<string, double>();

    /// <summary>The static baseline: a range that does not follow volatility.</summary>
    public static ScaledParameters Static(double range = .50) => new() { FixedRange = range };

    /// <summary>The range of one underlying from its applied volatility.</summary>
    public double Range(double volatility)
    {
        var range = FixedRange ?? Math.Clamp(RangeQuantile * volatility * Math.Sqrt(RangeDays / 365), LeastRange, MostRange);
        return RangeLadder.Count == 0 ? range : RangeLadder.First(rung => rung >= range);
    }

    /// <summary>The scenarios of a range, in the order of the results: step by step up, unchanged, down; then the tails.</summary>
    public ScenarioGrid Grid(double range)
    {
        var moves = RangeLadder.Where(rung => rung < range).Append(range).SelectMany(rung => Steps.Select(step => step * rung)).Distinct();
        return new ScenarioGrid(
        [
            .. moves.SelectMany(move => (Scenario[])
                [new(1 + move, VolatilityMove.Up), new(1 + move, VolatilityMove.None), new(1 + move, VolatilityMove.Down)]),
            .. Tails.Select(tail => new Scenario(1 + tail.Move, VolatilityMove.Up, tail.Damping)),
        ]);
    }

    internal VolatilityShock Shock => new(VolatilityUp, VolatilityDown);

    /// <summary>The first value that is out of range is refused as `ParameterOutOfRange`, a ladder that is none as
    /// `BrokenLadder`.</summary>
    public void Require()
    {
        ParameterRange.Require(VolatilityUp, 1, 100, nameof(VolatilityUp));
        ParameterRange.Require(VolatilityDown, 0, 1, nameof(VolatilityDown));
        ParameterRange.Require(RangeQuantile, 0, 100, nameof(RangeQuantile));
        ParameterRange.Require(RangeDays, 0, 3650, nameof(RangeDays));
        ParameterRange.Require(LeastRange, 0, .99, nameof(LeastRange));
        ParameterRange.Require(MostRange, LeastRange, .99, nameof(MostRange));
        ParameterRange.Require(FixedRange ?? 0, 0, .99, nameof(FixedRange));
        ParameterRange.Require(NakedOption, 0, 10, nameof(NakedOption));
        ParameterRange.Require(PerpMaintenance, 0, 10, nameof(PerpMaintenance));
        ParameterRange.Require(PerpInitial, 0, 10, nameof(PerpInitial));
        foreach (var step in Steps)
        {
            ParameterRange.Require(step, -1, 1, nameof(Steps));
        }

        foreach (var tail in Tails)
        {
            ParameterRange.Require(tail.Move, -.999, 1e3, nameof(Tails));
            ParameterRange.Require(tail.Damping, 0, 1, nameof(Tails));
        }

        foreach (var (underlying, volume) in DailyVolumes)
        {
            ParameterRange.Require(volume, 1e-9, 1e18, $"{nameof(DailyVolumes)}.{underlying}");
        }

        var ascending = RangeLadder.Zip(RangeLadder.Skip(1), (low, high) => low < high).All(rises => rises);
        var reaches = RangeLadder.Count == 0 || (RangeLadder[0] > 0 && RangeLadder[^1] >= (FixedRange ?? MostRange) && RangeLadder[^1] < 1);
        if (!(ascending && reaches))
        {
            throw new RiskInputException(
                "BrokenLadder", "RangeLadder must ascend from over 0 to under 1 and reach the largest range (MostRange, or FixedRange).");
        }
    }

    /// <summary>A spot move and the share of its loss that counts.</summary>
    public readonly record struct TailMove(double Move, double Damping);
}
