using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>
/// Its arguments are as the policy fixes them: an approval is worth what its spender is. Of several entries for one function one must fit.
/// </summary>
internal static class ArgumentRule
{
    private const int SelectorLength = 4;
    private const int WordLength = 32;

    public static SignRefusal? Check(TransactionPolicy policy, Eip1559Transaction transaction)
    {
        var calls = FunctionRule.Calls(policy, transaction).ToList();
        if (calls.Count == 0 || calls.Exists(call => call.Arguments.All(argument => WordAt(transaction.Data, argument.Word) == argument.Value)))
        {
            return null;
        }

        var wrong = calls[0].Arguments.First(argument => WordAt(transaction.Data, argument.Word) != argument.Value);
        return new SignRefusal(
            SignRefusalCode.ArgumentNotAllowed,
            $"word {wrong.Word} of {calls[0].Function} is {WordAt(transaction.Data, wrong.Word)?.ToString() ?? "missing"}, and must be {wrong.Value}");
    }

    private static Hash32? WordAt(byte[] data, int word)
    {
        var start = SelectorLength + (word * WordLength);
        return data.Length < start + WordLength ? null : new Hash32(data.AsSpan(start, WordLength));
    }
}
