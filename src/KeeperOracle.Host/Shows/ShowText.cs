using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Story;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// A show as a person reads it: each step's sentence, the values it has by name and whether it holds. Numbers have seven digits; what
/// does not fit a line (portfolios, series) is only named, and stands in full in `-o json`.
/// </summary>
internal sealed partial class ShowText(TextWriter output)
{
    private const int Width = 110;
    private const int LongestList = 8;
    private const string Joined = "\u00a0%"; // a line does not end between a number and its sign

    public void Begin(Show show)
    {
        output.WriteLine($"System {show.System}. {show.Title}");
        output.WriteLine();
    }

    public void Begin(StoryScene scene)
    {
        output.WriteLine($"Scene {scene.Number}. {scene.Title}");
        output.WriteLine();
    }

    public void Write(int number, ShowStep step) => Write($"{number,2}. ", step);

    /// <summary>What the keepers of a story did, which is of no scene.</summary>
    public void WriteRace(ShowStep step)
    {
        output.WriteLine("The race of the keepers");
        output.WriteLine();
        Write("    ", step);
    }

    private void Write(string head, ShowStep step)
    {
        Block(head, step.Sentence);
        Block("      from   ", Values(step.Inputs));
        Block("      gives  ", Values(step.Outputs));
        Block(step.Holds ? "      holds  " : "      FAILS  ", step.Expectation);
        output.WriteLine();
    }

    public void End(ShowReport report)
    {
        var failed = report.Steps.Count(step => !step.Holds);
        output.WriteLine(failed == 0 ? $"All {report.Steps.Count} steps hold." : $"{failed} of {report.Steps.Count} steps FAIL.");
    }

    private void Block(string head, string text)
    {
        var line = new StringBuilder(head);
        foreach (var word in text.Replace(" %", Joined, StringComparison.Ordinal).Split(' '))
        {
            if (line.Length > head.Length && line.Length + word.Length > Width)
            {
                End(line);
                line.Clear().Append(' ', head.Length);
            }

            line.Append(word).Append(' ');
        }

        End(line);
    }

    private void End(StringBuilder line) => output.WriteLine(line.ToString().TrimEnd().Replace(Joined, " %", StringComparison.Ordinal));

    private static string Values(JsonObject values)
    {
        var inline = values.Select(pair => (Name: Words(pair.Key), Text: Short(pair.Value))).ToList();
        var shown = inline.Where(pair => pair.Text is not null).Select(pair => $"{pair.Name} {pair.Text}");
        var named = inline.Where(pair => pair.Text is null).Select(pair => pair.Name).ToList();
        return string.Join("; ", named.Count == 0 ? shown : shown.Append($"in -o json: {string.Join(", ", named)}"));
    }

    /// <summary>Null where it is too long for a line.</summary>
    private static string? Short(JsonNode? node) => node switch
    {
        null => "none",
        JsonValue value => Short(value),
        JsonArray list when list.Count <= LongestList && list.All(one => one is JsonValue) =>
            string.Join(", ", list.Select(one => Short((JsonValue)one!))),
        JsonObject group when group.Count <= LongestList && group.All(pair => pair.Value is JsonValue) =>
            string.Join(", ", group.Select(pair => $"{Words(pair.Key)} {Short((JsonValue)pair.Value!)}")),
        _ => null,
    };

    private static string Short(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.Number => Figure(value.GetValue<JsonElement>().GetDouble()),
        JsonValueKind.True => "yes",
        JsonValueKind.False => "no",
        _ => value.ToString(),
    };

    private static string Figure(double number) => Math.Abs(number) >= 1e6 ? $"{number:N0}" : Display.Figure(number);

    /// <summary>`worstLoss` as "worst loss".</summary>
    private static string Words(string name) => Hump().Replace(name, match => $" {char.ToLowerInvariant(match.Value[0])}");

    [GeneratedRegex("(?<=[A-Za-z0-9])[A-Z]")]
    private static partial Regex Hump();
}
