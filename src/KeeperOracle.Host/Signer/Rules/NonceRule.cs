using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>What was signed under a nonce before. <c>Action</c> is the hash of everything but the fees; zero for a cancellation.</summary>
internal sealed record SignedEarlier(Hash32 Digest, Hash32 Action, System.Numerics.BigInteger MaxFee, System.Numerics.BigInteger PriorityFee, System.Numerics.BigInteger Cost);

/// <summary>A nonce that was used is not used for anything else. The same bytes are no other thing and never reach this rule.</summary>
internal static class NonceRule
{
    /// <summary>Of one nonce, the first one included.</summary>
    public const int MostTransactions = 64;

    private const int BumpPercent = 10;

    public static SignRefusal? Check(TransactionPolicy policy, Eip1559Transaction transaction, IReadOnlyList<SignedEarlier> earlier)
    {
        var action = ActionOf(policy, transaction);
        var problem = earlier.Count == 0 ? null
            : !policy.AllowReplacements ? "was signed for other bytes"
            : earlier.Count >= MostTransactions ? $"was signed {earlier.Count} times"
            : !action.IsZero && earlier.All(one => one.Action != action) ? "was signed for another action"
            : earlier.Any(one => !IsBump(transaction, one)) ? $"was signed with fees that these are not {BumpPercent} % over, both of them"
            : null;
        return problem is null ? null : new SignRefusal(SignRefusalCode.NonceUsed, $"nonce {transaction.Nonce} on chain {policy.Chain} {problem}");
    }

    /// <summary>The hash of all but the fees; gas may be estimated anew.</summary>
    public static Hash32 ActionOf(TransactionPolicy policy, Eip1559Transaction transaction) => TransactionRules.IsCancellation(policy, transaction)
        ? Hash32.Zero
        : (transaction with { MaxFeePerGas = 0, MaxPriorityFeePerGas = 0, GasLimit = 0 }).SigningHash();

    private static bool IsBump(Eip1559Transaction transaction, SignedEarlier earlier) =>
        transaction.MaxFeePerGas * 100 >= earlier.MaxFee * (100 + BumpPercent)
        && transaction.MaxPriorityFeePerGas * 100 >= earlier.PriorityFee * (100 + BumpPercent);
}
