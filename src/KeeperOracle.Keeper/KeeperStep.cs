using System.Collections.Immutable;
using KeeperOracle.Keeper.Breaking;
using KeeperOracle.Keeper.Defence;
using KeeperOracle.Keeper.Defence.Hedging;
using KeeperOracle.Keeper.Defence.LienSwaps;
using KeeperOracle.Keeper.Defence.Swaps;
using KeeperOracle.Keeper.Funding;
using KeeperOracle.Keeper.Liquidation;
using KeeperOracle.Keeper.Reporting;
using KeeperOracle.Keeper.Settlement;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Screening;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper;

/// <summary>
/// The keeper, as one pure function: (state, event) -> (state, decisions). The same state and event give the same decisions, bit for bit,
/// on any machine and at any time; a recorded run is replayed by feeding its events again.
/// <list type="bullet">
/// <item>One lane per chain. A lane keeps its last snapshot, what is in flight by purpose, the observations the oracle nodes offer,
/// and accounts set aside after repeated failures. No lane looks into another.</item>
/// <item>A whole snapshot re-decides everything on its chain: funding first, then reports (they change what is liquidatable), then marks of collaterals without a price, then the standing top-ups of
/// accounts that have some, then their swap mandates, then those to swap under liens on other chains, then what would hedge the options of those near liquidation (told, never sent), then accounts in the order of <see cref="Queueing.BreachOrder"/> while the stable balance lasts, and last what
/// options that expire ask for.</item>
/// <item>A difference is applied to the snapshot it was made from, and refused by name and not applied to any other. After it the same is decided
/// in the same order, but of the accounts only those that <see cref="AccountScreen"/> lets through, and those that it let through the time before:
/// all others have a health of at least <see cref="KeeperSettings.AlertHealth"/> and get no decision at this head. The actions are those that the whole snapshot would give. What
/// holds back many accounts (no price, diverging factors) is told once, about the market.</item>
/// <item>Every account that is judged and every possible report gets a decision: <see cref="Act"/>, <see cref="Refuse"/> or, where somebody else could act, <see cref="Propose"/>, with a named reason and
/// its numbers. So "why did it not act?" always has an answer: the last decision, and for later heads that the account was not under 1.</item>
/// <item>An action carries a purpose: the key under which the journal lets it happen once. While a purpose is in flight no second
/// action has it.</item>
/// <item>A snapshot that comes while an action of an earlier one is under way does not act on that account again. Where that action
/// then comes to nothing before it is signed, the account's liquidation is decided on once more, with that snapshot: the next block may be long in coming. So too
/// where it was a top-up for which a swap or liquidation waited, or a swap for which one under a lien or liquidation did.</item>
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
            ChainAdvanced advanced => OnChainAdvanced(state, advanced),
            ObservationsCollected collected => OnObservationsCollected(state, collected),
            IntentSettled settled => OnIntentSettled(state, settled),
            _ => throw new ArgumentException($"An event of type {keeperEvent?.GetType().Name ?? "null"} has no rule.", nameof(keeperEvent)),
        };
    }

    private static StepResult OnChainObserved(KeeperState state, ChainObserved observed)
    {
        var snapshot = observed.Snapshot;
        var lane = state.Lane(snapshot.Chain) with { Snapshot = snapshot, Screen = null, Awaited = [] };
        return TooManyAccounts(state.Settings, snapshot) is { } refusal
            ? Refuse(state.With(snapshot.Chain, lane), snapshot.Chain, refusal)
            : Decide(state, lane with { Screen = AccountScreen.Build(snapshot, state.Settings.AlertHealth) }, snapshot, null, snapshot.Accounts);
    }

    private static StepResult OnChainAdvanced(KeeperState state, ChainAdvanced advanced)
    {
        var lane = state.Lane(advanced.Chain);
        if (advanced.Misfit(lane.Snapshot) is { } misfit)
        {
            return Refuse(state, advanced.Chain, new Refusal(RefusalCode.DifferenceMisfit, $"the difference to block {advanced.Block} is not applied: {misfit}"));
        }

        var snapshot = advanced.ApplyTo(lane.Snapshot!);
        if (lane.Screen is not { } before || TooManyAccounts(state.Settings, snapshot) is not null)
        {
            return OnChainObserved(state, new ChainObserved(snapshot));
        }

        var screen = before.Advance(snapshot, [.. advanced.Accounts.Select(change => change.Position)]);
        return Decide(
            state,
            lane with { Snapshot = snapshot, Screen = screen },
            snapshot,
            MarketJob.Decide(state.Settings, snapshot),
            screen.ToJudge(before).Select(position => snapshot.Accounts[position]));
    }

    /// <param name="market">what a screen needs told about the market; null after a whole snapshot, which judges everybody</param>
    private static StepResult Decide(
        KeeperState state, LaneState lane, ChainSnapshot snapshot, ImmutableArray<Decision>? market, IEnumerable<AccountSnapshot> accounts)
    {
        var topUps = TopUpJob.Decide(state.Settings, lane, snapshot, isWhole: market is null);
        var swaps = SwapJob.Decide(state.Settings, lane.Dispatch(topUps), snapshot, snapshot.Accounts, isWhole: market is null);
        var lienSwaps = LienSwapJob.Decide(state.Settings, lane.Dispatch(topUps).Dispatch(swaps), snapshot, snapshot.Accounts, isWhole: market is null);
        var liquidations = LiquidationJob.Decide(state.Settings, lane.Dispatch(topUps).Dispatch(swaps).Dispatch(lienSwaps.Decisions), snapshot, accounts);
        var hedges = HedgeJob.Decide(state.Settings, lane, snapshot, isWhole: market is null);
        ImmutableArray<Decision> decisions =
        [
            .. FundingJob.Decide(state.Settings, lane, snapshot),
            .. ReportJob.Decide(state.Settings, lane, snapshot),
            .. BreakerJob.Decide(state.Settings, lane, snapshot),
            .. topUps,
            .. swaps,
            .. lienSwaps.Decisions,
            .. hedges.Decisions,
            .. market ?? [],
            .. liquidations,
            .. SettlementJob.Decide(state.Settings, lane, snapshot, isWhole: market is null),
        ];
        lane = lane.Dispatch(decisions).Mark(hedges.Judged, snapshot.Block.Timestamp, state.Settings) with
        {
            Awaited = [.. Awaiting(swaps), .. Awaiting(lienSwaps.Decisions), .. Awaiting(liquidations)],
            LienOrdersTold = lienSwaps.Waiting,
        };
        return new StepResult(state.With(snapshot.Chain, lane), decisions);
    }

    /// <summary>The accounts that would have been acted on, had another action on them not been under way.</summary>
    private static IEnumerable<Hash32> Awaiting(ImmutableArray<Decision> decisions) => decisions
        .Where(decision => decision.Verdict is Refuse { Refusal.Code: RefusalCode.AlreadyInFlight or RefusalCode.TopUpUnderWay or RefusalCode.SwapUnderWay })
        .Select(decision => Hash32.FromHex(decision.Subject.Split('/')[0]));

    private static Refusal? TooManyAccounts(KeeperSettings settings, ChainSnapshot snapshot) => snapshot.Accounts.Length <= settings.MaxAccounts
        ? null
        : new Refusal(
            RefusalCode.TooManyAccounts,
            $"the vault has {snapshot.Accounts.Length} accounts, over the limit of {settings.MaxAccounts} (Keeper:MaxAccounts)");

    private static StepResult Refuse(KeeperState state, ChainId chain, Refusal refusal) =>
        new(state, [new Decision(chain, Subject.Market, new Refuse(refusal))]);

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
        if (settled is not { Outcome: SettlementOutcome.SimulationReverted or SettlementOutcome.NotSent, Account: { } account } || !lane.Awaited.Contains(account))
        {
            return new StepResult(state.With(settled.Chain, lane), []);
        }

        var snapshot = lane.Snapshot!; // it made the account awaited
        List<AccountSnapshot> awaited = [.. snapshot.Accounts.Where(one => one.Account == account)];
        var swaps = SwapJob.Decide(state.Settings, lane, snapshot, awaited, isWhole: false);
        var lienSwaps = LienSwapJob.Decide(state.Settings, lane.Dispatch(swaps), snapshot, awaited, isWhole: false);
        var liquidations = LiquidationJob.Decide(state.Settings, lane.Dispatch(swaps).Dispatch(lienSwaps.Decisions), snapshot, awaited);
        ImmutableArray<Decision> decisions = [.. swaps, .. lienSwaps.Decisions, .. liquidations];
        lane = lane.Dispatch(decisions) with
        {
            Awaited = lane.Awaited.Remove(account).Union(Awaiting(decisions)),
            LienOrdersTold = lane.LienOrdersTold.SetItems(lienSwaps.Waiting),
        };
        return new StepResult(state.With(settled.Chain, lane), decisions);
    }
}

/// <summary>The new state and what was decided, in order.</summary>
public readonly record struct StepResult(KeeperState State, ImmutableArray<Decision> Decisions);
