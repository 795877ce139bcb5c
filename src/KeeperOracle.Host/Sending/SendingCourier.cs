using System.Numerics;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Sending;

/// <summary>The call that a request stands for.</summary>
/// <param name="DecidedAt">the head at which it was decided</param>
public sealed record PlannedCall(Address To, byte[] Data, string ActionJson, ulong DecidedAt);

/// <summary>What became of a purpose, for the keeper.</summary>
/// <param name="Reverted">the call that reverted in a block; null with any other end</param>
public sealed record Told(string Purpose, string ActionJson, SendEnd End, string Detail, RevertedCall? Reverted = null);

/// <summary>
/// Carries out what a <see cref="SendingBook"/> wants, one event after another: simulates, signs, writes down, sends, and tells. Its order is the
/// journal's promise: bytes are durable before they leave, an outcome is durable before it is told. After a crash a new one is made from the
/// journal, and goes on as if the old one had only been slow.
/// </summary>
public sealed class SendingCourier
{
    private const string AfterBlock = "/after-block-";

    private readonly ChainId _chain;
    private readonly SendingSettings _settings;
    private readonly IReadOnlyList<Address> _signers;
    private readonly IIntentJournal _journal;
    private readonly ISendingChain _node;
    private readonly ISlotSigner _signer;
    private readonly Action<Alarm> _onAlarm;
    private readonly ILogger _logger;
    private readonly Action<CrashPoint>? _onPoint;
    private readonly Dictionary<string, PlannedCall> _calls = [];
    private readonly List<Task<SendingEvent>> _broadcasts = [];
    private readonly Queue<SendingEvent> _events = new();
    private readonly List<Told> _told = [];
    private SendingBook _book;
    private ulong _finalized;
    private ulong _clock;
    private ulong _head;
    private bool _mustLookBack = true;

    /// <param name="chain">the chain</param>
    /// <param name="settings">its limits</param>
    /// <param name="signers">whose nonces may be used; the journal has a floor for each</param>
    /// <param name="finalized">height under which the journal's outcomes stand for good</param>
    /// <param name="clock">the node's clock now: what the journal says was signed in the hour before counts against the hourly budgets</param>
    /// <param name="journal">what was signed</param>
    /// <param name="node">the chain's nodes</param>
    /// <param name="signer">has the keys of the signers</param>
    /// <param name="onAlarm">hears what somebody has to look at</param>
    /// <param name="logger">hears what is sent</param>
    /// <param name="onPoint">hears of each crash point that is passed; null in use</param>
    public SendingCourier(
        ChainId chain,
        SendingSettings settings,
        IReadOnlyList<Address> signers,
        ulong finalized,
        ulong clock,
        IIntentJournal journal,
        ISendingChain node,
        ISlotSigner signer,
        Action<Alarm> onAlarm,
        ILogger logger,
        Action<CrashPoint>? onPoint = null)
    {
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentNullException.ThrowIfNull(settings);
        (_chain, _signers, _journal, _node, _signer) = (chain, signers, journal, node, signer);
        (_onAlarm, _logger, _onPoint) = (onAlarm, logger, onPoint);
        (_settings, _finalized, _clock) = (settings, finalized, clock);
        _book = FromJournal();
    }

    public IEnumerable<Slot> Slots => _book.Slots;

    public int Queued => _book.Queued;

    /// <summary>Something whose purpose begins so waits here or in the pool.</summary>
    public bool IsUnderWay(string purposePrefix) =>
        _calls.Keys.Any(purpose => purpose.StartsWith(purposePrefix, StringComparison.Ordinal))
        || Slots.Any(slot => slot is { Mined: null, End: null } && slot.Request.Purpose.StartsWith(purposePrefix, StringComparison.Ordinal));

