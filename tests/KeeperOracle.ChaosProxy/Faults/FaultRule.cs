using System.IO.Enumeration;
using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>When a fault happens. The text it was read from stays with it, for the log.</summary>
internal sealed class FaultRule
{
    private readonly IReadOnlyList<string> _methods;
    private readonly string? _address;
    private readonly double _probability;
    private readonly long _after;
    private readonly long _count;
    private readonly TimeSpan _duration;
    private readonly DateTimeOffset _begin;
    private long _seen;
    private long _fired;

    private FaultRule(long id, JsonObject json, FaultKind kind, RuleFields fields, DateTimeOffset begin)
    {
        Id = id;
        Json = json;
        Name = kind.Name;
        Fault = kind.Read(fields);
        _methods = fields.Texts("methods") is { Count: > 0 } methods ? methods : [kind.Methods];
        _address = fields.Text("address");
        _probability = fields.Number("probability", 1, 0, 1);
        _after = fields.Whole("after", 0, 0, long.MaxValue / 2);
        _count = fields.Whole("count", long.MaxValue / 2, 1, long.MaxValue / 2);
        _duration = TimeSpan.FromSeconds(fields.Number("seconds", 86_400, 0.001, 86_400));
        _begin = begin;
    }

    public long Id { get; }

    public string Name { get; }

    public Fault Fault { get; }

    public JsonObject Json { get; }

    /// <summary>Throws <see cref="FormatException"/> with the rule's place and what is wrong.</summary>
    public static FaultRule Read(JsonNode? node, long id, DateTimeOffset now, string where)
    {
        var json = node as JsonObject ?? throw new FormatException($"{where} is no object.");
        var fields = new RuleFields(json, where);
        var name = fields.Text("fault") ?? throw fields.Wrong("fault", "is missing");
        var kind = FaultCatalogue.Find(name) ?? throw fields.Wrong("fault", $"is none of {string.Join(", ", FaultCatalogue.Kinds.Select(one => one.Name))}");
        var rule = new FaultRule(id, (JsonObject)json.DeepClone(), kind, fields, now);
        fields.RefuseOthers();
        return rule;
    }

    /// <summary>
    /// Whether it happens to this call. Two numbers are drawn for every call that the rule is about and for no other, so that the same calls
    /// draw the same numbers.
    /// </summary>
    public bool Fires(Call call, IReadOnlyCollection<string> addresses, DateTimeOffset now, Func<double> draw, out double roll)
    {
        roll = 0;
        var isMeant = _methods.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, call.Method, ignoreCase: false))
            && (_address is null || addresses.Contains(_address, StringComparer.OrdinalIgnoreCase));
        if (!isMeant)
        {
            return false;
        }

        var luck = draw();
        roll = draw();
        _seen++;
        if (_seen <= _after || _fired >= _count || now - _begin >= _duration || luck >= _probability)
        {
            return false;
        }

        _fired++;
        return true;
    }
}
