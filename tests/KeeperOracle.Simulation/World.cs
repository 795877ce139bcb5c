using System.Collections.Immutable;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Sending;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeeperOracle.Simulation;

// Specification of this project.
//
// The whole keeper on virtual time: the pure core (KeeperStep), the book of transactions and its courier as they run in the host, a journal in
// memory with the rules of the real one, and a simulated chain. One seed draws everything: when blocks come and when the keeper looks, which
// faults are about (several at a time, changing), where it dies. There is no thread and no clock, so a seed replays to the same bytes.
//
// A run has at least 200 events under faults; then the weather clears, the world goes on until all is at rest, and it is judged:
//   lost        an account that must be liquidated was not, with everything at rest
//   doubled     a purpose has two effects on the chain. A reorganisation deeper than the confirmations may bring the effect of old bytes back
//               beside the new one: then the keeper must have raised EffectMayRepeat
//   stuck       something waits for ever: a slot, a request, a purpose in flight
//   unjournalled bytes left before they were durable
//   mistold     the journal's outcome of an intent is not the chain's

/// <summary>What was wrong with a run; empty for nothing.</summary>
/// <param name="Digest">of everything that happened, in order</param>
/// <param name="Landed">effects on the chain in the end</param>
public sealed record Verdict(ulong Seed, ImmutableArray<string> Faults, string Digest, int Events, int Landed, int Crashes, int Reorganisations)
{
    public bool IsGood => Faults.IsEmpty;
}

/// <summary>One run.</summary>
public sealed class World
{
    private const int FaultyEvents = 220;
    private const int RestLimit = 4_000;
    private const int MaxDepth = 3;
    private const ulong Finality = 24;

    private readonly ulong _seed;
    private readonly Random _random;
    private readonly SimulatedChain _chain;
    private readonly SimulatedNode _node;
    private readonly SimulatedMarket _market = new();
    private readonly MemoryJournal _journal = new();
    private readonly ImmutableArray<Address> _signers;
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly TextWriter? _log;
    private readonly int _confirmations;
    private readonly HashSet<string> _mayRepeat = [];

    private ulong _now;
    private Weather _weather = Weather.Fair;
    private SendingCourier? _courier;
    private KeeperState? _keeper;
    private BlockRef? _last;
    private ChainSnapshot? _seen;
    private ulong _downUntil;
    private int _events;
    private int _crashes;
    private int _reorganisations;

    public World(ulong seed, TextWriter? log = null)
    {
        _seed = seed;
        _log = log;
        _random = new Random(unchecked((int)(seed ^ (seed >> 32))));
        _chain = new SimulatedChain(_random, accounts: 2 + _random.Next(3));
        _node = new SimulatedNode(_chain, _random, _journal, () => _now / 1000) { FinalityBlocks = Finality, HasGuard = _random.Next(2) == 0 };
        _confirmations = 1 + _random.Next(3);
        _signers = [.. Enumerable.Range(1, 1 + _random.Next(2)).Select(SimulatedMarket.Numbered)];
        foreach (var signer in _signers)
        {
            _journal.AdoptNonce(signer, 0);
        }
    }

    private sealed class SimulatedCrash : Exception;

    /// <summary>Plays the run to its end and judges it.</summary>
    public Verdict Play()
    {
        ulong nextBlock = 2_000;
        ulong nextLook = 700;
        while (_events < FaultyEvents || (!IsAtRest() && _events < RestLimit))
        {
            _events++;
            if (_events == FaultyEvents)
            {
                _chain.IsEventful = false;
            }

            if (_events % 20 == 1 || _events == FaultyEvents)
            {
                _weather = _events >= FaultyEvents ? Weather.Fair : Weather.Draw(_random);
                _node.Weather = _weather;
                Note($"weather {_weather}");
            }

            if (nextBlock <= nextLook)
            {
                _now = nextBlock;
                nextBlock += 1_500 + (ulong)_random.Next(1_000);
                MakeBlock();
            }
            else
            {
                _now = nextLook;
                nextLook += 300 + (ulong)_random.Next(1_200);
                RunKeeper();
            }
        }

        return Judge();
    }

