using KeeperOracle.Chain.Transactions;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>It carries no money: nothing that a keeper does needs any.</summary>
internal static class ValueRule
{
    public static SignRefusal? Check(TransactionPolicy policy, Eip1559Transaction transaction) => transaction.Value.IsZero
        ? null
        : new SignRefusal(SignRefusalCode.ValueNotZero, $"{transaction.Value} wei on chain {policy.Chain}, and no value is ever sent");
}
