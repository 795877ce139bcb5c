using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Sending;

/// <summary>
/// A real chain behind the seam. Nonces are read at the head's hash; receipts and what a node has are asked for in batches. Where a chain
/// has no mark "finalized", a block is taken as final <paramref name="finalityBlocks"/> below the head. Its clock is that of the host at the start and
/// goes on steadily from there, whatever becomes of the host's.
/// </summary>
/// <param name="eth">the chain's nodes</param>
/// <param name="finalityBlocks">see above</param>
/// <param name="time">the host's clock</param>
/// <param name="dataFee">null where the chain takes nothing beside gas</param>
public sealed class NodeSendingChain(EthApi eth, ulong finalityBlocks, TimeProvider time, OpStackDataFee? dataFee = null) : ISendingChain
{
    private const int GasMarginPercent = 30;
    private const int FeeHistoryBlocks = 4;
    private const int TipPercentile = 50;

    private readonly long _began = time.GetTimestamp();
    private readonly DateTimeOffset _beganAt = time.GetUtcNow();

    /// <summary>Host seconds since 1970, only ever rising.</summary>
    public ulong Clock => (ulong)(_beganAt + time.GetElapsedTime(_began)).ToUnixTimeSeconds();

    public async Task<ChainLooked> LookAsync(
        HeadEvent head, IReadOnlyCollection<Address> signers, IReadOnlyCollection<Hash32> receipts, IReadOnlyCollection<Hash32> waiting, CancellationToken cancellationToken)
    {
        var nonces = ImmutableDictionary.CreateBuilder<Address, ulong>();
        var balances = ImmutableDictionary.CreateBuilder<Address, BigInteger>();
        foreach (var signer in signers)
        {
            (nonces[signer], balances[signer]) = await eth.GetNonceAndBalanceAsync(signer, head.Head.Hash, cancellationToken);
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
            Clock,
            nonces.ToImmutable(),
            balances.ToImmutable(),
            mined,
            [.. known]);
    }

    public async Task<CallCost> SimulateAsync(Address signer, Address to, ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        var gas = await eth.EstimateGasAsync(signer, to, data.ToArray(), 0, cancellationToken);
        return new CallCost(gas + (gas * GasMarginPercent / 100), dataFee is null ? BigInteger.Zero : await dataFee.AskAsync(to, data, cancellationToken));
    }

    public Task<SendOutcome> BroadcastAsync(ReadOnlyMemory<byte> raw, Hash32 hash, CancellationToken cancellationToken) =>
        eth.SendRawTransactionAsync(raw, hash, cancellationToken);

    /// <summary>
    /// Height that no reorganisation reaches, as the node says or by depth. The mark is asked for later than the head was told of: where it has passed that head
    /// meanwhile, depth under the head counts, for a later look at a head between them would find what is final broken.
    /// </summary>
    public async Task<ulong> FinalizedAsync(BlockRef head, CancellationToken cancellationToken)
    {
        var below = head.Number > finalityBlocks ? head.Number - finalityBlocks : 0;
        try
        {
            return (await eth.GetBlockByTagAsync("finalized", cancellationToken))?.Ref.Number is { } mark && mark <= head.Number ? mark : below;
        }
        catch (RpcException problem) when (problem.Kind == RpcFailure.ErrorReply)
        {
            // Its way of saying that it has no such mark.
            return below;
        }
    }
}
