using System.Numerics;

namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>There is something to make the price of: enough recorded prices, or the fallback feed's round.</summary>
internal static class FixingGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Pool.Observations >= ExpiryRules.LeastObservations || one.Pool.FallbackRound > BigInteger.Zero
            ? null
            : new Refusal(
                RefusalCode.ExpiryPriceMissing,
                $"{one.Pool.Observations} of {ExpiryRules.LeastObservations} prices were recorded, {one.Now - one.Pool.Expiry} s after expiry: "
                    + $"from {ExpiryRules.FallbackSeconds} s on a round of the fallback feed serves, if it has one, and from {ExpiryRules.LateSeconds} s on prices are recorded again");
}
