using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.CrossChain;

namespace KeeperOracle.Tests.Risk.CrossChain;

/// <summary>To the unit, where <see cref="RemoteCapacityTests"/> has the same in doubles.</summary>
public sealed class RemoteWorthTests
{
    [Theory]
    [InlineData(0, 900, 0, 0)]
    [InlineData(1_000, 0, 900, 1_000)]
    [InlineData(1_000, 2_000, 900, 900)]
    [InlineData(1_901, 1_000, 900, 901)]
    public void AgeAtLeast_IsNeverUnderTheLagNorFromTheFuture(ulong now, ulong observedAt, ulong lag, ulong age) =>
        Assert.Equal(age, RemoteWorth.AgeAtLeast(now, observedAt, lag));

    [Fact]
    public void HaircutUp_Ends_AreNoneAndAll()
    {
        Assert.Equal(Wad.Zero, RemoteWorth.HaircutUp(Wad.One, 0));
        Assert.Equal(Wad.One, RemoteWorth.HaircutUp(Wad.One, 365 * 86_400));
        Assert.True(RemoteWorth.HaircutUp(new Wad(1), 1) > Wad.Zero); // rounded up
    }

    /// <summary>The exact values of 60 digits lie between what is rounded up by a hair and one hair less.</summary>
    [Fact]
    public void GoldenVectors_EveryRow_IsRoundedAsTheContractRounds()
    {
        using var vectors = new Vectors("remote.json");
        var (volatility, initialVolatility) = (vectors.Integers("volatility"), vectors.Integers("initialVolatility"));
        var (now, observed, lag) = (vectors.Integers("currentTime"), vectors.Integers("observedAt"), vectors.Integers("lag"));
        var (value, threshold, factor) = (vectors.Integers("value"), vectors.Integers("liquidationThreshold"), vectors.Integers("borrowFactor"));
        var (initialHaircut, maintenanceHaircut) = (vectors.Integers("initialHaircut"), vectors.Integers("maintenanceHaircut"));
        var (initial, maintenance) = (vectors.Integers("initial"), vectors.Integers("maintenance"));
        Assert.True(initial.Count > 100, $"{initial.Count} rows");
        for (var i = 0; i < initial.Count; i++)
        {
            var age = RemoteWorth.AgeAtLeast((ulong)now[i], (ulong)observed[i], (ulong)lag[i]);
            var (early, late) = (RemoteWorth.HaircutUp(new Wad(initialVolatility[i]), age), RemoteWorth.HaircutUp(new Wad(volatility[i]), (ulong)lag[i]));
            Assert.InRange(early.Raw - initialHaircut[i], 0, 20);
            Assert.InRange(late.Raw - maintenanceHaircut[i], 0, 20);
            var slack = (value[i] * 40 / Wad.Scale) + 2;
            Assert.InRange(initial[i] - RemoteWorth.WeightedDown(new Wad(value[i]), new Wad(factor[i]), early).Raw, 0, slack);
            Assert.InRange(maintenance[i] - RemoteWorth.WeightedDown(new Wad(value[i]), new Wad(threshold[i]), late).Raw, 0, slack);
        }
    }

    [Fact]
    public void ValueDown_PartsOfAUnit_AreCutOff()
    {
        var price = new Price(new Wad(BigInteger.Parse("1999999999999999999", System.Globalization.CultureInfo.InvariantCulture)));
        Assert.Equal(new Wad(1), RemoteWorth.ValueDown(1, price, Wad.Scale));
        Assert.Equal(new Wad(3), RemoteWorth.ValueDown(2, price, Wad.Scale));
        Assert.Equal(price.PerToken, RemoteWorth.ValueDown(1, price, 1));
    }
}
