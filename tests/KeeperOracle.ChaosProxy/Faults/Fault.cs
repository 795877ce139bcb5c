using KeeperOracle.ChaosProxy.Doors;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>One way in which a node fails. It stands between a call and the node, like the node's own manners, or marks the wire.</summary>
internal abstract class Fault
{
    /// <param name="exchange">the call with its surroundings</param>
    /// <param name="next">the node, or the next fault before it</param>
    public abstract Task<Reply> ApplyAsync(Exchange exchange, Next next);
}

/// <param name="Call">what was asked</param>
/// <param name="Wire">how the whole answer is delivered</param>
/// <param name="Roll">in (0, 1), drawn for this exchange and this rule: for faults that vary</param>
internal sealed record Exchange(Call Call, Wire Wire, double Roll, LiveNode Node, TimeProvider Time, CancellationToken Cancelled);
