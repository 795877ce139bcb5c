using System.Numerics;
using System.Text.Json;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Keeping;

/// <summary>
/// Turns decided actions of one chain into transactions, one after another, without waiting for receipts: simulate, take the next nonce
/// of the journal, sign, record intent and bytes durably, and only then send. An unknown outcome of sending is nobody's problem here:
/// <see cref="SettlementWatcher"/> looks for receipts of what the journal holds and sends the same bytes again.
/// </summary>
public sealed class Transactor(ChainAccess chain, Journal.Journal journal, ISigner signer, ILogger logger)
{
    private const int GasMarginPercent = 30;
    private const int FeeHistoryBlocks = 4;
    private const int TipPercentile = 50;

    /// <summary>An outcome that is known at once (nothing was sent, or the purpose was done before), else null.</summary>
    public async Task<IntentSettled?> DispatchAsync(Act act, Address stable, BlockRef decidedAt, CancellationToken cancellationToken)
    {
        var account = ActionEncoder.AccountOf(act.Action);
        IntentSettled Ended(SettlementOutcome outcome, string detail) => new(chain.Id, act.Purpose, account, outcome, detail, decidedAt.Timestamp);

        if (journal.FindIntent(chain.Id, act.Purpose) is { } earlier && earlier.State is not (IntentState.Reverted or IntentState.Dropped))
        {
            return earlier.IsOpen ? null : Ended(SettlementOutcome.Included, $"already done in block {earlier.SettledBlock}");
        }

        try
        {
            var call = ActionEncoder.Encode(act.Action, chain.Addresses, stable);
            var gas = await chain.Eth.EstimateGasAsync(signer.Address, call.To, call.Data, BigInteger.Zero, cancellationToken);
            var fees = await chain.Eth.SuggestFeesAsync(FeeHistoryBlocks, TipPercentile, cancellationToken);
            if (FeeCaps(fees) is not { } caps)
            {
                return Ended(
                    SettlementOutcome.NotSent,
                    $"the base fee of {Gwei(fees.BaseFeePerGas)} gwei is over the ceiling of {chain.Options.MaxFeePerGasGwei} (Chains:{chain.Id}:MaxFeePerGasGwei)");
            }

            return await SignRecordAndSendAsync(act, call, gas + (gas * GasMarginPercent / 100), caps, decidedAt, cancellationToken) is { } refusal
                ? Ended(SettlementOutcome.NotSent, refusal)
                : null;
        }
        catch (ContractRevertException reverted)
        {
            logger.LogWarning("Chain {Chain}: {Purpose} not sent, its simulation reverts: {Reason}", chain.Name, act.Purpose, reverted.Message);
            return Ended(SettlementOutcome.SimulationReverted, reverted.Message);
        }
        catch (RpcException problem)
        {
            logger.LogWarning("Chain {Chain}: {Purpose} not sent: {Problem}", chain.Name, act.Purpose, problem.Message);
            return Ended(SettlementOutcome.NotSent, problem.Message);
        }
    }

    private async Task<string?> SignRecordAndSendAsync(
        Act act, EncodedAction call, ulong gas, (BigInteger Max, BigInteger Tip) caps, BlockRef decidedAt, CancellationToken cancellationToken)
    {
        var nonce = journal.NextNonce(chain.Id, signer.Address)
            ?? throw new InvalidOperationException("The signer's nonce is adopted before anything is dispatched.");
        var transaction = new Eip1559Transaction(chain.Id, nonce, caps.Tip, caps.Max, gas, call.To, BigInteger.Zero, call.Data);
        var (signed, refusal) = await signer.SignAsync(transaction, cancellationToken);
        if (signed is null)
        {
            logger.LogError("Chain {Chain}: {Purpose} not signed: {Refusal}", chain.Name, act.Purpose, refusal);
            return refusal!.ToString();
        }

        var recorded = journal.RecordIntent(new NewIntent(
            chain.Id,
            signer.Address,
            nonce,
            act.Purpose,
            JsonSerializer.Serialize(act.Action, KeeperJson.Options),
            call.To,
            decidedAt.Number,
            new NewAttempt(signed.Hash, signed.Raw, caps.Max, caps.Tip)));
        if (!recorded.IsRecorded)
        {
            return $"the journal refused the intent: {recorded.Outcome}";
        }

        // From here on the bytes may be out whatever happens: the watcher settles it.
        var outcome = await chain.Eth.SendRawTransactionAsync(signed, cancellationToken);
        journal.MarkSent(recorded.Intent!.Attempts[0].Id, outcome.Kind.ToString());
        logger.LogInformation(
            "Chain {Chain}: {Purpose} sent as {Hash} with nonce {Nonce}: {Outcome} {Words}", chain.Name, act.Purpose, signed.Hash, nonce, outcome.Kind, outcome.Reason);
        return null;
    }

    /// <summary>Twice the base fee covers six full blocks of rising fees; null where even the present base fee is over the ceiling.</summary>
    private (BigInteger Max, BigInteger Tip)? FeeCaps(FeeSuggestion fees)
    {
        var ceiling = chain.Options.MaxFeePerGasWei;
        var tip = BigInteger.Min(BigInteger.Max(fees.MaxPriorityFeePerGas, BigInteger.One), chain.Options.MaxPriorityFeePerGasWei);
        return fees.BaseFeePerGas + tip > ceiling ? null : (BigInteger.Min(ceiling, (2 * fees.BaseFeePerGas) + tip), tip);
    }

    private static string Gwei(BigInteger wei) => FixedPoint.Format(wei, 9);
}
