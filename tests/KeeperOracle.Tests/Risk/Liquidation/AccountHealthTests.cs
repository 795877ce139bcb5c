using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Tests.Risk.Liquidation;

public sealed class AccountHealthTests
{
    [Fact]
    public void Health_NoDebt_IsNull() => Assert.Null(AccountHealth.Health(Wad.One, Wad.Zero));

    [Fact]
    public void Health_CapacityAroundTheDebt_IsRoundedDown()
    {
        var debt = new Wad(3 * Wad.Scale);

        Assert.Equal(Wad.One, AccountHealth.Health(debt, debt));
        Assert.True(AccountHealth.Health(debt - new Wad(1), debt) < Wad.One);
        Assert.Equal("0.333333333333333333", AccountHealth.Health(Wad.One, debt)?.ToString());
    }

    [Fact]
    public void Capacity_SeveralHoldings_RoundsEachProductDown() =>
        Assert.Equal(new Wad(2), AccountHealth.Capacity([(new Wad(3), new Wad(Wad.Scale / 2)), (new Wad(3), new Wad(Wad.Scale / 2))]));

    [Theory]
    [InlineData(0, "7")]
    [InlineData(6, "0.000007")]
    [InlineData(18, "0.000000000000000007")]
    public void DebtValue_StableDecimals_IsExact(int decimals, string expected) => Assert.Equal(expected, AccountHealth.DebtValue(7, decimals).ToString());
}