    /// <summary>
    /// Something to do once. What is under way, or was done after the block at which this was decided, is not done again. What was decided on a
    /// block that has the effect in it is a new need under an old name: reorganisations can give a purpose's counter to another effect. It gets
    /// a name of its own, by that block.
    /// </summary>
    public async Task<IReadOnlyList<Told>> RequestAsync(SendRequest request, PlannedCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(call);
        while (_journal.FindIntent(_chain, request.Purpose) is { State: not (IntentState.Reverted or IntentState.Dropped) } earlier)
        {
            if (earlier.IsOpen)
            {
                return [];
            }

            if (call.DecidedAt < earlier.SettledBlock)
            {
                return [new Told(BasePurpose(request.Purpose), call.ActionJson, SendEnd.Included, $"already done in block {earlier.SettledBlock}")];
            }

            request = request with { Purpose = $"{BasePurpose(request.Purpose)}{AfterBlock}{earlier.SettledBlock}" };
        }

        return _calls.TryAdd(request.Purpose, call) ? await OnAsync(new Requested(request), cancellationToken) : [];
    }

    /// <summary>Purposes that were asked for and have not come to an end, and those that had their effect after this block.</summary>
    public IReadOnlyList<string> UnderWay(ulong block) =>
    [
        .. _calls.Keys.Select(BasePurpose),
        .. _journal.OpenIntents(_chain).Select(intent => BasePurpose(intent.Purpose)),
        .. _journal.IntentsSettledSince(_chain, block + 1).Where(intent => intent.State is IntentState.Included or IntentState.Finalized).Select(intent => BasePurpose(intent.Purpose)),
    ];

