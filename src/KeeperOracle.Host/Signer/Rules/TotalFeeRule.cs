using System.Numerics;
using KeeperOracle.Chain.Transactions;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>What it may cost at most is under the ceiling of one transaction.</summary>
internal static class TotalFeeRule
{
    public static SignRefusal? Check(TransactionPolicy policy, Eip1559Transaction transaction)
    {
        var cost = CostOf(transaction);
        return cost > policy.MaxFeePerTransaction
            ? new SignRefusal(SignRefusalCode.TotalFeeTooHigh, $"it may cost {cost} wei, over {policy.MaxFeePerTransaction}")
            : null;
    }

    /// <summary>Wei, if all its gas were burnt at its full fee.</summary>
    public static BigInteger CostOf(Eip1559Transaction transaction) => transaction.GasLimit * transaction.MaxFeePerGas;
}
