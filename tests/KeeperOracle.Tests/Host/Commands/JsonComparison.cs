using System.Text.Json;

namespace KeeperOracle.Tests.Host.Commands;

/// <summary>Two JSON texts held against each other, and one against a schema. Answers are the first difference, or null.</summary>
internal static class JsonComparison
{
    /// <summary>Everything alike, numbers to this relative difference: some figures come through the C library, whose last digits are a machine's own.</summary>
    public const double Tolerance = 1e-9;

    public static string? Difference(JsonElement expected, JsonElement actual, string path = "$")
    {
        if (expected.ValueKind != actual.ValueKind)
        {
            return $"{path}: {actual.GetRawText()} where {expected.GetRawText()} is expected";
        }

        return expected.ValueKind switch
        {
            JsonValueKind.Object => Names(expected) != Names(actual)
                ? $"{path}: keys {Names(actual)} where {Names(expected)} are expected"
                : expected.EnumerateObject().Select(pair => Difference(pair.Value, actual.GetProperty(pair.Name), $"{path}.{pair.Name}")).FirstOrDefault(found => found is not null),
            JsonValueKind.Array => expected.GetArrayLength() != actual.GetArrayLength()
                ? $"{path}: {actual.GetArrayLength()} elements where {expected.GetArrayLength()} are expected"
                : expected.EnumerateArray().Zip(actual.EnumerateArray()).Index()
                    .Select(pair => Difference(pair.Item.First, pair.Item.Second, $"{path}[{pair.Index}]")).FirstOrDefault(found => found is not null),
            JsonValueKind.Number => Near(expected.GetDouble(), actual.GetDouble()) ? null : $"{path}: {actual.GetRawText()} where {expected.GetRawText()} is expected",
            _ => expected.GetRawText() == actual.GetRawText() ? null : $"{path}: {actual.GetRawText()} where {expected.GetRawText()} is expected",
        };
    }

    /// <summary>Checks the words of JSON schema that our schemas use: type, enum, properties, required, additionalProperties, items, anyOf.</summary>
    public static string? Violation(JsonElement schema, JsonElement value, string path = "$")
    {
        if (schema.ValueKind is JsonValueKind.True)
        {
            return null;
        }

        if (schema.TryGetProperty("anyOf", out var choices) && choices.EnumerateArray().All(choice => Violation(choice, value, path) is not null))
        {
            return $"{path}: none of anyOf";
        }

        if (schema.TryGetProperty("enum", out var words) && words.EnumerateArray().All(word => word.GetRawText() != value.GetRawText()))
        {
            return $"{path}: {value.GetRawText()} is not in the enum";
        }

        if (schema.TryGetProperty("type", out var types) && !Types(types).Any(type => IsOf(type, value)))
        {
            return $"{path}: {value.GetRawText()} is not of type {types.GetRawText()}";
        }

        return value.ValueKind switch
        {
            JsonValueKind.Object => ObjectViolation(schema, value, path),
            JsonValueKind.Array when schema.TryGetProperty("items", out var items) =>
                value.EnumerateArray().Index().Select(item => Violation(items, item.Item, $"{path}[{item.Index}]")).FirstOrDefault(found => found is not null),
            _ => null,
        };
    }

    private static string? ObjectViolation(JsonElement schema, JsonElement value, string path)
    {
        if (schema.TryGetProperty("required", out var required)
            && required.EnumerateArray().Select(name => name.GetString()!).FirstOrDefault(name => !value.TryGetProperty(name, out _)) is { } missing)
        {
            return $"{path}: {missing} is missing";
        }

        foreach (var member in value.EnumerateObject())
        {
            var inner = schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty(member.Name, out var own) ? own
                : schema.TryGetProperty("additionalProperties", out var other) ? other
                : (JsonElement?)null;
            if (inner is { ValueKind: JsonValueKind.False })
            {
                return $"{path}: {member.Name} is not in the schema";
            }

            if (inner is { } known && Violation(known, member.Value, $"{path}.{member.Name}") is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static IEnumerable<string> Types(JsonElement types) =>
        types.ValueKind == JsonValueKind.Array ? types.EnumerateArray().Select(type => type.GetString()!) : [types.GetString()!];

    private static bool IsOf(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() == Math.Floor(value.GetDouble()),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No such type."),
    };

    private static string Names(JsonElement value) => string.Join(", ", value.EnumerateObject().Select(pair => pair.Name));

    private static bool Near(double expected, double actual) => Math.Abs(expected - actual) <= Tolerance * Math.Max(Math.Abs(expected), 1e-6);
}
