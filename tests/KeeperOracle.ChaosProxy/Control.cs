using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Faults;
using KeeperOracle.ChaosProxy.Geth;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy;

/// <summary>
/// The proxy's own methods, on the same port:
/// chaos_set [rule or list of rules] gives the numbers of the rules; chaos_clear [number] takes one away, without a number all and a replay too;
/// chaos_log gives the faults that happened; chaos_replay [log] lets just those happen again; chaos_restart [seed] begins counting and drawing anew;
/// chaos_geth [true, false or {"name": false}] switches manners of geth and gives all switches; chaos_drop [hash] loses a waiting transaction;
/// chaos_down [seconds] closes the port for so long: connections are refused; chaos_stats gives counters.
/// </summary>
internal sealed class Control(LiveNode node, FaultBook book, Action<TimeSpan> goDown)
{
    public const string Prefix = "chaos_";

    public async Task<Reply> AnswerAsync(Call call)
    {
        try
        {
            return Reply.Ok(await DoAsync(call));
        }
        catch (FormatException problem)
        {
            return Reply.Fail(problem.Message, -32602);
        }
    }

    private async Task<JsonNode?> DoAsync(Call call)
    {
        switch (call.Method)
        {
            case "chaos_set":
                return new JsonArray([.. book.Set(call.Parameter(0)).Select(id => (JsonNode)id)]);
            case "chaos_clear":
                var id = call.Parameter(0) is null ? (long?)null : Whole(call, "a rule's number");
                return book.Clear(id) ? true : throw new FormatException($"There is no rule {id}.");
            case "chaos_log":
                return book.Log();
            case "chaos_replay":
                book.Replay(call.Parameter(0));
                return true;
            case "chaos_restart":
                book.Restart((ulong)Whole(call, "a seed"));
                return true;
            case "chaos_geth":
                return Switch(call.Parameter(0));
            case "chaos_drop":
                await node.DropAsync(call.Text(0) ?? throw new FormatException("chaos_drop takes a transaction's hash."));
                return true;
            case "chaos_down":
                goDown(TimeSpan.FromSeconds(Math.Clamp(Whole(call, "seconds"), 0, 600)));
                return true;
            case "chaos_stats":
                return Stats();
            default:
                throw new FormatException($"There is no {call.Method}.");
        }
    }

    private JsonObject Switch(JsonNode? wish)
    {
        var known = node.Geth.Behaviours.ToDictionary(one => one.Name);
        var wishes = wish switch
        {
            null => [],
            JsonObject named => named.ToDictionary(one => one.Key, one => Flag(one.Key, one.Value)),
            _ => known.Keys.ToDictionary(name => name, _ => Flag("chaos_geth", wish)),
        };
        if (wishes.Keys.FirstOrDefault(name => !known.ContainsKey(name)) is { } stranger)
        {
            throw new FormatException($"'{stranger}' is none of {string.Join(", ", known.Keys)}.");
        }

        foreach (var (name, isOn) in wishes)
        {
            known[name].IsOn = isOn;
        }

        return new JsonObject(known.Select(one => KeyValuePair.Create(one.Key, (JsonNode?)one.Value.IsOn)));
    }

    private JsonObject Stats() => new()
    {
        ["calls"] = book.Calls,
        ["faults"] = book.Fired,
        ["pool"] = node.Pool.All.Count,
        ["head"] = node.Chain.Head?.Number,
        ["finalizedReorgs"] = node.Geth.Find<Finality>().Violations,
    };

    private static bool Flag(string name, JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new FormatException($"'{name}' is neither true nor false."),
    };

    private static long Whole(Call call, string what) =>
        call.Parameter(0) is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out long number) && number >= 0
            ? number
            : throw new FormatException($"{call.Method} takes {what}.");
}