    /// <summary>The purpose as the keeper knows it.</summary>
    public static string BasePurpose(string purpose)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        var at = purpose.IndexOf(AfterBlock, StringComparison.Ordinal);
        return at < 0 ? purpose : purpose[..at];
    }

    /// <summary>A new head, or another look at the last one. Throws <see cref="RpcException"/> where no node answers; nothing is lost by that.</summary>
    public async Task<IReadOnlyList<Told>> LookAsync(HeadEvent head, CancellationToken cancellationToken)
    {
        // The first look after a start knows nothing of what was before; and a reorganisation is remembered until a look has succeeded.
        _mustLookBack |= head.Reorg;
        await FinishPlansAsync(cancellationToken);
        var receipts = _book.Watched(_mustLookBack).ToList();
        var waiting = _book.Slots.Where(slot => slot.Mined is null && slot.End is null && slot.Newest is not null).Select(slot => slot.Newest!.Hash).ToList();
        var look = await _node.LookAsync(head with { Reorg = _mustLookBack }, _signers, receipts, waiting, cancellationToken);
        (_mustLookBack, _clock, _head) = (false, look.Clock, look.Head.Number);
        _finalized = ulong.Max(_finalized, look.Finalized);
        return await OnAsync(look, cancellationToken);
    }

    private async Task<IReadOnlyList<Told>> OnAsync(SendingEvent sendingEvent, CancellationToken cancellationToken)
    {
        _events.Enqueue(sendingEvent);
        try
        {
            while (_events.Count > 0 || _broadcasts.Count > 0)
            {
                while (_events.TryDequeue(out var next))
                {
                    foreach (var command in _book.On(next))
                    {
                        await CarryOutAsync(command, cancellationToken);
                    }
                }

                // Answers of nodes are waited for together: a slow one holds up no signature.
                foreach (var answered in await Task.WhenAll(_broadcasts))
                {
                    _events.Enqueue(answered);
                }

                _broadcasts.Clear();
            }
        }
        catch (JournalException failed) when (failed.MayPass)
        {
            _logger.LogError("Chain {Chain}: {Problem} Nothing is signed, and what is under way is looked at again", _chain, failed.Message);
            await StartOverAsync(failed.Message);
        }

        Told[] told = [.. _told];
        _told.Clear();
        return told;
    }

    private SendingBook FromJournal() => new(
        _settings, SlotRestore.From(_journal, _chain, _signers, _finalized, _settings), SlotRestore.Spent(_journal, _chain, _clock));

    /// <summary>
    /// What the book believes is not what the journal holds. A new one is made from what is durable, as after a crash, and looks at the chain again;
    /// what had no signature is given back.
    /// </summary>
    private async Task StartOverAsync(string why)
    {
        await Task.WhenAll(_broadcasts);
        _broadcasts.Clear();
        _events.Clear();
        foreach (var (purpose, call) in _calls)
        {
            _told.Add(new Told(BasePurpose(purpose), call.ActionJson, SendEnd.NotSent, why));
        }

        _calls.Clear();
        _mustLookBack = true;
        _book = FromJournal();
    }

    private async Task CarryOutAsync(SendingCommand command, CancellationToken cancellationToken)
    {
        switch (command)
        {
            case Prepare prepare:
                _events.Enqueue(await SimulateAsync(prepare, cancellationToken));
                break;
            case Send send:
                await SendAsync(send, cancellationToken);
                break;
            case Replace replace:
                await ReplaceAsync(replace, cancellationToken);
                break;
            case Resend resend:
                var open = Known(resend.IntentId);
                var known = open.Attempts.First(attempt => attempt.TxHash == resend.Hash);
                _logger.LogWarning("Chain {Chain}: {Purpose} is in no block and unknown to the node, the same bytes are sent again", _chain, open.Purpose);
                _broadcasts.Add(BroadcastAsync(known.Id, known.Raw, known.TxHash, CrashPoint.ResendBroadcast, cancellationToken));
                break;
            case Settle settle:
                _told.Add(SettleNow(settle));
                break;
            case Reopen reopen:
                _journal.Reopen(reopen.IntentId, "its block is gone");
                Passed(CrashPoint.Reopened);
                break;
            case Conclude conclude:
                // Only what had an effect has a further state; what ended without one stands as it is.
                _journal.Settle(conclude.IntentId, IntentState.Finalized, null, conclude.Block);
                Passed(CrashPoint.Concluded);
                break;
            case GiveUp giveUp:
                _told.Add(new Told(BasePurpose(giveUp.Purpose), TakeCall(giveUp.Purpose).ActionJson, giveUp.End, giveUp.Detail));
                Passed(CrashPoint.Told);
                break;
            case Alarm alarm:
                _onAlarm(alarm);
                break;
            default:
                throw new InvalidOperationException($"A command of type {command.GetType().Name} has no rule.");
        }
    }

    private async Task<SendingEvent> SimulateAsync(Prepare prepare, CancellationToken cancellationToken)
    {
        var call = _calls[prepare.Purpose];
        try
        {
            var simulation = await _node.SimulateAsync(prepare.Signer, call.To, call.Data, cancellationToken);
            return simulation.DataFee is { } dataFee
                ? new Prepared(prepare.Purpose, simulation.GasLimit, dataFee)
                : new NotPrepared(prepare.Purpose, Reverted: false, "DataFeeUnknown: the chain does not say what it takes for the data");
        }
        catch (ContractRevertException reverted)
        {
            return new NotPrepared(prepare.Purpose, Reverted: true, reverted.Message);
        }
        catch (RpcException problem)
        {
            return new NotPrepared(prepare.Purpose, Reverted: false, problem.Message);
        }
    }

    private async Task SendAsync(Send send, CancellationToken cancellationToken)
    {
        var call = _calls[send.Purpose];
        var request = _book.RequestOf(send.Purpose);
        NotRecorded Not(string reason) => new(send.Purpose, send.Signer, send.Nonce, reason);
        try
        {
            var transaction = new Eip1559Transaction(_chain, send.Nonce, send.Tip, send.MaxFee, send.GasLimit, call.To, BigInteger.Zero, call.Data);
            var signed = await SignAsync(new SigningPlan(send.Signer, transaction, IsCancel: false, null, request, call.ActionJson, call.DecidedAt, _clock), cancellationToken);
            var recorded = _journal.RecordIntent(new NewIntent(_chain, send.Signer, send.Nonce, request, call.ActionJson, call.To, call.DecidedAt, signed, _clock));
            if (!recorded.IsRecorded)
            {
                _events.Enqueue(Not($"the journal refused the intent: {recorded.Outcome}"));
                return;
            }

            // From here on the bytes may be out whatever happens.
            Passed(CrashPoint.Recorded);
            _calls.Remove(send.Purpose);
            _logger.LogInformation("Chain {Chain}: {Purpose} goes out as {Hash} with nonce {Nonce}", _chain, send.Purpose, signed.TxHash, send.Nonce);
            _events.Enqueue(new Recorded(send.Purpose, send.Signer, send.Nonce, recorded.Intent!.Id, InBook(signed)));
            _broadcasts.Add(BroadcastAsync(recorded.Intent.Attempts[0].Id, signed.Raw, signed.TxHash, CrashPoint.Broadcast, cancellationToken));
        }
        catch (SigningRefusedException refused)
        {
            _events.Enqueue(Not(refused.Message));
        }
        catch (JournalException failed) when (failed.MayPass)
        {
            _events.Enqueue(Not(failed.Message));
        }
    }

    private async Task ReplaceAsync(Replace replace, CancellationToken cancellationToken)
    {
        NotRecorded Not(string reason) => new(replace.Purpose, replace.Signer, replace.Nonce, reason);
        try
        {
            var intent = Known(replace.IntentId);
            var first = _signer.Read(intent.Attempts.First(attempt => !attempt.IsCancel).Raw);
            var bid = first with { MaxFeePerGas = replace.MaxFee, MaxPriorityFeePerGas = replace.Tip, GasLimit = replace.GasLimit };
            var transaction = replace.IsCancel ? bid with { To = replace.Signer, Data = [] } : bid;
            var signed = await SignAsync(
                new SigningPlan(replace.Signer, transaction, replace.IsCancel, intent.Id, intent.Request, intent.ActionJson, intent.CreatedAtBlock, _clock), cancellationToken);
            var added = _journal.AddAttempt(replace.IntentId, signed);
            if (added.Attempt is not { } attempt)
            {
                _events.Enqueue(Not($"the journal refused the attempt: {added.Outcome}"));
                return;
            }

            Passed(CrashPoint.ReplacementRecorded);
            _logger.LogWarning(
                "Chain {Chain}: {Purpose}, nonce {Nonce}, is replaced by {Hash}: {What} at {Fee} wei", _chain, replace.Purpose, replace.Nonce, signed.TxHash, replace.IsCancel ? "empty" : "the same", replace.MaxFee);
            _events.Enqueue(new Recorded(replace.Purpose, replace.Signer, replace.Nonce, replace.IntentId, InBook(signed)));
            _broadcasts.Add(BroadcastAsync(attempt.Id, signed.Raw, signed.TxHash, CrashPoint.ReplacementBroadcast, cancellationToken));
        }
        catch (SigningRefusedException refused)
        {
            _events.Enqueue(Not(refused.Message));
        }
        catch (JournalException failed) when (failed.MayPass)
        {
            _events.Enqueue(Not(failed.Message));
        }
    }

    /// <summary>
    /// A signer that keeps a record gives nothing else for a nonce that it has signed once. So what it is asked is written down before, and asked again
    /// where its answer did not come into the journal: <see cref="FinishPlansAsync"/>.
    /// </summary>
    private async Task<NewAttempt> SignAsync(SigningPlan plan, CancellationToken cancellationToken)
    {
        var isPlanned = _signer.Remembers(plan.Signer);
        if (isPlanned)
        {
            if (_journal.PlanOf(_chain, plan.Signer) is not null)
            {
                throw new SigningRefusedException("an earlier signature of its signer is not in the journal yet");
            }

            _journal.Plan(plan);
        }

        try
        {
            return await AskAsync(plan, cancellationToken);
        }
        catch (SigningRefusedException refused) when (isPlanned && !refused.MayBeSigned)
        {
            _journal.ForgetPlan(_chain, plan.Signer);
            throw;
        }
    }

    private async Task<NewAttempt> AskAsync(SigningPlan plan, CancellationToken cancellationToken)
    {
        Passed(plan.IntentId is null ? CrashPoint.BeforeSigning : CrashPoint.BeforeReplacing);
        var signed = await _signer.SignAsync(plan.Signer, plan.Transaction, plan.IsCancel, cancellationToken);
        Passed(plan.IntentId is null ? CrashPoint.Signed : CrashPoint.ReplacementSigned);
        return signed;
    }

    /// <summary>Signatures that were asked for, and are not in the journal: the process died, or the signer did not answer.</summary>
    private async Task FinishPlansAsync(CancellationToken cancellationToken)
    {
        foreach (var signer in _signers.Where(_signer.Remembers))
        {
            if (_journal.PlanOf(_chain, signer) is not { } plan)
            {
                continue;
            }

            try
            {
                await FinishAsync(plan, cancellationToken);
            }
            catch (JournalException failed) when (failed.MayPass)
            {
                // The plan stands, and is finished at a later look.
            }
        }
    }

    private async Task FinishAsync(SigningPlan plan, CancellationToken cancellationToken)
    {
        try
        {
            if (IsKept(plan, await AskAsync(plan, cancellationToken)))
            {
                Passed(plan.IntentId is null ? CrashPoint.Recorded : CrashPoint.ReplacementRecorded);
                _logger.LogWarning("Chain {Chain}: {Purpose}: its signature with nonce {Nonce} comes from before", _chain, plan.Request.Purpose, plan.Transaction.Nonce);
                await StartOverAsync("an earlier signature had to be written down first");
                return;
            }
        }
        catch (SigningRefusedException refused) when (refused.MayBeSigned)
        {
            return;
        }
        catch (SigningRefusedException)
        {
        }

        _journal.ForgetPlan(_chain, plan.Signer);
    }

    private bool IsKept(SigningPlan plan, NewAttempt signed) => plan.IntentId is { } intent
        ? _journal.AddAttempt(intent, signed).Attempt is not null
        : _journal.RecordIntent(new NewIntent(
            _chain, plan.Signer, plan.Transaction.Nonce, plan.Request, plan.ActionJson, plan.Transaction.To!.Value, plan.Block, signed, plan.SignedAt)).IsRecorded;

    private async Task<SendingEvent> BroadcastAsync(long attemptId, ReadOnlyMemory<byte> raw, Hash32 hash, CrashPoint point, CancellationToken cancellationToken)
    {
        var outcome = await _node.BroadcastAsync(raw, hash, cancellationToken);
        Passed(point);
        MarkSent(attemptId, outcome);
        return new Answered(hash, AnswerOf(outcome.Kind), outcome.Reason);
    }

    /// <summary>A note for people: what is sent again is decided by receipts, so a journal that cannot take it loses nothing.</summary>
    private void MarkSent(long attemptId, SendOutcome outcome)
    {
        try
        {
            _journal.MarkSent(attemptId, outcome.Kind.ToString());
            Passed(CrashPoint.Marked);
        }
        catch (JournalException failed) when (failed.MayPass)
        {
        }
    }

    private Told SettleNow(Settle settle)
    {
        var intent = Known(settle.IntentId);
        Passed(CrashPoint.BeforeSettling);
        var state = settle.End switch
        {
            SendEnd.Included => IntentState.Included,
            SendEnd.Reverted => IntentState.Reverted,
            _ => IntentState.Dropped,
        };
        _journal.Settle(settle.IntentId, state, settle.Detail, settle.Block);
        Passed(CrashPoint.Settled);
        return new Told(BasePurpose(settle.Purpose), intent.ActionJson, settle.End, settle.Detail, settle.End is SendEnd.Reverted ? CallOf(intent) : null);
    }

    private RevertedCall CallOf(IntentRecord intent)
    {
        var transaction = _signer.Read(intent.Attempts.First(attempt => !attempt.IsCancel).Raw);
        return new RevertedCall(intent.Signer, transaction.To!.Value, transaction.Data);
    }

    private IntentRecord Known(long intentId) =>
        _journal.FindIntent(intentId) ?? throw new InvalidOperationException($"The journal does not hold intent {intentId}.");

    private PlannedCall TakeCall(string purpose) =>
        _calls.Remove(purpose, out var call) ? call : throw new InvalidOperationException($"Nothing is planned for {purpose}.");

    private SlotAttempt InBook(NewAttempt attempt) =>
        new(attempt.TxHash, attempt.IsCancel, attempt.GasLimit, attempt.MaxFeePerGas, attempt.MaxPriorityFeePerGas, _head, _clock);

    private void Passed(CrashPoint point) => _onPoint?.Invoke(point);

    private static NodeAnswer AnswerOf(SendOutcomeKind kind) => kind switch
    {
        SendOutcomeKind.Accepted or SendOutcomeKind.AlreadyKnown => NodeAnswer.Held,
        SendOutcomeKind.NonceTooLow => NodeAnswer.NonceTooLow,
        SendOutcomeKind.Underpriced => NodeAnswer.Underpriced,
        SendOutcomeKind.InsufficientFunds => NodeAnswer.InsufficientFunds,
        SendOutcomeKind.Rejected => NodeAnswer.Rejected,
        SendOutcomeKind.Unknown => NodeAnswer.Unknown,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such outcome."),
    };
}
