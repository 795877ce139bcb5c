using KeeperOracle.Chain.Abi;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Contracts;

/// <summary>
/// Revert data in words: every custom error of every ABI file (the table is generated), Solidity's own <c>Error(string)</c> and
/// <c>Panic(uint256)</c>, and what is unknown as it is. Never throws: revert data is foreign.
/// </summary>
public static partial class ContractErrors
{
    private static readonly AbiSentence[] BuiltIn =
    [
        new("Error", "Error(string)", 1, static (ref AbiReader r) => [("", r.Text())]),
        new("Panic", "Panic(uint256)", 1, static (ref AbiReader r) => [("", Panic(r.BigUnsigned(256)))]),
    ];

    private static readonly Dictionary<Selector, AbiSentence> BySelector = AbiSentence.Index(BuiltIn.Concat(Known()));

    /// <summary>For example <c>RepayLimitTooSmall(account 0x…, repay 123, limit 100)</c>.</summary>
    public static string Describe(ReadOnlySpan<byte> revertData)
    {
        if (!Selector.TryRead(revertData, out var selector))
        {
            return revertData.IsEmpty ? "reverted without data" : $"unknown error {Hex.FromBytes(revertData)}";
        }

        return BySelector.TryGetValue(selector, out var sentence)
            ? sentence.Describe(revertData)
            : $"unknown error {AbiText.Of(revertData.ToArray())}";
    }

    /// <summary>Codes of the Solidity manual, "Panic via assert and Error via require".</summary>
    private static object Panic(System.Numerics.BigInteger code) => code < 256 ? (int)code switch
    {
        0x00 => new Word("0x00: generic panic"),
        0x01 => new Word("0x01: assertion failed"),
        0x11 => new Word("0x11: arithmetic overflow"),
        0x12 => new Word("0x12: division by zero"),
        0x21 => new Word("0x21: value is no member of the enum"),
        0x22 => new Word("0x22: storage bytes badly encoded"),
        0x31 => new Word("0x31: pop of an empty array"),
        0x32 => new Word("0x32: index out of range"),
        0x41 => new Word("0x41: too much memory"),
        0x51 => new Word("0x51: call of an unset function"),
        var other => new Word($"0x{other:x2}"),
    } : code;

    /// <summary>Text of our own, printed without quotes.</summary>
    private sealed record Word(string Text)
    {
        public override string ToString() => Text;
    }
}
