using System.Text;

namespace KeeperOracle.Generators;

/// <summary>C# names from Solidity names.</summary>
internal static class Naming
{
    /// <summary>Members that records and our own generated code already have.</summary>
    private static readonly HashSet<string> Taken =
    [
        "Equals", "GetHashCode", "ToString", "GetType", "Deconstruct", "EqualityContract", "PrintMembers", "Clone", "MemberwiseClone", "Finalize",
        "ReferenceEquals", "Selector", "Topic", "AbiSignature", "TryDecode", "TryDecodeCall", "EncodeCall", "DecodeResult", "ReadFrom", "WriteTo",
    ];

    /// <summary>"min_interval_" and "_minInterval" become "MinInterval"; nothing is left of a name of underscores only.</summary>
    public static string Pascal(string name)
    {
        var text = new StringBuilder();
        foreach (var part in name.Split(['_', '$'], StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append(char.ToUpperInvariant(part[0])).Append(part, 1, part.Length - 1);
        }

        return text.Length > 0 && char.IsDigit(text[0]) ? "N" + text : text.ToString();
    }

    /// <summary>Property names for fields, in order: unnamed ones by position, none twice, none that C# or this generator has taken.</summary>
    public static List<string> Properties(IReadOnlyList<AbiField> fields, string enclosingType)
    {
        var names = new List<string>();
        for (var i = 0; i < fields.Count; i++)
        {
            var name = Pascal(fields[i].Name);
            name = name.Length == 0 ? $"Value{i}" : name;
            name = Taken.Contains(name) || name == enclosingType ? name + "Value" : name;
            names.Add(names.Contains(name) ? $"{name}{i}" : name);
        }

        return names;
    }

    public static string Xml(string text) => text.Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");

    public static string Literal(string text) => "\"" + text.Replace("\\", "\\\\").Replace("\"", "\\\"") + "\"";
}
