using System.Collections.Immutable;
using KeeperOracle.Keeper.Funding;
using KeeperOracle.Keeper.Liquidation;
using KeeperOracle.Keeper.Reporting;

namespace KeeperOracle.Keeper;

/// <summary>
/// The keeper, as one pure function: (state, event) -> (state, decisions). The same state and event give the same decisions, bit for bit,
/// on any machine and at any time; a recorded run is replayed by feeding its events again.
/// <list type="bullet">
/// <item>One lane per chain. A lane keeps its last snapshot, what is in flight by purpose, the observations the oracle nodes offer,
/// and accounts set aside after repeated failures. No lane looks into another.</item>
/// <item>A snapshot re-decides everything on its chain: funding first, then reports (they change what is liquidatable), then accounts in
/// ascending order of health while the stable balance lasts.</item>
/// <item>Every account and every possible report gets a decision: <see cref="Act"/> or <see cref="Refuse"/> with a named reason and its
/// numbers. So "why did it not act?" always has an answer.</item>
/// <item>An action carries a purpose: the key under which the journal lets it happen once. While a purpose is in flight no second
/// action has it.</item>
/// <item>Chain time only. Nothing here reads a clock, draws a random number or talks to anything.</item>
/// </list>
/// </summary>
public static class KeeperStep
{
    public static StepResult Step(KeeperState state, KeeperEvent keeperEvent)
    {
        ArgumentNullException.ThrowIfNull(state);
        return keeperEvent switch
        {
            Started started => new StepResult(KeeperState.Start(started), []),
            ChainObserved observed => OnChainObserved(state, observed),
            ObservationsCollected collected => OnObservationsCollected(state, collected),
            IntentSettled settled => OnIntentSettled(state, settled),
            _ => throw new ArgumentException($"An event of type {keeperEvent?.GetType().Name ?? "null"} has no rule.", nameof(keeperEvent)),
        };
    }

    private static StepResult OnChainObserved(KeeperState state, ChainObserved observed)
    {
        var snapshot = observed.Snapshot;
        var lane = state.Lane(snapshot.Chain) with { Snapshot = snapshot };
        if (snapshot.Accounts.Length > state.Settings.MaxAccounts)
        {
            var refusal = new Refusal(
                RefusalCode.TooManyAccounts,
                $"the vault has {snapshot.Accounts.Length} accounts, over the limit of {state.Settings.MaxAccounts} (Keeper:MaxAccounts)");
            return new StepResult(state.With(snapshot.Chain, lane), [new Decision(snapshot.Chain, Subject.Market, new Refuse(refusal))]);
        }

        ImmutableArray<Decision> decisions =
        [
            .. FundingJob.Decide(state.Settings, lane, snapshot),
            .. ReportJob.Decide(state.Settings, lane, snapshot),
            .. LiquidationJob.Decide(state.Settings, lane, snapshot),
        ];
        return new StepResult(state.With(snapshot.Chain, lane.Dispatch(decisions)), decisions);
    }

    private static StepResult OnObservationsCollected(KeeperState state, ObservationsCollected collected)
    {
        var lane = state.Lane(collected.Chain) with { Observations = collected.Observations };
        if (lane.Snapshot is not { } snapshot)
        {
            return new StepResult(state.With(collected.Chain, lane), []);
        }

        var decisions = ReportJob.Decide(state.Settings, lane, snapshot);
        return new StepResult(state.With(collected.Chain, lane.Dispatch(decisions)), decisions);
    }

    private static StepResult OnIntentSettled(KeeperState state, IntentSettled settled)
    {
        var lane = state.Lane(settled.Chain).Settle(settled, state.Settings);
        return new StepResult(state.With(settled.Chain, lane), []);
    }
}

/// <summary>The new state and what was decided, in order.</summary>
public readonly record struct StepResult(KeeperState State, ImmutableArray<Decision> Decisions);
