using System.Globalization;
using KeeperOracle.Risk.Hedging;

namespace KeeperOracle.Keeper.Defence.Hedging.Guards;

/// <summary>Outside the band, and a plan brings every bucket inside the limits.</summary>
internal static class HedgePlanGuard
{
    public static Refusal? Check(HedgeCase hedge) => hedge.Proposal switch
    {
        (null, var problem) => new Refusal(RefusalCode.HedgeInputsMissing, $"no hedge can be computed: {problem}"),
        ({ Status: HedgeStatus.Hedged }, _) => null,
        ({ Status: HedgeStatus.InsideBand } inside, _) => new Refusal(RefusalCode.HedgeInsideBand, $"delta, gamma and vega are inside the no-trade band: {Words(inside)}"),
        ({ } outside, _) => new Refusal(RefusalCode.HedgeOutOfReach, $"outside the no-trade band, and nothing that is listed brings it inside ({outside.Status}): {Words(outside)}"),
    };

    /// <summary>Where price stands.</summary>
    private static string Words(HedgeProposal proposal)
    {
        var at = proposal.Before.First(bucket => bucket.SpotMultiplier == 1);
        return string.Create(CultureInfo.InvariantCulture, $"delta {at.Delta:0.####}, gamma {at.Gamma:0.######}, vega {at.Vega:0.##}");
    }
}
