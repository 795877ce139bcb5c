using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>The addresses that a call is about.</summary>
internal static class Addresses
{
    private const int MaxDepth = 8;

    public static IReadOnlyCollection<string> Of(Call call, LiveNode node)
    {
        var found = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        Collect(call.Parameters, found, 0);
        var transaction = call.Method switch
        {
            "eth_sendRawTransaction" => RawTransaction.TryRead(call.Text(0)),
            "eth_getTransactionByHash" or "eth_getTransactionReceipt" => node.Pool.Find(call.Text(0)) ?? node.Chain.Transaction(call.Text(0)),
            _ => null,
        };
        if (transaction is not null)
        {
            found.Add(transaction.Sender.ToString());
            found.Add(transaction.To?.ToString() ?? "");
        }

        return found;
    }

    private static void Collect(JsonNode? node, HashSet<string> found, int depth)
    {
        var children = depth > MaxDepth ? [] : node switch
        {
            JsonArray list => list,
            JsonObject named => named.Select(member => member.Value),
            _ => (IEnumerable<JsonNode?>)[],
        };
        foreach (var child in children)
        {
            Collect(child, found, depth + 1);
        }

        if (node.AsText() is { Length: 42 } text)
        {
            found.Add(text);
        }
    }
}
