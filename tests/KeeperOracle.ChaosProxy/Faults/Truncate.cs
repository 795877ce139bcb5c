using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>Half of the body comes. Without "agrees" the announced length is the whole one and the connection breaks; with it the text just ends.</summary>
internal sealed class Truncate(bool agrees) : Fault
{
    public static Truncate Read(RuleFields fields) => new(fields.Flag("agrees"));

    public override Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        exchange.Wire.IsCut = true;
        exchange.Wire.CutAgrees = agrees;
        return next(exchange.Call);
    }
}
