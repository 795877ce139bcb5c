using System.Numerics;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>The nonce at "pending" is off by so many, never under zero; at "latest" it is right.</summary>
internal sealed class StalePending(long offset) : Fault
{
    public static StalePending Read(RuleFields fields) => new(fields.Whole("offset", -1, -1_000_000, 1_000_000));

    public override async Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        var reply = await next(exchange.Call);
        return reply.HasResult && exchange.Call.Parameter(1).Is("pending")
            ? reply.WithResult(Quantity.Of(BigInteger.Max(0, Quantity.Read(reply.Result) + offset)))
            : reply;
    }
}
