using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Geth;

// Specification of this folder.
//
// What geth does and anvil 1.7.1 does not; the numbers are those of the list in the order it was found.
//  1 replacementPrice   a transaction in the place of another pays at least 10 % more in both fees, else "replacement transaction underpriced"
//  2 parking            a fee under the base fee is accepted and waits
//  3 keeping            a waiting transaction stays when the base fee rises over its fee, and is found by its hash
//  4 reinjection        what a reorganisation takes out of a block goes back into the pool; after a mere rollback (geth's setHead) it does not
//  5 pendingNonce       the nonce at "pending" counts only transactions without a gap before them
//  6 removedLogs        a subscriber or filter hears of logs again, marked as removed; heads of the new branch are announced one by one
//  7 sideBlocks         a block that was replaced is still found by its hash for a while
//  8 finality           a reorganisation past the finalized block is refused, as geth answers such a fork choice: -38002. One made behind the
//                       proxy's back cannot be undone here; it is counted in chaos_stats
//  9 revertClearsPool   evm_revert leaves no transaction waiting
// 10 estimation         eth_sendTransaction without a gas limit fails where the estimate fails
//    wording            refusals have geth's words and codes
//    poolContents       txpool_content and txpool_status show what 2 and 3 keep
// Limits: state cannot be read at a replaced block, where geth could for some 128 blocks: the answer is geth's error for state that is gone.
// Transactions of type 3 and 4 go to anvil untouched. What is dropped at anvil directly comes back: drop through the proxy. A transaction of
// an impersonated account has no signature, and nothing can put it back.

/// <summary>The one list, outermost first, and the switches.</summary>
internal sealed class GethLikeness(LiveNode node)
{
    public IReadOnlyList<GethBehaviour> Behaviours { get; } =
    [
        new Wording(node),
        new ReplacementPrice(node),
        new Parking(node),
        new Reinjection(node),
        new Keeping(node),
        new PoolContents(node),
        new PendingNonce(node),
        new RemovedLogs(node),
        new SideBlocks(node),
        new Finality(node),
        new RevertClearsPool(node),
        new Estimation(node),
    ];

    public Task<Reply> AnswerAsync(Call call, Next node)
    {
        var next = node;
        foreach (var behaviour in Behaviours.Reverse().Where(one => one.IsOn))
        {
            var inner = next;
            next = asked => behaviour.AnswerAsync(asked, inner);
        }

        return next(call);
    }

    public async Task FollowAsync(ChainChange change)
    {
        foreach (var behaviour in Behaviours.Where(one => one.IsOn))
        {
            await behaviour.FollowAsync(change);
        }
    }

    public T Find<T>()
        where T : GethBehaviour => Behaviours.OfType<T>().Single();
}
