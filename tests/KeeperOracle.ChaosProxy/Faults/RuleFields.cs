using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>The members of a rule, each read once with its limits; what nobody reads is an error. Throws <see cref="FormatException"/>.</summary>
internal sealed class RuleFields(JsonObject json, string where)
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);

    public JsonNode? Node(string name)
    {
        _asked.Add(name);
        return json[name];
    }

    public string? Text(string name) => Node(name) is not { } value ? null : value.AsText() ?? throw Wrong(name, "is no text");

    public string Choice(string name, params string[] choices)
    {
        var value = Text(name) ?? choices[0];
        return choices.Contains(value) ? value : throw Wrong(name, $"is none of {string.Join(", ", choices)}");
    }

    public bool Flag(string name) => Node(name) switch
    {
        null => false,
        { } value when value.GetValueKind() is JsonValueKind.True or JsonValueKind.False => value.GetValue<bool>(),
        _ => throw Wrong(name, "is neither true nor false"),
    };

    public double Number(string name, double otherwise, double lowest, double highest)
    {
        var value = Node(name) is not { } node ? otherwise
            : node.GetValueKind() == JsonValueKind.Number ? double.Parse(node.ToJsonString(), CultureInfo.InvariantCulture)
            : throw Wrong(name, "is no number");
        return value >= lowest && value <= highest
            ? value
            : throw Wrong(name, string.Create(CultureInfo.InvariantCulture, $"is not between {lowest} and {highest}"));
    }

    public long Whole(string name, long otherwise, long lowest, long highest)
    {
        var value = Number(name, otherwise, lowest, highest);
        return value == Math.Floor(value) ? (long)value : throw Wrong(name, "is no whole number");
    }

    public BigInteger Amount(string name) =>
        Node(name) is { } value && Quantity.TryRead(value.AsText(), out var number) ? number : throw Wrong(name, "is missing or no quantity like 0x1f");

    /// <summary>Text or a list of texts.</summary>
    public IReadOnlyList<string> Texts(string name) => Node(name) switch
    {
        null => [],
        JsonArray { Count: > 0 } many => [.. many.Select(one => one.AsText() ?? throw Wrong(name, "holds something that is no text"))],
        { } one => [one.AsText() ?? throw Wrong(name, "is neither text nor a list of texts")],
    };

    /// <summary>After all is read.</summary>
    public void RefuseOthers()
    {
        if (json.Select(member => member.Key).FirstOrDefault(name => !_asked.Contains(name)) is { } unknown)
        {
            throw Wrong(unknown, $"is not known here; known are {string.Join(", ", _asked.Order(StringComparer.Ordinal))}");
        }
    }

    public FormatException Wrong(string name, string problem) => new($"{where}: '{name}' {problem}.");
}