    private void MakeBlock()
    {
        if (Chance(_weather.Halted))
        {
            return;
        }

        _chain.NextBaseFee = Chance(_weather.DearBlock) ? 200 : 10;
        _chain.BlockSeconds = Chance(_weather.TimeLeaps) ? (ulong)_random.Next(40) : 2;
        if (Chance(_weather.PoolDrop))
        {
            _chain.Drop(_random.NextDouble());
        }

        if (Chance(_weather.Reorganisation))
        {
            _reorganisations++;
            var depth = 1 + _random.Next(MaxDepth);
            _chain.Reorganise(depth, Chance(_weather.LostOnReorganisation), Chance(_weather.ForeignNonce));
            Note($"reorganised {depth}, head {_chain.Head.Ref}");
            return;
        }

        _chain.Mine();
        Note($"block {_chain.Head.Ref} with {_chain.Head.Receipts.Length}");
    }

    // ----------------------------------------------------------------------------------------------------- the keeper

    private void RunKeeper()
    {
        _journal.IsFull = Chance(_weather.JournalFull);
        if (_now < _downUntil)
        {
            return;
        }

        try
        {
            if (_courier is null)
            {
                StartKeeper();
            }

            Look();
        }
        catch (SimulatedCrash)
        {
            _crashes++;
            Note("crash");
            (_courier, _keeper, _last, _seen) = (null, null, null, null);
            _downUntil = _now + (ulong)_random.Next(5_000);
        }
        catch (RpcException)
        {
            Note("no answer");
        }
    }

    private void StartKeeper()
    {
        var head = _node.Shown().Ref.Number;
        _courier = new SendingCourier(
            SimulatedMarket.Chain, Settings(), _signers, head > Finality ? head - Finality : 0, _now / 1000, _journal, _node, _node, OnAlarm, NullLogger.Instance, OnPoint);
        var open = _journal.OpenIntents(SimulatedMarket.Chain).Select(intent => new OpenIntent(intent.ChainId, SendingCourier.BasePurpose(intent.Purpose)));
        _keeper = KeeperState.Start(new Started(SimulatedMarket.Settings, [.. open]));
        Note("start");
    }

    private SendingSettings Settings() => new(
        Window: 4,
        QueueLimit: 16,
        BumpAfterBlocks: 3,
        BumpPercent: 13,
        MaxAttempts: 40,
        ResendAfterSeconds: 5,
        MissingAfterSeconds: 8,
        Confirmations: (ulong)_confirmations,
        MaxFeePerGas: 1_000,
        MaxPriorityFeePerGas: 50,
        HourlyBudget: BigInteger.Pow(10, 12),
        ReserveGas: 0);

    private void Look()
    {
        var block = _node.Shown();
        var isReorganised = _last is { } last && !IsAncestor(last, block.Ref);
        _last = block.Ref;
        Tell(Done(_courier!.LookAsync(new HeadEvent(block.Ref, isReorganised, null), CancellationToken.None)));
        var snapshot = _market.Read(block, _signers[0]);
        KeeperEvent observed = _seen is null ? new ChainObserved(snapshot) : ChainAdvanced.Between(_seen, snapshot);
        _seen = snapshot;
        foreach (var decision in Step(observed))
        {
            if (decision.Verdict is Act { Action: Liquidate liquidate } act)
            {
                var account = SimulatedMarket.AccountOf(liquidate.Account);
                Tell(Done(_courier.RequestAsync(
                    new SendRequest(act.Purpose, SendPriority.Liquidate, "market", BigInteger.Pow(10, 9), liquidate.Deadline),
                    new PlannedCall(SimulatedMarket.Numbered(0xA0), SimulatedNode.CallData(account), $"{account}", block.Ref.Number),
                    CancellationToken.None)));
            }
        }
    }

    /// <summary>The block that was shown before is still below the one that is shown now.</summary>
    private bool IsAncestor(BlockRef old, BlockRef head) => _chain.IsCanonical(old) && old.Number <= head.Number;

    private void Tell(IReadOnlyList<Told> told)
    {
        foreach (var end in told)
        {
            Note($"told {end.Purpose} {end.End} {end.Detail}");
            var outcome = end.End switch
            {
                SendEnd.Included => SettlementOutcome.Included,
                SendEnd.Reverted => SettlementOutcome.Reverted,
                SendEnd.Dropped => SettlementOutcome.Dropped,
                SendEnd.SimulationReverted => SettlementOutcome.SimulationReverted,
                _ => SettlementOutcome.NotSent,
            };
            Step(new IntentSettled(SimulatedMarket.Chain, end.Purpose, null, outcome, end.Detail, _chain.Head.Ref.Timestamp));
        }
    }

