using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>An HTTP status that is no answer, with Retry-After where the rule has it; the node does not hear of the call.</summary>
internal sealed class Status(int code, int? retryAfterSeconds) : Fault
{
    public static Status Read(RuleFields fields) => new(
        (int)fields.Whole("code", 429, 400, 599),
        fields.Whole("retryAfterSeconds", -1, -1, 86_400) is var after and >= 0 ? (int)after : null);

    public override Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        exchange.Wire.Status = code;
        exchange.Wire.RetryAfterSeconds = retryAfterSeconds;
        return Task.FromResult(Reply.Ok(null));
    }
}
