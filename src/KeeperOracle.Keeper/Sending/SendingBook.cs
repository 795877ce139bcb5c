using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Sending;

// Specification of this folder.
//
// The transactions of one chain, as a book that is told events and answers with commands; it reads no clock, draws nothing and talks to nobody,
// so the same events give the same commands. Whoever carries the commands out has the journal, the signer and the nodes.
//
// One request, one intent, one nonce, for ever. Bumps and cancellations are further bytes of the same nonce, so at most one takes effect.
// Journal first: bytes are sent only after Recorded, and a nonce counts as used from then on. A signer has one signature under way at a time,
// so nonces are written down without gaps, and up to Window transactions waiting for a block.
//
// Order: by priority, then by arrival. A full queue gives up its last for a request that goes before it.
// A request that names a signer uses its nonces alone, any other those of the signer with the fewest waiting: so what is stuck with one key holds up nothing
// of another.
// Before a signature: the deadline, room, the simulation at the head, the ceiling by worth, the hourly budget of the cause, the signer's balance.
// Fees: FeePlan. The ceiling is min(MaxFeePerGas, (worth - data fee) / gas), where the data fee is what some chains take beside gas; where it leaves nothing,
// nothing is signed (DataFeeOverWorth). A cancellation may bid up to MaxFeePerGas, for it frees the nonces behind it.
// The hourly budget outlives the process: it starts with what the journal says was signed in the hour before.
//
// Each look at the chain, by signer, lowest nonce first (what is behind a gap cannot be mined):
//   a receipt of any of its bytes       it is mined; Confirmations blocks later the outcome is told; once final, forgotten
//   its block is gone                   the outcome is taken back, the same bytes are sent again at once. Where its purpose has been given to
//                                       another in the meantime, an empty transaction takes the nonce instead (EffectMayRepeat)
//   nonce spent, no receipt             after MissingAfterSeconds and Confirmations blocks it is dropped: other bytes have the nonce (NonceTaken)
//   too late, or abandoned              an empty transaction replaces it
//   passed by for BumpAfterBlocks, or   higher fees, if it is the lowest or its bid is under what a block asks; over the ceiling it is
//   found underpriced by a node         replaced by an empty transaction, as it no longer pays; over MaxFeePerGas there is an alarm, once for
//                                       each bid
//   unknown to the node                 the very same bytes again, every ResendAfterSeconds. No outcome of sending leads to a new nonce
// A nonce of the chain above every one that was signed here stops the signer (ForeignNonce), and so does a head under what was final.
//
// Not seen here: what a node calls pending. Limits: QueueLimit requests, Window slots waiting for each signer, MaxAttempts bytes for each.

/// <summary>All transactions of one chain and those that wait to become one.</summary>
public sealed class SendingBook
{
    /// <summary>Over how many host seconds a budget counts.</summary>
    public const ulong BudgetPeriod = GasBudget.Period;

    private const ulong CancelGas = 21_000;

    private readonly SendingSettings _settings;
    private readonly GasBudget _budget;
    private readonly SortedDictionary<Address, SignerBook> _signers;
    private readonly List<Waiting> _queue = [];
    private readonly List<SendingCommand> _commands = [];
    private ChainLooked? _look;
    private ulong _finalized;

    /// <param name="settings">limits of the chain</param>
    /// <param name="signers">whose nonces may be used, with the journal's floor and what it holds that may still change</param>
    /// <param name="spent">what was signed in the last hour, by whomever: its causes' budgets begin with it</param>
    public SendingBook(SendingSettings settings, IEnumerable<SignerStart> signers, IEnumerable<Spending>? spent = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(signers);
        ArgumentOutOfRangeException.ThrowIfLessThan(settings.BumpPercent, 10);
        _settings = settings;
        _budget = new GasBudget(settings.HourlyBudget);
        _signers = new(signers.ToDictionary(start => start.Signer, start => new SignerBook(start)));
        foreach (var one in spent ?? [])
        {
            _budget.Reserve(one.Signer, one.Nonce, one.Cause, one.Since, one.Wei);
        }
    }

    /// <summary>All slots, by signer and nonce.</summary>
    public IEnumerable<Slot> Slots => _signers.Values.SelectMany(signer => signer.Slots.Values);

    /// <summary>Requests without a nonce.</summary>
    public int Queued => _queue.Count;

    public bool IsStopped(Address signer) => _signers[signer].IsStopped;

