using System.Text.Json;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Keeping;

/// <summary>
/// Finds out what became of every intent without an outcome, from the journal and the chain alone, so that it works the same after a
/// crash: a receipt deep enough settles it; a transaction that the node does not know is sent again, byte for byte; a nonce that
/// somebody else used up drops it. After a reorganisation what was settled in the blocks that may have gone is asked for again.
/// </summary>
public sealed class SettlementWatcher(ChainAccess chain, Journal.Journal journal, TimeProvider time, ILogger logger)
{
    /// <summary>A node counts a transaction before it has its receipt; behind a load balancer that can take a while.</summary>
    private static readonly TimeSpan ReceiptGrace = TimeSpan.FromSeconds(20);


    /// <summary>How far back settled intents are looked at after a reorganisation.</summary>
    private const ulong ReorgBlocks = 128;

    private readonly Dictionary<long, long> _missingSince = [];
    private bool _pastChecked;

    public async Task<IReadOnlyList<IntentSettled>> CheckAsync(HeadEvent head, CancellationToken cancellationToken)
    {
        if (head.Reorg || !_pastChecked)
        {
            // The first time too: the chain may have reorganised while nobody looked.
            await ReopenLostAsync(head.Head, cancellationToken);
            _pastChecked = true;
        }

        var settled = new List<IntentSettled>();
        foreach (var intent in journal.OpenIntents(chain.Id).OrderBy(intent => intent.Nonce))
        {
            if (await CheckAsync(intent, head.Head, cancellationToken) is { } end)
            {
                settled.Add(end);
            }
        }

        return settled;
    }

    private async Task<IntentSettled?> CheckAsync(IntentRecord intent, BlockRef head, CancellationToken cancellationToken)
    {
        if (await FindReceiptAsync(intent, cancellationToken) is { } receipt)
        {
            _missingSince.Remove(intent.Id);
            return head.Number < receipt.BlockNumber + (ulong)chain.Options.Confirmations ? null : Settle(intent, receipt, head);
        }

        if (await chain.Eth.GetTransactionCountAsync(intent.Signer, cancellationToken) <= intent.Nonce)
        {
            await ResendAsync(intent, cancellationToken);
            return null;
        }

        // The nonce is used and no receipt is ours, so far: only time tells a late receipt from a foreign transaction.
        if (!_missingSince.TryGetValue(intent.Id, out var since))
        {
            _missingSince[intent.Id] = since = time.GetTimestamp();
        }

        if (time.GetElapsedTime(since) < ReceiptGrace)
        {
            return null;
        }

        _missingSince.Remove(intent.Id);
        const string Reason = "the nonce was used by a transaction that is not in the journal";
        logger.LogError("Chain {Chain}: {Purpose} dropped: {Reason}; is the key used elsewhere?", chain.Name, intent.Purpose, Reason);
        journal.Settle(intent.Id, IntentState.Dropped, Reason, head.Number);
        return Ended(intent, SettlementOutcome.Dropped, Reason, head);
    }

    private IntentSettled Settle(IntentRecord intent, TransactionReceipt receipt, BlockRef head)
    {
        var state = receipt.Succeeded ? IntentState.Included : IntentState.Reverted;
        journal.Settle(intent.Id, state, $"gas {receipt.GasUsed}", receipt.BlockNumber);
        logger.LogInformation(
            "Chain {Chain}: {Purpose} {State} in block {Block}, gas {Gas}", chain.Name, intent.Purpose, state, receipt.BlockNumber, receipt.GasUsed);
        return receipt.Succeeded
            ? Ended(intent, SettlementOutcome.Included, $"block {receipt.BlockNumber}", head)
            : Ended(intent, SettlementOutcome.Reverted, $"reverted in block {receipt.BlockNumber}", head);
    }

    private async Task<TransactionReceipt?> FindReceiptAsync(IntentRecord intent, CancellationToken cancellationToken)
    {
        foreach (var attempt in intent.Attempts)
        {
            if (await chain.Eth.GetTransactionReceiptAsync(attempt.TxHash, cancellationToken) is { } receipt)
            {
                return receipt;
            }
        }

        return null;
    }

    /// <summary>The newest bytes again, where the node does not know them.</summary>
    private async Task ResendAsync(IntentRecord intent, CancellationToken cancellationToken)
    {
        var attempt = intent.Attempts[^1];
        if (await chain.Eth.GetTransactionByHashAsync(attempt.TxHash, cancellationToken) is not null)
        {
            return;
        }

        var outcome = await chain.Eth.SendRawTransactionAsync(attempt.Raw, attempt.TxHash, cancellationToken);
        journal.MarkSent(attempt.Id, outcome.Kind.ToString());
        logger.LogWarning(
            "Chain {Chain}: {Purpose} was unknown to the node, the same bytes were sent again: {Outcome} {Words}", chain.Name, intent.Purpose, outcome.Kind, outcome.Reason);
    }

    private async Task ReopenLostAsync(BlockRef head, CancellationToken cancellationToken)
    {
        foreach (var intent in journal.IntentsSettledSince(chain.Id, head.Number > ReorgBlocks ? head.Number - ReorgBlocks : 0))
        {
            if (await FindReceiptAsync(intent, cancellationToken) is { } receipt && receipt.BlockNumber == intent.SettledBlock)
            {
                continue;
            }

            var outcome = journal.Reopen(intent.Id, $"its block {intent.SettledBlock} is gone");
            logger.LogWarning("Chain {Chain}: {Purpose} was settled in a block that is gone: {Outcome}", chain.Name, intent.Purpose, outcome);
        }
    }

    private IntentSettled Ended(IntentRecord intent, SettlementOutcome outcome, string detail, BlockRef head)
    {
        var action = JsonSerializer.Deserialize<KeeperAction>(intent.ActionJson, KeeperJson.Options)
            ?? throw new JsonException($"The journal holds no action for {intent.Purpose}.");
        return new IntentSettled(chain.Id, intent.Purpose, ActionEncoder.AccountOf(action), outcome, detail, head.Timestamp);
    }
}
