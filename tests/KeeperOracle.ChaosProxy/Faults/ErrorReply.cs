using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>A JSON-RPC error of one's own, perhaps with revert data; the node does not hear of the call.</summary>
internal sealed class ErrorReply(int code, string message, JsonNode? data) : Fault
{
    public static ErrorReply Read(RuleFields fields) => new(
        (int)fields.Whole("code", -32000, int.MinValue, int.MaxValue), fields.Text("message") ?? "internal error", fields.Node("data"));

    public override Task<Reply> ApplyAsync(Exchange exchange, Next next) => Task.FromResult(Reply.Fail(message, code, data));
}
