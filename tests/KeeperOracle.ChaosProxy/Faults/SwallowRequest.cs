using KeeperOracle.Chain.Signing;
using KeeperOracle.ChaosProxy.Node;
using KeeperOracle.Primitives;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>The hash of the bytes, as if they had been taken; the node never sees them.</summary>
internal sealed class SwallowRequest : Fault
{
    public override Task<Reply> ApplyAsync(Exchange exchange, Next next)
    {
        try
        {
            var raw = Hex.ToBytes(exchange.Call.Text(0) ?? "");
            return Task.FromResult(Reply.Ok(Keccak.Hash(raw).ToString()));
        }
        catch (FormatException)
        {
            // What is no hexadecimal text has no hash: the node may refuse it.
            return next(exchange.Call);
        }
    }
}
