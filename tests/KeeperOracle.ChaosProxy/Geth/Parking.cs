using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Geth;

/// <summary>Anvil refuses a fee under the base fee; the transaction waits in the proxy's pool until <see cref="Keeping"/> can hand it over.</summary>
internal sealed class Parking(LiveNode node) : GethBehaviour("parking")
{
    public override async Task<Reply> AnswerAsync(Call call, Next next)
    {
        var reply = await next(call);
        if (call.Method != "eth_sendRawTransaction" || reply.Error is not { } error || !AnvilWords.IsUnderBaseFee(error)
            || RawTransaction.TryRead(call.Text(0)) is not { } offered)
        {
            return reply;
        }

        var used = Quantity.Read(await node.Upstream.AskAsync("eth_getTransactionCount", offered.Sender.ToString(), "latest"));
        if (offered.Nonce < used)
        {
            return Reply.Fail("nonce too low");
        }

        var balance = Quantity.Read(await node.Upstream.AskAsync("eth_getBalance", offered.Sender.ToString(), "latest"));
        if (balance < offered.Cost)
        {
            return Reply.Fail("insufficient funds for gas * price + value");
        }

        if (node.Pool.At(offered.Sender, offered.Nonce) is { } waiting)
        {
            if (waiting.Hash == offered.Hash)
            {
                return Reply.Fail("transaction already imported");
            }

            // Anvil may still hold the one that is replaced, and would mine it.
            await node.DropAsync(waiting.Hash);
        }

        return node.Pool.Add(offered) ? Reply.Ok(offered.Hash) : Reply.Fail("txpool is full");
    }
}
