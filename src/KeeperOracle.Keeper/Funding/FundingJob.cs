using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper.Funding;

/// <summary>What must be in place before a liquidation can be paid: the vault's right to take the keeper's stable units.</summary>
public static class FundingJob
{
    private static readonly BigInteger Unlimited = (BigInteger.One << 256) - 1;

    /// <summary>Nothing where half the range of an allowance is left: it does not run out within the life of a signer.</summary>
    public static ImmutableArray<Decision> Decide(KeeperSettings settings, LaneState lane, ChainSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(lane);
        ArgumentNullException.ThrowIfNull(snapshot);
        if (snapshot.Keeper.Allowance >= Unlimited >> 1)
        {
            return [];
        }

        // An allowance can be taken back, so the purpose carries the block; one at a time all the same.
        var family = Purpose.ApproveFamily(snapshot.Report);
        Verdict verdict = lane.InFlight.FirstOrDefault(purpose => purpose.StartsWith(family, StringComparison.Ordinal)) is { } underWay
            ? new Refuse(new Refusal(RefusalCode.AlreadyInFlight, $"{underWay} is under way"))
            : settings.Mode == KeeperMode.Observe
                ? new Refuse(new Refusal(RefusalCode.ObserveOnly, "the vault has no allowance, but Mode is observe"))
                : new Act($"{family}{snapshot.Block.Number}", new ApproveStable(Unlimited), settings.FundingWorth, "the vault may not yet take the keeper's stable units");
        return [new Decision(snapshot.Chain, Subject.Funding, verdict)];
    }
}
