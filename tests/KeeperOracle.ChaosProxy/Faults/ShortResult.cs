using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>Of the bytes of a result only the first so many; 0 is "0x", what a call of an address without code gives.</summary>
internal sealed class ShortResult(int bytes) : Fault
{
    public static ShortResult Read(RuleFields fields) => new((int)fields.Whole("bytes", 5, 0, 1_000_000));

    public override async Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        var reply = await next(exchange.Call);
        return reply.Result.AsText() is { } text ? reply.WithResult(text[..Math.Min(text.Length, 2 + (2 * bytes))]) : reply;
    }
}
