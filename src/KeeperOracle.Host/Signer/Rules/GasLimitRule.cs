using KeeperOracle.Chain.Transactions;

namespace KeeperOracle.Host.Signer.Rules;

internal static class GasLimitRule
{
    public static SignRefusal? Check(TransactionPolicy policy, Eip1559Transaction transaction) => transaction.GasLimit > policy.MaxGasLimit
        ? new SignRefusal(SignRefusalCode.GasLimitTooHigh, $"a gas limit of {transaction.GasLimit} is over {policy.MaxGasLimit}")
        : null;
}
