using KeeperOracle.ChaosProxy.Doors;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>The node does what was asked, and the answer never comes: silence, or a reset with "ending": "reset".</summary>
internal sealed class SwallowReply(Ending ending) : Fault
{
    public static SwallowReply Read(RuleFields fields) => new(fields.Choice("ending", "hang", "reset") == "hang" ? Ending.Hang : Ending.Reset);

    public override async Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        var reply = await next(exchange.Call);
        exchange.Wire.Ending = ending;
        return reply;
    }
}
