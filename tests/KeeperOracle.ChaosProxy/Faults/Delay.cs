using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>The call waits before it goes on: a fixed time and a drawn part of another.</summary>
internal sealed class Delay(TimeSpan least, TimeSpan jitter) : Fault
{
    public static Delay Read(RuleFields fields) => new(
        TimeSpan.FromMilliseconds(fields.Number("milliseconds", 1000, 0, 600_000)),
        TimeSpan.FromMilliseconds(fields.Number("jitterMilliseconds", 0, 0, 600_000)));

    public override async Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        await Task.Delay(least + (jitter * exchange.Roll), exchange.Time, exchange.Cancelled);
        return await next(exchange.Call);
    }
}
