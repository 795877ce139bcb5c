using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>The node takes the transaction, answers, and loses it at once. One that was there before is lost by chaos_drop.</summary>
internal sealed class DropTransaction : Fault
{
    public override async Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        var reply = await next(exchange.Call);
        if (reply.Result.AsText() is { } hash)
        {
            await exchange.Node.DropAsync(hash);
        }

        return reply;
    }
}
