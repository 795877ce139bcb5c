using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>It goes to a contract that the policy names. A deployment goes nowhere.</summary>
internal static class TargetRule
{
    public static SignRefusal? Check(TransactionPolicy policy, Eip1559Transaction transaction) =>
        TransactionRules.IsCancellation(policy, transaction) || policy.Calls.Any(call => call.Target == transaction.To)
            ? null
            : new SignRefusal(
                SignRefusalCode.TargetNotAllowed,
                transaction.To is { } to ? $"{Eip55.Format(to)} is no target on chain {policy.Chain}" : "contracts are not deployed from here");
}
