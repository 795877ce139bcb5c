using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Subscriptions;

/// <summary>Which logs somebody wants: one or several addresses, and for each topic one, several or any.</summary>
internal sealed class LogCriteria
{
    private readonly IReadOnlyList<string> _addresses;
    private readonly IReadOnlyList<IReadOnlyList<string>> _topics;

    private LogCriteria(IReadOnlyList<string> addresses, IReadOnlyList<IReadOnlyList<string>> topics)
    {
        _addresses = addresses;
        _topics = topics;
    }

    public static LogCriteria Read(JsonNode? filter) => new(
        OneOrMany((filter as JsonObject)?["address"]),
        [.. ((filter as JsonObject)?["topics"] as JsonArray ?? []).Select(OneOrMany)]);

    public IEnumerable<JsonObject> Of(SeenBlock block) => block.Logs.Where(Matches);

    private bool Matches(JsonObject log)
    {
        var topics = log["topics"]!.AsArray();
        return IsAmong(_addresses, log["address"])
            && _topics.Count <= topics.Count
            && _topics.Select((wanted, index) => IsAmong(wanted, topics[index])).All(isAmong => isAmong);
    }

    /// <summary>An empty list matches anything.</summary>
    private static bool IsAmong(IReadOnlyList<string> wanted, JsonNode? value) => wanted.Count == 0 || wanted.Any(one => value.Is(one));

    private static List<string> OneOrMany(JsonNode? value) => value is JsonArray many
        ? [.. many.Select(one => one.AsText()).OfType<string>()]
        : value.AsText() is { } one ? [one] : [];
}
