using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Faults;

/// <summary>The node says that it is on another chain; everything else it answers as before.</summary>
internal sealed class WrongChain(BigInteger chainId) : Fault
{
    public static WrongChain Read(RuleFields fields) => new(fields.Amount("id"));

    public override Task<Reply> ApplyAsync(Exchange exchange, Next next) => exchange.Call.Method switch
    {
        "eth_chainId" => Task.FromResult(Reply.Ok(Quantity.Of(chainId))),
        "net_version" => Task.FromResult(Reply.Ok(JsonValue.Create(chainId.ToString(CultureInfo.InvariantCulture)))),
        _ => next(exchange.Call),
    };
}