    /// <summary>What was asked for under a purpose that waits for its signature.</summary>
    public SendRequest RequestOf(string purpose) => _queue.Find(waiting => waiting.Request.Purpose == purpose)?.Request
        ?? throw new ArgumentException($"{purpose} does not wait.", nameof(purpose));

    /// <summary>Hashes whose receipts the next look must have: of what is not mined, and after a reorganisation of everything.</summary>
    public IEnumerable<Hash32> Watched(bool reorganised) => Slots
        .Where(slot => reorganised || slot.Mined is null)
        .SelectMany(slot => slot.Attempts.Select(attempt => attempt.Hash));

    public IReadOnlyList<SendingCommand> On(SendingEvent sendingEvent)
    {
        _commands.Clear();
        switch (sendingEvent)
        {
            case Requested requested:
                Enqueue(requested.Request);
                break;
            case ChainLooked look:
                Look(look);
                break;
            case Prepared prepared:
                OnPrepared(prepared);
                break;
            case NotPrepared not:
                EndQueued(not.Purpose, not.Reverted ? SendEnd.SimulationReverted : SendEnd.NotSent, not.Reason);
                break;
            case Recorded recorded:
                OnRecorded(recorded);
                break;
            case NotRecorded not:
                OnNotRecorded(not);
                break;
            case Answered answered:
                OnAnswered(answered);
                break;
            default:
                throw new ArgumentException($"An event of type {sendingEvent?.GetType().Name ?? "null"} has no rule.", nameof(sendingEvent));
        }

        Dispatch();
        return [.. _commands];
    }

    // ------------------------------------------------------------------------------------------------------------ the queue

    private void Enqueue(SendRequest request)
    {
        if (IsLive(request.Purpose))
        {
            return;
        }

        if (request.Signer is { } named && !_signers.ContainsKey(named))
        {
            _commands.Add(new GiveUp(request.Purpose, SendEnd.NotSent, $"it asks for a nonce of {named}, which is no signer here"));
            return;
        }

        if (_queue.Count >= _settings.QueueLimit)
        {
            var last = _queue.FindLast(waiting => waiting.Step == QueueStep.Waiting);
            if (last is null || last.Request.Priority <= request.Priority)
            {
                _commands.Add(new GiveUp(request.Purpose, SendEnd.NotSent, $"{_queue.Count} requests wait already"));
                return;
            }

            EndQueued(last.Request.Purpose, SendEnd.NotSent, "it gave way to a request of a higher priority");
        }

        var place = _queue.FindIndex(waiting => waiting.Request.Priority > request.Priority);
        _queue.Insert(place < 0 ? _queue.Count : place, new Waiting(request));
    }

    /// <summary>It waits, or has a nonce and may still take effect.</summary>
    public bool IsLive(string purpose) =>
        _queue.Exists(waiting => waiting.Request.Purpose == purpose)
        || Slots.Any(slot => slot.Request.Purpose == purpose && !slot.IsAbandoned && slot.End is null or SendEnd.Included);

    private void EndQueued(string purpose, SendEnd end, string detail)
    {
        if (_queue.RemoveAll(waiting => waiting.Request.Purpose == purpose) > 0)
        {
            _commands.Add(new GiveUp(purpose, end, detail));
        }
    }

    /// <summary>Simulations and signatures for as many as there is room for.</summary>
    private void Dispatch()
    {
        if (_look is not { } look)
        {
            return;
        }

        foreach (var waiting in _queue.ToArray())
        {
            if (waiting.Request.Deadline != 0 && look.Head.Timestamp > waiting.Request.Deadline && waiting.Step != QueueStep.Signing)
            {
                EndQueued(waiting.Request.Purpose, SendEnd.NotSent, $"its deadline {waiting.Request.Deadline} has passed");
            }
            else if (waiting.Step == QueueStep.Waiting && SignerWithRoom(waiting.Request) is { } signer)
            {
                (waiting.Step, waiting.Signer) = (QueueStep.Preparing, signer.Address);
                _commands.Add(new Prepare(waiting.Request.Purpose, signer.Address));
            }
            else if (waiting.Step == QueueStep.Ready && !_signers[waiting.Signer].IsSigning)
            {
                Sign(waiting, look);
            }
        }
    }

