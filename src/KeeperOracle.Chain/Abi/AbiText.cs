using System.Collections;
using System.Globalization;
using System.Text;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Abi;

/// <summary>Decoded values in words. Text and bytes from a chain are foreign: shortened, quoted, control characters escaped.</summary>
public static class AbiText
{
    private const int LongestText = 256;
    private const int LongestBytes = 64;
    private const int LongestList = 64;

    /// <summary>"Name(account 0x…, repay 123)".</summary>
    public static string Call(string name, IReadOnlyList<(string Name, object Value)> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return $"{name}({string.Join(", ", values.Select(value => value.Name.Length == 0 ? Of(value.Value) : $"{value.Name} {Of(value.Value)}"))})";
    }

    public static string Of(object? value) => value switch
    {
        null => "nothing",
        string text => Quote(text),
        bool flag => flag ? "true" : "false",
        Address address => Eip55.Format(address),
        byte[] bytes => bytes.Length <= LongestBytes ? Hex.FromBytes(bytes) : $"{Hex.FromBytes(bytes.AsSpan(0, LongestBytes))}… ({bytes.Length} bytes)",
        IEnumerable list => List(list),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string List(IEnumerable list)
    {
        var items = list.Cast<object?>().ToList();
        var more = items.Count > LongestList ? $", … {items.Count - LongestList} more" : "";
        return $"[{string.Join(", ", items.Take(LongestList).Select(Of))}{more}]";
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var c in text.Length <= LongestText ? text : text[..LongestText] + "…")
        {
            // Everything that could move a terminal's cursor or reorder a line: controls, separators, bidirectional marks.
            var plain = char.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse);
            quoted.Append(c is '"' or '\\' ? $"\\{c}" : plain ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"));
        }

        return quoted.Append('"').ToString();
    }
}
