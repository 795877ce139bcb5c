using System.Collections.Immutable;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Sending;

/// <summary>
/// A real chain behind the seam. Nonces are read at the head's hash; receipts and what a node has are asked for in batches. Where a chain
/// has no mark "finalized", a block is taken as final <paramref name="finalityBlocks"/> below the head.
/// </summary>
public sealed class NodeSendingChain(EthApi eth, ulong finalityBlocks, TimeProvider time) : ISendingChain
{
    private const int GasMarginPercent = 30;
    private const int FeeHistoryBlocks = 4;
    private const int TipPercentile = 50;

    private readonly long _began = time.GetTimestamp();

    public async Task<ChainLooked> LookAsync(
        HeadEvent head, IReadOnlyCollection<Address> signers, IReadOnlyCollection<Hash32> receipts, IReadOnlyCollection<Hash32> waiting, CancellationToken cancellationToken)
    {
        var nonces = ImmutableDictionary.CreateBuilder<Address, ulong>();
        foreach (var signer in signers)
        {
            nonces[signer] = await eth.GetTransactionCountAsync(signer, head.Head.Hash, cancellationToken);
        }

        // Receipts after nonces: a nonce that is spent at the head has its receipt by now, or never.
        var mined = (await eth.GetTransactionReceiptsAsync(receipts, cancellationToken))
            .ToImmutableDictionary(
                receipt => receipt.TransactionHash,
                receipt => new MinedIn(receipt.TransactionHash, receipt.BlockNumber, receipt.BlockHash, receipt.Succeeded, receipt.EffectiveGasPrice * receipt.GasUsed));
        var known = await eth.GetKnownTransactionsAsync([.. waiting.Where(hash => !mined.ContainsKey(hash))], cancellationToken);
        var fees = await eth.SuggestFeesAsync(FeeHistoryBlocks, TipPercentile, cancellationToken);
        return new ChainLooked(
            head.Head,
            head.Reorg,
            await FinalizedAsync(head.Head, cancellationToken),
            fees.BaseFeePerGas,
            fees.MaxPriorityFeePerGas,
            (ulong)time.GetElapsedTime(_began).TotalSeconds,
            nonces.ToImmutable(),
            mined,
            [.. known]);
    }

    public async Task<ulong> SimulateAsync(Address signer, Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var gas = await eth.EstimateGasAsync(signer, to, data.ToArray(), 0, cancellationToken);
        return gas + (gas * GasMarginPercent / 100);
    }

    public Task<SendOutcome> BroadcastAsync(ReadOnlyMemory<byte> raw, Hash32 hash, CancellationToken cancellationToken) =>
        eth.SendRawTransactionAsync(raw, hash, cancellationToken);

    /// <summary>Height that no reorganisation reaches, as the node says or by depth.</summary>
    public async Task<ulong> FinalizedAsync(BlockRef head, CancellationToken cancellationToken)
    {
        var below = head.Number > finalityBlocks ? head.Number - finalityBlocks : 0;
        try
        {
            return (await eth.GetBlockByTagAsync("finalized", cancellationToken))?.Ref.Number ?? below;
        }
        catch (RpcException problem) when (problem.Kind == RpcFailure.ErrorReply)
        {
            // Its way of saying that it has no such mark.
            return below;
        }
    }
}
