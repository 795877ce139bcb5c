using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>
/// Another result than the node's: "result" in its place; "set" members put into it, or into each of a list; "scaleBps" of a quantity, or of
/// the 32-byte word number "word" of a result of bytes. An error and a null are told as they are, except where "result" is given.
/// </summary>
internal sealed class Lie(Func<JsonNode?, JsonNode?> tell, bool alsoOfNull) : Fault
{
    public static Lie Read(RuleFields fields)
    {
        var (result, set, scale) = (fields.Node("result"), fields.Node("set"), fields.Node("scaleBps"));
        var bps = fields.Whole("scaleBps", 10_000, 0, 1_000_000_000);
        var word = (int)fields.Whole("word", -1, -1, 10_000);
        return (result, set, scale) switch
        {
            ({ } value, null, null) => new Lie(_ => value.DeepClone(), alsoOfNull: true),
            (null, JsonObject members, null) => new Lie(told => Set(told, members), alsoOfNull: false),
            (null, null, { }) => new Lie(told => word < 0 ? Scale(told, bps) : ScaleWord(told, word, bps), alsoOfNull: false),
            _ => throw fields.Wrong("fault", "needs just one of 'result', 'set' (an object) and 'scaleBps'"),
        };
    }

    public override async Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        var reply = await next(exchange.Call);
        return reply.HasResult || (alsoOfNull && reply.Error is null) ? reply.WithResult(tell(reply.Result)) : reply;
    }

    private static JsonNode? Set(JsonNode? told, JsonObject members)
    {
        var copy = told?.DeepClone();
        var targets = copy is JsonArray list ? list.OfType<JsonObject>() : copy is JsonObject one ? [one] : [];
        foreach (var target in targets)
        {
            foreach (var (name, value) in members)
            {
                target[name] = value?.DeepClone();
            }
        }

        return copy;
    }

    private static JsonNode? Scale(JsonNode? told, long bps) =>
        Quantity.TryRead(told.AsText(), out var number) ? JsonValue.Create(Quantity.Of(number * bps / 10_000)) : told;

    private static JsonNode? ScaleWord(JsonNode? told, int word, long bps)
    {
        var (text, start) = (told.AsText(), 2 + (word * 64));
        if (text is null || text.Length < start + 64 || !Quantity.TryRead($"0x{text.AsSpan(start, 64)}", out var number))
        {
            return told;
        }

        var scaled = BigInteger.Min(number * bps / 10_000, (BigInteger.One << 256) - 1).ToString("x64", CultureInfo.InvariantCulture);
        return JsonValue.Create(text[..start] + scaled[^64..] + text[(start + 64)..]);
    }
}
