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
        var words = values.Select(value => value.Name.Length == 0 ? Of(value.Value) : $"{value.Name} {Of(value.Value)}");
        return $"{name}({string.Join(", ", words)})";
    }

    public static string Of(object? value) => value switch
    {
        null => "nothing",
        string text => $"\"{Escape(text, LongestText).Replace("\"", "\\\"", StringComparison.Ordinal)}\"",
        bool flag => flag ? "true" : "false",
        Address address => Eip55.Format(address),
        byte[] { Length: > LongestBytes } bytes => $"{Hex.FromBytes(bytes.AsSpan(0, LongestBytes))}… ({bytes.Length} bytes)",
        byte[] bytes => Hex.FromBytes(bytes),
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

    /// <summary>
    /// Foreign text made safe for a line of a log or a terminal: what could move a cursor or reorder the line (controls, separators,
    /// bidirectional marks) is written as its code, and what is too long is cut.
    /// </summary>
    internal static string Escape(string text, int longest)
    {
        var safe = new StringBuilder();
        foreach (var c in text.Length <= longest ? text : text[..longest] + "…")
        {
            var isHarmful = c == '\\' || char.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
                or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse;
            safe.Append(!isHarmful ? c.ToString() : c == '\\' ? "\\\\" : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"));
        }

        return safe.ToString();
    }
}
