using System.Collections;

namespace KeeperOracle.Chain.Abi;

/// <summary>Equality of decoded values by content, through lists and bytes, so that answers of two nodes can be compared.</summary>
public static class AbiEquality
{
    public static bool Same<T>(T left, T right) => (left, right) switch
    {
        (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
        (string a, string b) => string.Equals(a, b, StringComparison.Ordinal),
        (IEnumerable a, IEnumerable b) => SameItems(a, b),
        _ => EqualityComparer<T>.Default.Equals(left, right),
    };

    public static int Hash(params ReadOnlySpan<object?> values)
    {
        var hash = new HashCode();
        foreach (var value in values)
        {
            Add(ref hash, value);
        }

        return hash.ToHashCode();
    }

    private static bool SameItems(IEnumerable left, IEnumerable right)
    {
        var a = left.GetEnumerator();
        var b = right.GetEnumerator();
        while (a.MoveNext())
        {
            if (!b.MoveNext() || !Same(a.Current, b.Current))
            {
                return false;
            }
        }

        return !b.MoveNext();
    }

    private static void Add(ref HashCode hash, object? value)
    {
        if (value is not IEnumerable list || value is string)
        {
            hash.Add(value);
            return;
        }

        foreach (var item in list)
        {
            Add(ref hash, item);
        }
    }
}
