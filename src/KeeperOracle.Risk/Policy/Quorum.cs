using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.Policy;

/// <summary>What the contract makes of several signed values; the twin of RiskOracle's median and least-tight rules.</summary>
public static class Quorum
{
    /// <summary>The middle of an odd count; of an even count the stricter (larger) of the two in the middle.</summary>
    public static Wad StricterMedian(IEnumerable<Wad> values)
    {
        var sorted = values.Order().ToList();
        return sorted.Count > 0 ? sorted[sorted.Count / 2] : throw new ArgumentException("A median needs at least one value.", nameof(values));
    }

    /// <summary>The least tight (smallest) value counts where few have signed.</summary>
    public static Wad LeastTight(IEnumerable<Wad> values) => values.Min();
}
