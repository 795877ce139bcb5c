using System.Globalization;

namespace KeeperOracle.Primitives;

/// <summary>An EIP-155 chain id.</summary>
public readonly record struct ChainId(ulong Value) : IComparable<ChainId>
{
    public int CompareTo(ChainId other) => Value.CompareTo(other.Value);

    public static bool operator <(ChainId left, ChainId right) => left.Value < right.Value;

    public static bool operator >(ChainId left, ChainId right) => left.Value > right.Value;

    public static bool operator <=(ChainId left, ChainId right) => left.Value <= right.Value;

    public static bool operator >=(ChainId left, ChainId right) => left.Value >= right.Value;

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
