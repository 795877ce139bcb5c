using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>The right answer under an id that nobody asked with.</summary>
internal sealed class WrongId : Fault
{
    public override async Task<Reply> ApplyAsync(Exchange exchange, Next next) => await next(exchange.Call) with { IdOffset = 1_000_000 };
}