    private SignerBook? SignerWithRoom(SendRequest request) => _signers.Values
        .Where(signer => request.Signer is not { } named || named == signer.Address)
        .Select(signer => (Signer: signer, Load: signer.Slots.Values.Count(slot => slot is { End: null, Mined: null })
            + _queue.Count(waiting => waiting.Step != QueueStep.Waiting && waiting.Signer == signer.Address)))
        .Where(pair => !pair.Signer.IsStopped && pair.Load < _settings.Window)
        .OrderBy(pair => pair.Load)
        .Select(pair => pair.Signer)
        .FirstOrDefault();

    private void OnPrepared(Prepared prepared)
    {
        if (_queue.Find(waiting => waiting.Request.Purpose == prepared.Purpose && waiting.Step == QueueStep.Preparing) is { } found)
        {
            (found.Step, found.GasLimit) = (QueueStep.Ready, prepared.GasLimit);
            found.Request = found.Request with { DataFee = prepared.DataFee };
        }
    }

    private void Sign(Waiting waiting, ChainLooked look)
    {
        var request = waiting.Request;
        var signer = _signers[waiting.Signer];
        if (signer.IsStopped)
        {
            EndQueued(request.Purpose, SendEnd.NotSent, "its signer has stopped");
            return;
        }

        if (request.DataFee.Sign > 0 && request.DataFee >= request.Worth)
        {
            EndQueued(
                request.Purpose, SendEnd.NotSent, $"DataFeeOverWorth: its data costs {request.DataFee} wei, which leaves nothing of the {request.Worth} wei that it is worth");
            return;
        }

        var ceiling = FeePlan.CeilingDown(_settings, request.Worth - request.DataFee, waiting.GasLimit);
        if (FeePlan.First(_settings, look.BaseFee, look.Tip, ceiling) is not { } fees)
        {
            EndQueued(request.Purpose, SendEnd.NotSent, $"the least bid of {FeePlan.Least(_settings, look.BaseFee, look.Tip)} wei, base fee and tip, is over its ceiling of {ceiling}");
            return;
        }

        var worst = (fees.Max * waiting.GasLimit) + request.DataFee;
        var left = _budget.Left(request.Cause, look.Clock);
        if (worst > left)
        {
            EndQueued(request.Purpose, SendEnd.NotSent, $"it may cost {worst} wei, and {request.Cause} has {left} left of its hour");
            return;
        }

        // Means that are promised to what waits for a block are not there any more, and some are kept for what protects.
        var promised = signer.Slots.Values.Where(slot => slot is { End: null, Mined: null }).Aggregate(BigInteger.Zero, (sum, slot) => sum + WorstOf(slot));
        var kept = request.Priority == SendPriority.Protect ? BigInteger.Zero : fees.Max * _settings.ReserveGas;
        var balance = look.Balances[signer.Address];
        if (balance < promised + kept + worst)
        {
            var lack = $"LowFunds: it may cost {worst} wei; of a balance of {balance} wei {promised} are promised and {kept} kept for what protects";
            _commands.Add(new Alarm(SendingAlarm.LowFunds, signer.Address, lack));
            EndQueued(request.Purpose, SendEnd.NotSent, lack);
            return;
        }

        _budget.Reserve(signer.Address, signer.Next, request.Cause, look.Clock, worst);
        waiting.Step = QueueStep.Signing;
        signer.IsSigning = true;
        _commands.Add(new Send(request.Purpose, signer.Address, signer.Next, waiting.GasLimit, fees.Max, fees.Tip));
    }

    /// <summary>The most that any of its bytes may cost.</summary>
    private static BigInteger WorstOf(Slot slot) =>
        slot.Attempts.Select(attempt => attempt.MaxFee * attempt.GasLimit).DefaultIfEmpty(BigInteger.Zero).Max() + slot.Request.DataFee;

    // ------------------------------------------------------------------------------------------------------ answers

    private void OnRecorded(Recorded recorded)
    {
        var signer = _signers[recorded.Signer];
        if (signer.Slots.TryGetValue(recorded.Nonce, out var slot))
        {
            signer.Slots[recorded.Nonce] = slot with { Attempts = slot.Attempts.Add(recorded.Attempt), Answer = null, IsSigning = false };
            _budget.Correct(recorded.Signer, recorded.Nonce, slot.Attempts.Append(recorded.Attempt).Max(attempt => attempt.MaxFee * attempt.GasLimit) + slot.Request.DataFee);
            return;
        }

        var waiting = _queue.Find(one => one.Request.Purpose == recorded.Purpose)
            ?? throw new InvalidOperationException($"Nobody asked for a signature for {recorded.Purpose}.");
        _queue.Remove(waiting);
        signer.IsSigning = false;
        signer.Next = recorded.Nonce + 1;
        signer.Slots[recorded.Nonce] = new Slot(
            waiting.Request, recorded.Signer, recorded.Nonce, recorded.IntentId, waiting.GasLimit, [recorded.Attempt], null, null, null, 0, null, 0, false, false);
    }

