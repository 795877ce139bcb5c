using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>The right answer after so many bytes of white space, which JSON allows: only a cap on the size helps.</summary>
internal sealed class Huge(long bytes) : Fault
{
    public static Huge Read(RuleFields fields) => new(fields.Whole("bytes", 100_000_000, 1, 4_000_000_000));

    public override Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        exchange.Wire.PaddingBytes = bytes;
        return next(exchange.Call);
    }
}
