using System.ComponentModel;
using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using KeeperOracle.Keeper;

namespace KeeperOracle.Host.Commands;

/// <summary>
/// The JSON schema (draft 2020-12) of what a command prints, made from the record that it prints, so that the two cannot differ.
/// </summary>
internal static class ResultSchema
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly JsonSerializerOptions Printing = new(KeeperJson.Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    private static readonly JsonSchemaExporterOptions Exporting = new()
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = Describe,
    };

    public static string Write<T>(string command) => Text(typeof(T), $"Result of `keeperoracle {command} -o json`");

    /// <summary>A whole schema file of one record.</summary>
    public static string Text(Type type, string title)
    {
        var schema = Of(type, title);
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        return schema.ToJsonString(Indented);
    }

    /// <summary>The schema of one record, to stand inside another.</summary>
    public static JsonObject Of(Type type, string title)
    {
        var schema = (JsonObject)Printing.GetJsonSchemaAsNode(type, Exporting);
        schema.Insert(0, "title", title);
        return schema;
    }

    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode node)
    {
        var member = context.PropertyInfo?.AssociatedParameter?.AttributeProvider ?? context.PropertyInfo?.AttributeProvider;
        var text = member?.GetCustomAttributes(typeof(DescriptionAttribute), inherit: false) is [DescriptionAttribute described, ..]
            ? described.Description
            : context.PropertyInfo is null ? context.TypeInfo.Type.GetCustomAttribute<DescriptionAttribute>()?.Description : null;
        if (text is not null && node is JsonObject schema)
        {
            schema.Insert(0, "description", text);
        }

        return node;
    }
}
