using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Risk.Margin;

namespace KeeperOracle.Host.Commands;

/// <summary>The JSON schema of a portfolio file, with the parameters of every model taken from the records that are read.</summary>
internal static class PortfolioSchema
{
    private const string Resource = "KeeperOracle.Host.Files.portfolio.schema.json";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Write()
    {
        using var resource = typeof(PortfolioSchema).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The executable lacks {Resource}.");
        var schema = JsonNode.Parse(resource)!.AsObject();
        schema["properties"]!["parameters"]!["anyOf"] = new JsonArray(
            ResultSchema.Of(typeof(ScaledParameters), "scaled"),
            ResultSchema.Of(typeof(DerivePm2Parameters), "derive-pm2"),
            ResultSchema.Of(typeof(SpanParameters), "span"));
        return schema.ToJsonString(Indented);
    }
}
