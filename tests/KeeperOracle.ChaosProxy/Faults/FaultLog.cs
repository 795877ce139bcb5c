using System.Text.Json.Nodes;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>
/// One fault that happened: to the how-manieth call, by which rule, with which draw. There is no time in it, so that two runs can be
/// compared as text.
/// </summary>
internal sealed record FaultEntry(long Call, string Method, JsonObject Rule, double Roll)
{
    public JsonObject ToJson() => new() { ["call"] = Call, ["method"] = Method, ["rule"] = Rule.DeepClone(), ["roll"] = Roll };

    /// <summary>Throws <see cref="FormatException"/>.</summary>
    public static FaultEntry Read(JsonNode? node, string where)
    {
        var json = node as JsonObject ?? throw new FormatException($"{where} is no object.");
        var fields = new RuleFields(json, where);
        var entry = new FaultEntry(
            fields.Whole("call", 0, 1, long.MaxValue / 2),
            fields.Text("method") ?? throw fields.Wrong("method", "is missing"),
            fields.Node("rule") as JsonObject ?? throw fields.Wrong("rule", "is missing"),
            fields.Number("roll", 0, 0, 1));
        fields.RefuseOthers();
        FaultRule.Read(entry.Rule, 0, default, $"{where}: its rule");
        return entry with { Rule = (JsonObject)entry.Rule.DeepClone() };
    }
}
