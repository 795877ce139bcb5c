using System.Collections.Immutable;
using KeeperOracle.Keeper.Liquidation;

namespace KeeperOracle.Keeper.Settlement;

/// <summary>What the end of a step says about trying it again.</summary>
internal static class SettlementOutcomes
{
    public static ImmutableSortedDictionary<string, FailureRecord> Apply(
        ImmutableSortedDictionary<string, FailureRecord> failures, IntentSettled settled, KeeperSettings settings)
    {
        if (settled.Outcome == SettlementOutcome.Included)
        {
            return failures.Remove(settled.Purpose);
        }

        if (settled.Outcome is not (SettlementOutcome.Reverted or SettlementOutcome.SimulationReverted) || WasFirst(settled.Detail))
        {
            return failures; // a node in trouble, a dear block, or somebody who was sooner
        }

        var count = failures.TryGetValue(settled.Purpose, out var record) ? record.Count + 1 : 1;
        var pause = Purpose.IsObservation(settled.Purpose) ? ExpiryRules.SpacingSeconds : settings.QuarantineSeconds;
        return failures.SetItem(settled.Purpose, new FailureRecord(count, settled.ChainTime + pause, settled.Detail));
    }

    /// <summary>Errors of the book that say that it is done already.</summary>
    private static bool WasFirst(string detail) => VaultLimits.NameOf(detail) is "ObservationTooSoon" or "ObservationsFull" or "ObservationsSuffice" or "PriceAlreadyFinal"
        or "LegsAbsent" or "PoolAlreadyClosed" or "ClaimAbsent";
}
