using KeeperOracle.Chain.Transactions;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>Fees for one gas are under their ceilings, and a part is no more than the whole.</summary>
internal static class FeeRule
{
    public static SignRefusal? Check(TransactionPolicy policy, Eip1559Transaction transaction)
    {
        var problem = transaction.MaxFeePerGas > policy.MaxFeePerGas ? $"a fee of {transaction.MaxFeePerGas} wei for one gas is over {policy.MaxFeePerGas}"
            : transaction.MaxPriorityFeePerGas > policy.MaxPriorityFeePerGas
                ? $"a priority fee of {transaction.MaxPriorityFeePerGas} wei for one gas is over {policy.MaxPriorityFeePerGas}"
            : transaction.MaxPriorityFeePerGas > transaction.MaxFeePerGas
                ? $"a priority fee of {transaction.MaxPriorityFeePerGas} wei is over the whole of {transaction.MaxFeePerGas}"
            : null;
        return problem is null ? null : new SignRefusal(SignRefusalCode.FeeTooHigh, problem);
    }
}
