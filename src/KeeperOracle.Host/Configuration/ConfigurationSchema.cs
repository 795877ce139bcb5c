using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KeeperOracle.Host.Configuration;

/// <summary>The JSON schema of a configuration file (draft 2020-12), made from the key table: what editors complete and check by.</summary>
public static class ConfigurationSchema
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The schema as indented JSON text.</summary>
    public static string Write()
    {
        var root = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "KeeperOracle configuration",
            ["type"] = "object",
            ["properties"] = new JsonObject { ["$schema"] = new JsonObject { ["type"] = "string" }, [KeyTable.Section] = Node(KeyNode.Root) },
            ["required"] = new JsonArray(KeyTable.Section),
            ["additionalProperties"] = false,
        };
        return root.ToJsonString(Indented);
    }

    private static JsonObject Node(KeyNode node) =>
        node.Key is { } key ? Leaf(key) : node.IsList ? List(node) : node.IsMap ? Map(node) : Section(node);

    private static JsonObject Section(KeyNode node)
    {
        var properties = new JsonObject();
        var required = new JsonArray();
        foreach (var (name, child) in node.Children)
        {
            properties[name] = Node(child);
            // An overlay file may give part of a chain or key; only an element of a list is always given whole.
            if (node.Name == "#" && child.Key?.WhyRequired is not null)
            {
                required.Add((JsonNode)name);
            }
        }

        var section = new JsonObject { ["type"] = "object", ["properties"] = properties, ["additionalProperties"] = false };
        if (required.Count > 0)
        {
            section["required"] = required;
        }

        return section;
    }

    private static JsonObject List(KeyNode node) => new()
    {
        ["type"] = "array",
        ["items"] = Node(node.Children["#"]),
        ["minItems"] = KeyTable.Sizes[node.Pattern].Minimum,
        ["maxItems"] = KeyTable.Sizes[node.Pattern].Maximum,
    };

    private static JsonObject Map(KeyNode node) => new()
    {
        ["type"] = "object",
        ["propertyNames"] = new JsonObject { ["pattern"] = node.Pattern == "Chains" ? "^[1-9][0-9]{0,18}$" : "^[A-Za-z0-9._-]{1,64}$" },
        ["additionalProperties"] = Node(node.Children["*"]),
        ["maxProperties"] = KeyTable.Sizes[node.Pattern].Maximum,
    };

    private static JsonObject Leaf(ConfigurationKey key)
    {
        var leaf = new JsonObject { ["description"] = key.Doc };
        switch (key.Kind)
        {
            case KeyKind.Choice:
                leaf["enum"] = new JsonArray([.. key.Choices.Select(choice => (JsonNode)choice)]);
                break;
            case KeyKind.Whole:
                leaf["type"] = "integer";
                break;
            case KeyKind.Exact or KeyKind.Real:
                leaf["type"] = "number";
                break;
            case KeyKind.Address:
                leaf["type"] = "string";
                leaf["pattern"] = "^0x[0-9a-fA-F]{40}$";
                break;
            case KeyKind.Url or KeyKind.ListenUrl:
                leaf["type"] = "string";
                leaf["pattern"] = "^https?://";
                break;
            case KeyKind.SocketUrl:
                leaf["type"] = "string";
                leaf["pattern"] = "^wss?://";
                break;
            default:
                leaf["type"] = "string";
                break;
        }

        if (key.Kind is KeyKind.Whole or KeyKind.Exact or KeyKind.Real)
        {
            leaf[key.AboveMinimum ? "exclusiveMinimum" : "minimum"] = key.Minimum;
            leaf[key.BelowMaximum ? "exclusiveMaximum" : "maximum"] = key.Maximum;
        }

        if (SettingLayers.Defaults.TryGetValue(key.Pattern, out var value))
        {
            leaf["default"] = leaf["minimum"] is null && leaf["exclusiveMinimum"] is null
                ? value
                : JsonValue.Create(decimal.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture));
        }

        return leaf;
    }
}