    private void OnNotRecorded(NotRecorded not)
    {
        var signer = _signers[not.Signer];
        if (signer.Slots.TryGetValue(not.Nonce, out var slot))
        {
            // Tried again at the next look.
            signer.Slots[not.Nonce] = slot with { IsSigning = false };
            return;
        }

        signer.IsSigning = false;
        _budget.Correct(not.Signer, not.Nonce, BigInteger.Zero);
        EndQueued(not.Purpose, SendEnd.NotSent, not.Reason);
    }

    private void OnAnswered(Answered answered)
    {
        var slot = Slots.FirstOrDefault(slot => slot.Newest?.Hash == answered.Hash);
        if (slot is null)
        {
            return;
        }

        _signers[slot.Signer].Slots[slot.Nonce] = slot with { Answer = answered.Answer };
        if (answered.Answer == NodeAnswer.InsufficientFunds)
        {
            _commands.Add(new Alarm(SendingAlarm.LowFunds, slot.Signer, answered.Words));
        }
        else if (answered.Answer == NodeAnswer.Rejected)
        {
            _commands.Add(new Alarm(SendingAlarm.Refused, slot.Signer, $"{slot.Request.Purpose}: {answered.Words}"));
        }
    }

    // ------------------------------------------------------------------------------------------------ a look at the chain

    private void Look(ChainLooked look)
    {
        if (look.Head.Number < _finalized)
        {
            foreach (var signer in _signers.Values)
            {
                Stop(signer, SendingAlarm.FinalityBroken, $"the head is {look.Head.Number}, and {_finalized} was final");
            }
        }

        if (_look is null)
        {
            _budget.NotAfter(look.Clock);
            // What a journal holds counts as sent now: the very bytes first, higher fees later.
            foreach (var signer in _signers.Values)
            {
                foreach (var slot in signer.Slots.Values.ToArray())
                {
                    signer.Slots[slot.Nonce] = AsIfSent(slot, look.Head.Number, clock: 0);
                }
            }
        }

        _look = look;
        _finalized = ulong.Max(_finalized, look.Finalized);
        foreach (var signer in _signers.Values)
        {
            var latest = look.Nonces[signer.Address];
            if (latest > signer.Next && !signer.IsSigning)
            {
                Stop(signer, SendingAlarm.ForeignNonce, $"the chain has nonce {latest}, and {signer.Next} is the next that was to be signed here");
            }

            foreach (var slot in signer.Slots.Values.ToArray())
            {
                var seen = See(slot, look, latest);
                if (seen is { Mined: null, End: null, MissingSince: null, IsSigning: false } && !signer.IsStopped)
                {
                    seen = Advance(seen, look, isNext: slot.Nonce == latest);
                }

                if (seen.End is not null && seen.EndBlock <= look.Finalized)
                {
                    signer.Slots.Remove(slot.Nonce);
                    _commands.Add(new Conclude(slot.IntentId, seen.EndBlock));
                }
                else
                {
                    signer.Slots[slot.Nonce] = seen;
                }
            }
        }
    }

    private void Stop(SignerBook signer, SendingAlarm kind, string detail)
    {
        if (!signer.IsStopped)
        {
            signer.IsStopped = true;
            _commands.Add(new Alarm(kind, signer.Address, detail));
        }
    }

    /// <summary>What the chain says of a slot.</summary>
    private Slot See(Slot slot, ChainLooked look, ulong latest)
    {
        if (!look.Reorganised && slot.Mined is not null)
        {
            return Tell(slot, look);
        }

        for (var i = slot.Attempts.Length - 1; i >= 0; i--)
        {
            if (look.Mined.TryGetValue(slot.Attempts[i].Hash, out var mined))
            {
                return Tell(OnMined(slot, mined), look);
            }
        }

        var isSpent = latest > slot.Nonce;
        var gone = OnGone(slot, look, isSpent);
        return isSpent ? OnMissing(gone, look) : gone with { MissingSince = null };
    }

