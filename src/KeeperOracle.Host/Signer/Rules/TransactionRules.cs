using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>The rules that need no memory, in their order.</summary>
internal static class TransactionRules
{
    private static readonly Func<TransactionPolicy, Eip1559Transaction, SignRefusal?>[] InOrder =
    [
        TargetRule.Check,
        FunctionRule.Check,
        ArgumentRule.Check,
        ValueRule.Check,
        FeeRule.Check,
        GasLimitRule.Check,
        TotalFeeRule.Check,
    ];

    /// <param name="entry">the policy's entry for the account and the chain; null where there is none</param>
    public static SignRefusal? Check(TransactionPolicy? entry, Address from, Eip1559Transaction transaction) =>
        ChainRule.Check(entry, from, transaction) ?? InOrder.Select(rule => rule(entry!, transaction)).FirstOrDefault(refusal => refusal is not null);

    /// <summary>Nothing from an account to itself: it does no more than use up a nonce.</summary>
    public static bool IsCancellation(TransactionPolicy policy, Eip1559Transaction transaction) =>
        transaction.To == policy.Signer && transaction.Data.Length == 0 && transaction.Value.IsZero;
}
