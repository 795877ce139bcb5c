using KeeperOracle.Chain.Abi;

namespace KeeperOracle.Chain.Contracts;

/// <summary>Call data in words, for whoever is about to sign it: every function of every ABI file; the table is generated.</summary>
public static partial class ContractCalls
{
    private static readonly Dictionary<Selector, AbiSentence> BySelector = AbiSentence.Index(Known());

    /// <summary>For example <c>repay(account 0x…, amount 100)</c>; "unknown call 0x…" where no ABI has it.</summary>
    public static string Describe(ReadOnlySpan<byte> callData)
    {
        if (callData.IsEmpty)
        {
            return "no call data";
        }

        return Selector.TryRead(callData, out var selector) && BySelector.TryGetValue(selector, out var sentence)
            ? sentence.Describe(callData)
            : $"unknown call {AbiText.Of(callData.ToArray())}";
    }
}
