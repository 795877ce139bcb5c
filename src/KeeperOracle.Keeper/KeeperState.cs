using System.Collections.Immutable;
using KeeperOracle.Keeper.Defence.Hedging;
using KeeperOracle.Keeper.Liquidation;
using KeeperOracle.Keeper.Settlement;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Screening;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper;

/// <summary>All the keeper remembers. Immutable: a step gives a new one.</summary>
public sealed record KeeperState(KeeperSettings Settings, ImmutableSortedDictionary<ChainId, LaneState> Lanes)
{
    public static KeeperState Start(Started started)
    {
        ArgumentNullException.ThrowIfNull(started);
        var lanes = started.OpenIntents
            .GroupBy(intent => intent.Chain)
            .ToImmutableSortedDictionary(
                group => group.Key,
                group => LaneState.Empty with { InFlight = [.. group.Select(intent => intent.Purpose)] });
        return new KeeperState(started.Settings, lanes);
    }

    public LaneState Lane(ChainId chain) => Lanes.GetValueOrDefault(chain, LaneState.Empty);

    public KeeperState With(ChainId chain, LaneState lane) => this with { Lanes = Lanes.SetItem(chain, lane) };
}

/// <summary>What the keeper remembers of one chain.</summary>
/// <param name="Snapshot">the newest; null before the first</param>
/// <param name="InFlight">purposes dispatched and not settled</param>
/// <param name="Observations">what the oracle nodes offer</param>
/// <param name="Failures">failed attempts by account since the last success</param>
public sealed record LaneState(
    ChainSnapshot? Snapshot,
    ImmutableSortedSet<string> InFlight,
    ImmutableArray<CollectedObservation> Observations,
    ImmutableSortedDictionary<Hash32, FailureRecord> Failures)
{
    /// <summary>Of the snapshot; null before the first and while there are too many accounts.</summary>
    public AccountScreen? Screen { get; init; }

    public static readonly LaneState Empty = new(
        null, ImmutableSortedSet.Create<string>(StringComparer.Ordinal), [], ImmutableSortedDictionary<Hash32, FailureRecord>.Empty);

    /// <summary>Failed attempts of top-ups and swaps, by the family of their purpose: they hold back that order and never the account's liquidation.</summary>
    public ImmutableSortedDictionary<string, FailureRecord> DefenceFailures { get; init; } = ImmutableSortedDictionary.Create<string, FailureRecord>(StringComparer.Ordinal);

    /// <summary>Failed steps of settlement, by their purpose: they hold back that step alone.</summary>
    public ImmutableSortedDictionary<string, FailureRecord> SettlementFailures { get; init; } = ImmutableSortedDictionary.Create<string, FailureRecord>(StringComparer.Ordinal);

    /// <summary>Accounts that the newest snapshot would have had acted on, had an action from an earlier one not been under way.</summary>
    public ImmutableSortedSet<Hash32> Awaited { get; init; } = [];

    /// <summary>When hedges were computed, by subject; those that do not hold back a new one any more are dropped.</summary>
    public ImmutableSortedDictionary<string, HedgeMark> Hedges { get; init; } = ImmutableSortedDictionary.Create<string, HedgeMark>(StringComparer.Ordinal);

    /// <summary>The orders of liens that are waited for and were told of, by the subject of the mandate.</summary>
    public ImmutableSortedDictionary<string, ulong> LienOrdersTold { get; init; } = ImmutableSortedDictionary.Create<string, ulong>(StringComparer.Ordinal);

    /// <summary>Remembers which hedges were computed at this chain time.</summary>
    public LaneState Mark(ImmutableArray<(string Subject, ulong LegNonce)> judged, ulong now, KeeperSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var old = Hedges.Where(pair => now >= pair.Value.At + settings.HedgeEverySeconds || now < pair.Value.At).Select(pair => pair.Key);
        return judged.IsEmpty && Hedges.IsEmpty
            ? this
            : this with { Hedges = Hedges.RemoveRange(old.ToList()).SetItems(judged.Select(one => KeyValuePair.Create(one.Subject, new HedgeMark(now, one.LegNonce)))) };
    }

    /// <summary>Puts the purposes of all actions in flight.</summary>
    public LaneState Dispatch(ImmutableArray<Decision> decisions) =>
        this with { InFlight = InFlight.Union(decisions.Select(decision => decision.Verdict).OfType<Act>().Select(act => act.Purpose)) };

    /// <summary>Takes a purpose out of flight and counts a failure of its account, or forgets the failures after a success.</summary>
    public LaneState Settle(IntentSettled settled, KeeperSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settled);
        ArgumentNullException.ThrowIfNull(settings);
        var lane = this with { InFlight = InFlight.Remove(settled.Purpose) };
        if (Purpose.DefenceFamilyOf(settled.Purpose) is { } family)
        {
            return lane with
            {
                DefenceFailures = settled.Outcome switch
                {
                    SettlementOutcome.Included => DefenceFailures.Remove(family),
                    SettlementOutcome.Reverted or SettlementOutcome.SimulationReverted when !IsOvertaken(settled) && !IsOutrun(settled) && !Overtaken.IsOrdered(settled.Detail) => DefenceFailures.SetItem(family, FailureOf(family, settled, settings)),
                    _ => DefenceFailures,
                },
            };
        }

        if (Purpose.IsSettlement(settled.Purpose))
        {
            return lane with { SettlementFailures = SettlementOutcomes.Apply(SettlementFailures, settled, settings) };
        }

        if (settled.Account is not { } account)
        {
            return lane;
        }

        if (settled.Outcome == SettlementOutcome.Included)
        {
            return lane with { Failures = Failures.Remove(account) };
        }

        if (settled.Outcome is not (SettlementOutcome.Reverted or SettlementOutcome.SimulationReverted))
        {
            return lane; // a node in trouble or a dear block says nothing about the account
        }

        if (IsOvertaken(settled))
        {
            return lane; // nothing was signed, and the next snapshot decides anew
        }

        var count = CountOf(Failures, account);
        var isSetAside = count >= settings.QuarantineAfterFailures || VaultLimits.Find(settled.Detail) is not null;
        var until = isSetAside ? settled.ChainTime + settings.QuarantineSeconds : 0;
        return lane with { Failures = Failures.SetItem(account, new FailureRecord(count, until, settled.Detail)) };
    }

    /// <summary>A pool that gave less than quoted may have moved in between; one that goes on doing so is not as it was quoted.</summary>
    private FailureRecord FailureOf(string family, IntentSettled settled, KeeperSettings settings)
    {
        var count = CountOf(DefenceFailures, family);
        var isSetAside = count >= settings.QuarantineAfterFailures || !Overtaken.IsPoolMoved(settled.Detail);
        return new FailureRecord(count, isSetAside ? settled.ChainTime + settings.QuarantineSeconds : 0, settled.Detail);
    }

    private static bool IsOvertaken(IntentSettled settled) => settled.Outcome is SettlementOutcome.SimulationReverted && Overtaken.Is(settled.Detail);

    /// <summary>Another keeper did in the same block what the owner allows anyone: that says nothing against his order, which may be needed again before long.</summary>
    private static bool IsOutrun(IntentSettled settled) => settled.Outcome is SettlementOutcome.Reverted && Overtaken.IsDone(settled.Detail);

    /// <summary>With the one that has just come.</summary>
    private static int CountOf<T>(ImmutableSortedDictionary<T, FailureRecord> failures, T key)
        where T : notnull => (failures.TryGetValue(key, out var record) ? record.Count : 0) + 1;
}

/// <param name="Count">failed attempts in a row</param>
/// <param name="QuarantinedUntil">chain time in seconds; 0 while not set aside</param>
/// <param name="LastDetail">what the last one said</param>
public sealed record FailureRecord(int Count, ulong QuarantinedUntil, string LastDetail);
