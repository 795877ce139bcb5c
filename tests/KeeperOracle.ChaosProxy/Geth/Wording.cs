using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Geth;

/// <summary>Refusals in the words of geth (core/txpool/errors.go, core/error.go, eth/api_backend.go), with its one code.</summary>
internal sealed class Wording(LiveNode node) : GethBehaviour("wording")
{
    public override async Task<Reply> AnswerAsync(Call call, Next next)
    {
        var reply = await next(call);
        return reply.Error switch
        {
            null => reply,
            { } error when AnvilWords.IsKnown(error) => Reply.Fail("already known"),
            { } error when AnvilWords.IsNonceTooLow(error) => Reply.Fail(await NonceTooLowAsync(call)),
            { } error when AnvilWords.IsInsufficientFunds(error) => Reply.Fail("insufficient funds for gas * price + value"),
            { } error when AnvilWords.IsUnknownBlock(error) => Reply.Fail(call.Method == "eth_getLogs" ? "unknown block" : "header not found"),
            _ => reply,
        };
    }

    private async Task<string> NonceTooLowAsync(Call call)
    {
        if (RawTransaction.TryRead(call.Text(0)) is not { } offered)
        {
            return "nonce too low";
        }

        var next = Quantity.Read(await node.Upstream.AskAsync("eth_getTransactionCount", offered.Sender.ToString(), "latest"));
        return $"nonce too low: next nonce {next}, tx nonce {offered.Nonce}";
    }
}