    private Slot OnMined(Slot slot, MinedIn mined)
    {
        _budget.Correct(slot.Signer, slot.Nonce, mined.Cost + slot.Request.DataFee);
        var isElsewhere = slot.End is not null && slot.Mined?.BlockHash != mined.BlockHash;
        return (isElsewhere ? TakeBack(slot) : slot) with { Mined = mined, MissingSince = null };
    }

    /// <summary>Tells the outcome once it is deep enough.</summary>
    private Slot Tell(Slot slot, ChainLooked look)
    {
        var mined = slot.Mined!;
        if (slot.End is not null || look.Head.Number < mined.Block + _settings.Confirmations)
        {
            return slot;
        }

        var isCancel = slot.Attempts.Any(attempt => attempt.Hash == mined.Transaction && attempt.IsCancel);
        if (slot.IsAbandoned && !isCancel && mined.Succeeded)
        {
            _commands.Add(new Alarm(SendingAlarm.EffectMayRepeat, slot.Signer, $"old bytes of {slot.Request.Purpose} were mined in block {mined.Block}"));
        }

        var end = isCancel || slot.IsAbandoned ? SendEnd.Dropped : mined.Succeeded ? SendEnd.Included : SendEnd.Reverted;
        if (!slot.IsAbandoned)
        {
            _commands.Add(new Settle(slot.IntentId, slot.Request.Purpose, end, mined.Block, isCancel ? "replaced by an empty transaction" : $"block {mined.Block}"));
        }

        return slot with { End = end, EndBlock = mined.Block };
    }

    /// <summary>It stands in no block; where it did before, the same bytes are due again at once.</summary>
    private Slot OnGone(Slot slot, ChainLooked look, bool isSpent)
    {
        // What was told of a block does not stand without it; that its nonce was spent stands for as long as that is so.
        var isUntrue = slot.Mined is not null || slot.End is SendEnd.Included or SendEnd.Reverted || (slot.End is not null && !isSpent);
        if (isUntrue)
        {
            slot = slot.End is null ? slot : TakeBack(slot);
            slot = AsIfSent(slot, look.Head.Number, clock: 0) with { Mined = null };
        }

        return slot;
    }

    /// <summary>The newest bytes count as sent then; a clock of 0 lets them be sent again at the next look.</summary>
    private static Slot AsIfSent(Slot slot, ulong block, ulong clock) => slot with
    {
        Attempts = slot.Attempts.SetItem(slot.Attempts.Length - 1, slot.Newest! with { SentAtBlock = block, SentAtClock = clock }),
    };

    /// <summary>The told outcome is none any more. A purpose that was given to another meanwhile is not taken back from it.</summary>
    private Slot TakeBack(Slot slot)
    {
        if (!slot.IsAbandoned && slot.End != SendEnd.Included && IsLiveElsewhere(slot))
        {
            _commands.Add(new Alarm(SendingAlarm.EffectMayRepeat, slot.Signer, $"the bytes of {slot.Request.Purpose} at nonce {slot.Nonce} can be mined again"));
            return slot with { End = null, IsAbandoned = true };
        }

        if (!slot.IsAbandoned)
        {
            _commands.Add(new Reopen(slot.IntentId, slot.Request.Purpose));
        }

        return slot with { End = null };
    }

    private bool IsLiveElsewhere(Slot slot) =>
        _queue.Exists(waiting => waiting.Request.Purpose == slot.Request.Purpose)
        || Slots.Any(other => other.IntentId != slot.IntentId && other.Request.Purpose == slot.Request.Purpose && !other.IsAbandoned);

    private Slot OnMissing(Slot slot, ChainLooked look)
    {
        if (slot.End is not null)
        {
            return slot;
        }

        if (slot.MissingSince is not { } since)
        {
            return slot with { MissingSince = look.Clock, MissingSinceBlock = look.Head.Number };
        }

        if (look.Clock < since + _settings.MissingAfterSeconds || look.Head.Number < slot.MissingSinceBlock + _settings.Confirmations)
        {
            return slot;
        }

        _budget.Correct(slot.Signer, slot.Nonce, BigInteger.Zero);
        const string Detail = "its nonce was used by a transaction that is not in the journal";
        _commands.Add(new Alarm(SendingAlarm.NonceTaken, slot.Signer, $"{slot.Request.Purpose}, nonce {slot.Nonce}"));
        if (!slot.IsAbandoned)
        {
            _commands.Add(new Settle(slot.IntentId, slot.Request.Purpose, SendEnd.Dropped, look.Head.Number, Detail));
        }

        return slot with { End = SendEnd.Dropped, EndBlock = look.Head.Number };
    }

