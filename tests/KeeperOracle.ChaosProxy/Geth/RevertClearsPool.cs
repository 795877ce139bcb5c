using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Geth;

/// <summary>Transactions of a time that never was are not mined after evm_revert.</summary>
internal sealed class RevertClearsPool(LiveNode node) : GethBehaviour("revertClearsPool")
{
    public override async Task<Reply> AnswerAsync(Call call, Next next)
    {
        var reply = await next(call);
        if (call.Method == "evm_revert" && reply.Error is null)
        {
            await node.Upstream.AskAsync("anvil_dropAllTransactions");
            node.Pool.Remove(_ => true);
        }

        return reply;
    }
}
