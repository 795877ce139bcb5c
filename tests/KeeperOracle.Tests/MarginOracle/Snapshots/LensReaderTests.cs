using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.MarginOracle.Snapshots;

/// <summary>The decoder of what contracts/AccountLens.sol packs. That it packs so is the business of its own tests, and of those on a live chain.</summary>
public sealed class LensReaderTests
{
    private const int RowBytes = 161 + (2 * 16);

    [Fact]
    public void Unpack_OneRow_GivesEachNumberItsPlace()
    {
        var seen = Unpack(Page(total: 1, rows: 1, collaterals: 2, Row(1)), count: 1, collaterals: 2, rows: 1).Single();
        var account = seen.Account;
        Assert.Equal(Address.FromHex("0x" + new string('1', 40)), account.Owner);
        Assert.Equal((BigInteger)7, account.Number);
        Assert.Equal(2u, account.Liquidations);
        Assert.Equal(BigInteger.Pow(2, 191), account.DebtShares);
        Assert.Equal((BigInteger)4, account.Credit);
        Assert.Equal((BigInteger)5, account.OptionDebt);
        Assert.Equal<BigInteger>([BigInteger.Pow(2, 128) - 1, 6], account.Collateral.ToArray());
        Assert.Equal(0, account.Options.Legs);
        Assert.Equal((BigInteger)8, account.Options.PendingClaims);
        Assert.Equal((9, 10, 11), ((int)account.Remote.Initial.Raw, (int)account.Remote.Maintenance.Raw, (int)account.Remote.Value.Raw));
        Assert.True(seen.Moves);

        // Winnings that are not credited move too, since what is paid of them depends on others.
        Assert.True(Unpack(Page(1, 1, 2, Row(0)), 1, 2, 1).Single().Moves);
        byte[] quiet = [.. Row(0)];
        quiet.AsSpan(129, 16).Clear();
        Assert.False(Unpack(Page(1, 1, 2, quiet), 1, 2, 1).Single().Moves);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(RowBytes)]
    [InlineData(-RowBytes)]
    public void F44_Unpack_AnotherLength_IsRefused(int more)
    {
        byte[] page = Page(2, 2, 2, [.. Row(0), .. Row(0)]);
        Assert.Equal(2, Unpack(page, 2, 2, 2).Count);
        Assert.Throws<AbiException>(() => Unpack(more < 0 ? page[..^-more] : [.. page, .. new byte[more]], 2, 2, 2));
    }

    [Theory]
    [InlineData(3, 2, 2)]
    [InlineData(2, 1, 2)]
    [InlineData(2, 2, 3)]
    public void F44_Unpack_HeadOfAnotherAnswer_IsRefused(ulong total, uint rows, uint collaterals) =>
        Assert.Throws<AbiException>(() => Unpack(Page(total, rows, collaterals, [.. Row(0), .. Row(0)]), 2, 2, 2));

    [Fact]
    public void F44_Unpack_FlagThatIsNone_IsRefused() => Assert.Throws<AbiException>(() => Unpack(Page(1, 1, 2, Row(2)), 1, 2, 1));

    [Fact]
    public void F44_Unpack_NothingAtAll_IsRefused() => Assert.Throws<AbiException>(() => Unpack([], 0, 2, 0));

    private static List<SeenAccount> Unpack(byte[] page, int count, int collaterals, int rows)
    {
        var accounts = new List<SeenAccount>();
        LensReader.Unpack(page, count, collaterals, rows, accounts);
        return accounts;
    }

    private static byte[] Page(ulong total, uint rows, uint collaterals, byte[] body) =>
        [.. Number(total, 8), .. Number(rows, 4), .. Number(collaterals, 4), .. body];

    private static byte[] Row(byte flag) =>
    [
        .. Enumerable.Repeat((byte)0x11, 20), .. Number(7, 12), .. Number(2, 4), flag, 0x80, .. new byte[23], .. Number(4, 16), .. Number(5, 16),
        .. Enumerable.Repeat((byte)0xFF, 16), .. Number(6, 16), .. Number(0, 4), .. Number(8, 16), .. Number(9, 16), .. Number(10, 16), .. Number(11, 16),
    ];

    private static byte[] Number(ulong value, int bytes)
    {
        var number = new byte[bytes];
        for (var i = 0; i < bytes; i++)
        {
            number[bytes - 1 - i] = i < 8 ? (byte)(value >> (8 * i)) : (byte)0;
        }

        return number;
    }
}
