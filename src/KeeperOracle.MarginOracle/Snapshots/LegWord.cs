using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.MarginOracle.Snapshots;

/// <summary>One option leg as the book stores it: contracts/libraries/PackedLeg.sol says which bits are what.</summary>
internal static class LegWord
{
    private const int AmountShift = 160;
    private const int StrikeShift = 64;
    private const int ExpiryShift = 24;
    private const int UnderlyingShift = 16;
    private const int CallShift = 8;
    private static readonly BigInteger Amounts = BigInteger.One << 96;

    /// <param name="underlyings">in the book's order</param>
    public static LegSnapshot Read(BigInteger word, IReadOnlyList<Address> underlyings)
    {
        var amount = word >> AmountShift;
        return new LegSnapshot(
            underlyings[(int)Cut(word, UnderlyingShift, 8)],
            (ulong)Cut(word, ExpiryShift, 40),
            Cut(word, CallShift, 1).IsOne,
            new Wad(Cut(word, StrikeShift, 96)),
            new Wad(amount < Amounts >> 1 ? amount : amount - Amounts));
    }

    private static BigInteger Cut(BigInteger word, int shift, int bits) => (word >> shift) & ((BigInteger.One << bits) - 1);
}
