using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Sending;

/// <summary>
/// A call that reverted in a block. Its receipt says that and not why: what the same call meets at the head is told in its place, in the contract's words. Whoever was outrun by
/// another process reads there that nothing is left to do.
/// </summary>
public sealed record RevertedCall(Address From, Address To, byte[] Data)
{
    /// <summary>What became of it, with the reason in front. Where a node cannot say it, or the call would succeed by now, it stays unsaid.</summary>
    public static async Task<Told> WithReasonAsync(Told told, EthApi eth, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(told);
        ArgumentNullException.ThrowIfNull(eth);
        if (told.Reverted is not { } call)
        {
            return told;
        }

        try
        {
            await eth.CallAsync(call.From, call.To, call.Data, null, cancellationToken);
            return told;
        }
        catch (ContractRevertException reverted)
        {
            return told with { Detail = $"{reverted.Message}, reverted in {told.Detail}" };
        }
        catch (RpcException)
        {
            return told;
        }
    }
}
