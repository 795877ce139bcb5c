using System.Collections.Immutable;
using KeeperOracle.Keeper.Reporting.Guards;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Reporting;

/// <summary>
/// Carries what the oracle nodes signed. Each observation is judged by itself; from the good ones comes a whole report where enough
/// signed, the interval has passed and there is something to say, else a tightening of initial margin where two agree that it must be
/// tighter now. The contract checks all of it again: this only saves the gas of what it would reject.
/// </summary>
public static class ReportJob
{
    /// <summary>The guards of one observation in the order in which they are asked.</summary>
    internal static readonly ImmutableArray<Func<ObservationCase, Refusal?>> ObservationGuards =
    [
        SignatureGuard.Check,
        MarketGuard.Check,
        SignerGuard.Check,
        EpochGuard.Check,
        ConfigDigestGuard.Check,
        ExpiryGuard.Check,
        NotBeforeGuard.Check,
        FutureGuard.Check,
        OutdatedGuard.Check,
        VectorGuard.Check,
        RepeatedSignerGuard.Check,
    ];

    public static ImmutableArray<Decision> Decide(KeeperSettings settings, LaneState lane, ChainSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(lane);
        ArgumentNullException.ThrowIfNull(snapshot);
        if (lane.Observations.IsEmpty)
        {
            return [];
        }

        var decisions = ImmutableArray.CreateBuilder<Decision>();
        var good = new List<CollectedObservation>();
        foreach (var observation in lane.Observations)
        {
            if (FirstRefusal(new ObservationCase(snapshot, observation, good)) is { } refusal)
            {
                decisions.Add(new Decision(snapshot.Chain, Subject.Observation(observation.Node), new Refuse(refusal)));
            }
            else
            {
                good.Add(observation);
            }
        }

        good.Sort((a, b) => a.Signer!.Value.CompareTo(b.Signer!.Value));
        decisions.Add(new Decision(snapshot.Chain, Subject.Report, Judge(settings, lane, snapshot, [.. good])));
        return decisions.ToImmutable();
    }

    private static Verdict Judge(KeeperSettings settings, LaneState lane, ChainSnapshot snapshot, ImmutableArray<CollectedObservation> good)
    {
        var whole = WholeReport.Judge(settings, snapshot, good);
        var verdict = whole is Act ? whole : Tightening.Judge(settings, snapshot, good) ?? whole;
        return verdict switch
        {
            Act act when lane.InFlight.Contains(act.Purpose) =>
                new Refuse(new Refusal(RefusalCode.AlreadyInFlight, $"{act.Purpose} is under way")),
            Act act when settings.Mode == KeeperMode.Observe =>
                new Refuse(new Refusal(RefusalCode.ObserveOnly, $"{act.Reason}, but Mode is observe")),
            _ => verdict,
        };
    }

    private static Refusal? FirstRefusal(ObservationCase observation)
    {
        foreach (var guard in ObservationGuards)
        {
            if (guard(observation) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }
}

/// <summary>One observation under consideration, and those already found good.</summary>
public sealed record ObservationCase(ChainSnapshot Snapshot, CollectedObservation Observation, IReadOnlyList<CollectedObservation> Good)
{
    public ulong Now => Snapshot.Block.Timestamp;
}
