using System.Numerics;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>What one account may spend on one chain within an hour.</summary>
internal static class BudgetRule
{
    /// <param name="spent">wei that the last hour's transactions may cost</param>
    /// <param name="charge">wei that this one may cost more</param>
    public static SignRefusal? Check(TransactionPolicy policy, BigInteger spent, BigInteger charge) => spent + charge > policy.MaxFeePerHour
        ? new SignRefusal(
            SignRefusalCode.GasBudgetSpent, $"{spent} wei of this hour's {policy.MaxFeePerHour} on chain {policy.Chain} are given out, and this needs {charge}")
        : null;
}
