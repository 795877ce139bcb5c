using System.Numerics;
using KeeperOracle.Host.Chains;
using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Sending;

namespace KeeperOracle.Host.Sending;

/// <summary>From a decided action to the terms under which it is sent.</summary>
public static class SendTerms
{
    /// <summary>No single transaction may take more.</summary>
    private const ulong MostGas = 30_000_000;

    public static SendRequest Of(Act act, ChainAccess chain)
    {
        ArgumentNullException.ThrowIfNull(act);
        ArgumentNullException.ThrowIfNull(chain);
        // The chain's highest fee is the only ceiling so far: an action does not say what it is worth in the chain's own coin.
        BigInteger worth = chain.Options.MaxFeePerGasWei * MostGas;
        return act.Action switch
        {
            Liquidate liquidate => new SendRequest(act.Purpose, SendPriority.Liquidate, "liquidation", worth, liquidate.Deadline),
            SubmitReport report => new SendRequest(act.Purpose, SendPriority.Protect, "report", worth, report.Observations.Min(one => one.Deadline)),
            TightenInitial tighten => new SendRequest(act.Purpose, SendPriority.Protect, "report", worth, tighten.Observations.Min(one => one.Deadline)),
            ApproveStable => new SendRequest(act.Purpose, SendPriority.Protect, "funding", worth, 0),
            _ => throw new ArgumentException($"An action of type {act.Action.GetType().Name} has no terms.", nameof(act)),
        };
    }
}
