using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>Other text with status 200, as the page of a gateway.</summary>
internal sealed class NotJson(string text) : Fault
{
    public static NotJson Read(RuleFields fields) => new(fields.Text("text") ?? "<html><body>Maintenance</body></html>");

    public override Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        exchange.Wire.Instead = text;
        return next(exchange.Call);
    }
}
