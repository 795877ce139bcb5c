using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>It calls a function that the policy names for this target.</summary>
internal static class FunctionRule
{
    public static SignRefusal? Check(TransactionPolicy policy, Eip1559Transaction transaction)
    {
        if (TransactionRules.IsCancellation(policy, transaction) || Calls(policy, transaction).Any())
        {
            return null;
        }

        var called = Selector.TryRead(transaction.Data, out var selector) ? $"the function {selector}" : $"{transaction.Data.Length} bytes without a function";
        return new SignRefusal(SignRefusalCode.FunctionNotAllowed, $"{called} of {Eip55.Format(transaction.To!.Value)} is not allowed");
    }

    /// <summary>The entries for what is called.</summary>
    public static IEnumerable<CallPolicy> Calls(TransactionPolicy policy, Eip1559Transaction transaction) =>
        policy.Calls.Where(call => call.Target == transaction.To && call.Function.Begins(transaction.Data));
}
