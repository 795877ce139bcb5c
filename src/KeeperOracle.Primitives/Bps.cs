namespace KeeperOracle.Primitives;

/// <summary>Hundredths of a percent.</summary>
public readonly record struct Bps(int Value)
{
    public double ToFraction() => Value / 10_000.0;

    public override string ToString() => $"{Value} bps";
}