    /// <summary>What to do for a transaction that could be in the next block and is not.</summary>
    private Slot Advance(Slot slot, ChainLooked look, bool isNext)
    {
        var newest = slot.Newest!;
        var isTooLate = slot.Request.Deadline != 0 && look.Head.Timestamp > slot.Request.Deadline;
        if ((isTooLate || slot.IsAbandoned) && !newest.IsCancel)
        {
            return Bid(slot, look, isCancel: true);
        }

        var isPassedBy = look.Head.Number >= newest.SentAtBlock + _settings.BumpAfterBlocks;
        var isUnder = newest.MaxFee < look.BaseFee + BigInteger.One;
        var isRefused = slot.Answer == NodeAnswer.Underpriced && look.Head.Number > newest.SentAtBlock;
        if (isRefused || (isPassedBy && (isNext || isUnder)))
        {
            return Bid(slot, look, newest.IsCancel);
        }

        if (look.Known.Contains(newest.Hash) || look.Clock < newest.SentAtClock + _settings.ResendAfterSeconds)
        {
            return slot;
        }

        _commands.Add(new Resend(slot.IntentId, newest.Hash));
        return AsIfSent(slot, newest.SentAtBlock, look.Clock);
    }

    /// <summary>New bytes of the same nonce: with higher fees, or empty where higher ones are more than it is worth.</summary>
    private Slot Bid(Slot slot, ChainLooked look, bool isCancel)
    {
        var newest = slot.Newest!;
        var old = new Fees(newest.MaxFee, newest.Tip);
        var ceiling = isCancel ? _settings.MaxFeePerGas : FeePlan.CeilingDown(_settings, slot.Request.Worth - slot.Request.DataFee, slot.GasLimit);
        var fees = FeePlan.Replacing(_settings, old, look.BaseFee, look.Tip, ceiling);
        if (fees is null && !isCancel && newest.MaxFee <= look.BaseFee)
        {
            return Bid(slot, look, isCancel: true);
        }

        if (fees is not { } bid || slot.Attempts.Length >= _settings.MaxAttempts)
        {
            // It keeps its place, and is looked at again as if it had just been sent; its bytes are offered again meanwhile.
            if (slot.AlarmedAttempts != slot.Attempts.Length)
            {
                _commands.Add(new Alarm(SendingAlarm.OverCeiling, slot.Signer, $"{slot.Request.Purpose}, nonce {slot.Nonce}, bids {newest.MaxFee} of at most {ceiling} wei after {slot.Attempts.Length} attempts"));
            }

            return AsIfSent(slot, look.Head.Number, clock: 0) with { AlarmedAttempts = slot.Attempts.Length };
        }

        _commands.Add(new Replace(
            slot.Request.Purpose, slot.Signer, slot.Nonce, slot.IntentId, isCancel, isCancel ? CancelGas : slot.GasLimit, bid.Max, bid.Tip));
        return slot with { IsSigning = true };
    }

    private enum QueueStep
    {
        Waiting,
        Preparing,
        Ready,
        Signing,
    }

    private sealed class Waiting(SendRequest request)
    {
        public SendRequest Request { get; set; } = request;

        public QueueStep Step { get; set; }

        public Address Signer { get; set; }

        public ulong GasLimit { get; set; }
    }

    private sealed class SignerBook(SignerStart start)
    {
        public Address Address { get; } = start.Signer;

        public ulong Next { get; set; } = start.Next;

        public bool IsSigning { get; set; }

        public bool IsStopped { get; set; }

        public SortedDictionary<ulong, Slot> Slots { get; } = new(start.Slots.ToDictionary(slot => slot.Nonce));
    }
}

/// <summary>What a journal knows of a signer at the start.</summary>
/// <param name="Next">the next nonce to sign</param>
/// <param name="Slots">open intents, and settled ones that a reorganisation may still reach</param>
public sealed record SignerStart(Address Signer, ulong Next, ImmutableArray<Slot> Slots);

/// <summary>What a signed transaction may have cost.</summary>
/// <param name="Since">host seconds at which it was signed</param>
/// <param name="Wei">at worst</param>
public sealed record Spending(Address Signer, ulong Nonce, string Cause, ulong Since, BigInteger Wei);