    private ImmutableArray<Decision> Step(KeeperEvent keeperEvent)
    {
        var result = KeeperStep.Step(_keeper!, keeperEvent);
        _keeper = result.State;
        foreach (var decision in result.Decisions)
        {
            Note(decision.Verdict is Act act ? $"act {act.Purpose}" : decision.Verdict is Refuse refused ? $"refuse {decision.Subject} {refused.Refusal.Code}" : $"propose {decision.Subject}");
        }

        return result.Decisions;
    }

    /// <summary>Nothing in the simulation is ever waited for.</summary>
    private static IReadOnlyList<Told> Done(Task<IReadOnlyList<Told>> task) =>
        task.IsCompleted ? task.GetAwaiter().GetResult() : throw new InvalidOperationException("Something in the simulation waited.");

    private void OnAlarm(Alarm alarm)
    {
        Note($"alarm {alarm.Kind} {alarm.Detail}");
        if (alarm.Kind == SendingAlarm.EffectMayRepeat)
        {
            _mayRepeat.Add(alarm.Detail);
        }
    }

    private void OnPoint(CrashPoint point)
    {
        if (Chance(_weather.Crash))
        {
            Note($"dies at {point}");
            throw new SimulatedCrash();
        }
    }

    // ---------------------------------------------------------------------------------------------------- the judgement

    private bool IsAtRest() =>
        _courier is not null
        && !_chain.Head.State.IsUnhealthy.Contains(true)
        && _courier.Queued == 0
        && !_courier.Slots.Any()
        && _keeper!.Lane(SimulatedMarket.Chain).InFlight.IsEmpty;

    private Verdict Judge()
    {
        var faults = ImmutableArray.CreateBuilder<string>();
        var purposes = _journal.Intents.SelectMany(intent => intent.Attempts.Select(attempt => (attempt.TxHash, intent.Purpose))).ToDictionary(pair => pair.TxHash, pair => pair.Purpose);
        var effects = _chain.Effects.Select(effect => purposes[effect.Transaction.Hash]).ToList();
        foreach (var group in effects.GroupBy(purpose => purpose).Where(group => group.Count() > 1 && !_mayRepeat.Any(detail => detail.Contains(group.Key, StringComparison.Ordinal))))
        {
            faults.Add($"doubled: {group.Key} took effect {group.Count()} times");
        }

        faults.AddRange(_chain.Head.State.IsUnhealthy.Select((isUnhealthy, account) => isUnhealthy ? $"lost: account {account} was not liquidated" : "").Where(fault => fault.Length > 0));
        if (_courier is not null)
        {
            faults.AddRange(_courier.Slots.Select(slot => $"stuck: {slot.Request.Purpose}, nonce {slot.Nonce}, is {slot.State}"));
            faults.AddRange(_keeper!.Lane(SimulatedMarket.Chain).InFlight.Select(purpose => $"stuck: {purpose} is in flight"));
        }

        if (_node.Unjournalled is { } unjournalled)
        {
            faults.Add($"unjournalled: {unjournalled}");
        }

        foreach (var intent in _journal.Intents)
        {
            var isIncluded = intent.State is IntentState.Included or IntentState.Finalized;
            var isThere = intent.Attempts.Any(attempt => _chain.Effects.Any(effect => effect.Transaction.Hash == attempt.TxHash));
            if (isIncluded != isThere && !_mayRepeat.Any(detail => detail.Contains(intent.Purpose, StringComparison.Ordinal)))
            {
                faults.Add($"mistold: {intent.Purpose}, nonce {intent.Nonce}, is {intent.State} and {(isThere ? "has" : "has no")} effect");
            }
        }

        return new Verdict(_seed, faults.ToImmutable(), Convert.ToHexString(_digest.GetHashAndReset()), _events, effects.Count, _crashes, _reorganisations);
    }

    private bool Chance(double chance) => chance > 0 && _random.NextDouble() < chance;

    private void Note(string line)
    {
        var stamped = $"{_now} {line}\n";
        _digest.AppendData(Encoding.UTF8.GetBytes(stamped));
        _log?.Write(stamped);
    }
}
