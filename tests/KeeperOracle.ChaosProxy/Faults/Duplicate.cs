using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>The answer comes twice: in a batch as two members, over WebSocket as two messages, else as one text after the other.</summary>
internal sealed class Duplicate : Fault
{
    public override async Task<Reply> ApplyAsync(Exchange exchange, Next next) => await next(exchange.Call) with { Copies = 2 };
}
