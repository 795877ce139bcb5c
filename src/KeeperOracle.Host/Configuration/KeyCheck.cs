using System.Globalization;

namespace KeeperOracle.Host.Configuration;

/// <summary>Walks a path along the key table: gives it the table's spelling, or refuses it with what was probably meant.</summary>
internal static class KeyCheck
{
    /// <summary>EIP-2294's limit: larger ids do not survive the replay protection of EIP-155.</summary>
    private const ulong LargestChainId = 9_223_372_036_854_775_771;

    private static readonly string[] SecretWords = ["password", "passphrase", "secret", "mnemonic", "seed", "privatekey", "apikey", "token"];

    /// <summary>The canonical path and its node; null where a problem was added instead.</summary>
    /// <param name="path">Under the section, for example "Chains:1:Rpc:0:Url".</param>
    /// <param name="value">Null for a section or a JSON null.</param>
    internal static (string Path, KeyNode Node)? Walk(string path, string? value, ProblemList problems)
    {
        var node = KeyNode.Root;
        var canonical = "";
        foreach (var segment in path.Split(':'))
        {
            var here = canonical.Length == 0 ? segment : $"{canonical}:{segment}";
            var refusal = node.Key is not null ? TooDeep(canonical)
                : node.Find(segment) is null ? Unknown(here, segment, node)
                : BadName(here, segment, node);
            if (refusal is not null)
            {
                problems.AddOnce(refusal);
                return null;
            }

            node = node.Find(segment)!;
            var spelled = node.Name is "*" or "#" ? segment : node.Name;
            canonical = canonical.Length == 0 ? spelled : $"{canonical}:{spelled}";
        }

        if (node.Key is null && !string.IsNullOrEmpty(value))
        {
            problems.AddOnce(NotAValue(canonical, node));
            return null;
        }

        return (canonical, node);
    }

    /// <summary>The nearest of the known words by edit distance, without regard to case; ties go to the earlier.</summary>
    internal static string? Nearest(string word, IEnumerable<string> known) =>
        known.Select(candidate => (candidate, distance: EditDistance(word.ToUpperInvariant(), candidate.ToUpperInvariant())))
            .OrderBy(pair => pair.distance)
            .Select(pair => pair.candidate)
            .FirstOrDefault();

    /// <summary>Levenshtein distance; words are cut at 64 characters, so that a hostile key costs little.</summary>
    internal static int EditDistance(string first, string second)
    {
        var (a, b) = (first[..Math.Min(first.Length, 64)], second[..Math.Min(second.Length, 64)]);
        var previous = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var current = new int[b.Length + 1];
            current[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                current[j] = Math.Min(replaced, Math.Min(previous[j], current[j - 1]) + 1);
            }

            previous = current;
        }

        return previous[b.Length];
    }

    internal static bool IsName(string text) =>
        text.Length is >= 1 and <= 64 && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    private static ConfigurationProblem Unknown(string path, string segment, KeyNode parent)
    {
        var full = ProblemList.Full(path);
        var bare = segment.Replace("_", "", StringComparison.Ordinal);
        if (Array.Exists(SecretWords, word => bare.Contains(word, StringComparison.OrdinalIgnoreCase)))
        {
            var fix = bare.Contains("pass", StringComparison.OrdinalIgnoreCase)
                ? "Put it in a file and name it in PasswordFile."
                : "Put it in a keystore file (`geth account import` makes one) and name it in KeystoreFile, its password's file in PasswordFile.";
            return new ConfigurationProblem(full, null, "a secret never stands in the configuration", fix);
        }

        return new ConfigurationProblem(
            full,
            null,
            "there is no such key",
            $"Did you mean \"{Nearest(segment, parent.Children.Keys)}\"? Known here: {string.Join(", ", parent.Children.Keys)}.");
    }

    private static ConfigurationProblem? BadName(string path, string segment, KeyNode parent)
    {
        var full = ProblemList.Full(path);
        if (parent.IsList)
        {
            return int.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out _)
                ? null
                : new ConfigurationProblem(
                    full, null, $"{parent.Name} is a list, and \"{segment}\" is no position in it", $"Write {parent.Name} as [ … ].");
        }

        if (parent.Pattern == "Chains")
        {
            return ulong.TryParse(segment, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && id is > 0 and <= LargestChainId
                && segment[0] != '0'
                ? null
                : new ConfigurationProblem(
                    full, null, "chains are keyed by their decimal chain id", "Write the id in digits, for example \"31337\".");
        }

        return !parent.IsMap || IsName(segment)
            ? null
            : new ConfigurationProblem(
                full, null, "this name has other characters, or too many", "Use 1 to 64 letters, digits, dots, dashes or underscores.");
    }

    private static ConfigurationProblem TooDeep(string path) =>
        new(ProblemList.Full(path), null, "it takes one value, not a list or section", "Give it one value.");

    private static ConfigurationProblem NotAValue(string path, KeyNode node) => new(
        ProblemList.Full(path),
        null,
        $"it is a {(node.IsList ? "list" : "section")}, not a value",
        node.IsList
            ? $"Write {node.Name} as [ … ]."
            : $"Write it as {{ … }} with {string.Join(", ", node.Children.Keys.Select(key => key == "*" ? "one entry per name" : key))}.");
}
