using System.Numerics;
using CsCheck;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Tests.Risk.Liquidation;

public sealed class PartialLiquidationTests
{
    private static readonly Wad Target = new(103 * Wad.Scale / 100);
    private static readonly BigInteger MinimumDebt = 100_000_000;

    private static readonly Gen<LiquidationLeg> Legs = Gen.Select(Gen.Long[0, 2_000_000_000_000], Gen.Int[300_000, 850_000], Gen.Int[0, 100_000], Gen.Int[0, 4])
        .Select((value, threshold, bonus, empty) => new LiquidationLeg(
            empty == 0 ? Wad.Zero : new Wad(value * BigInteger.Pow(10, 12) / 3), Micro(threshold), Micro(bonus)));

    /// <summary>Debt drawn around the capacity, so that about half are under health 1, some far under.</summary>
    private static readonly Gen<(BigInteger Debt, List<LiquidationLeg> Legs)> Books =
        Gen.Select(Legs.List[1, 4], Gen.Int[500_000, 2_500_000], Gen.Long[1, 300_000_000]).Select((legs, share, small) =>
        {
            var capacity = AccountHealth.Capacity(legs.Select(leg => (leg.Value, leg.LiquidationThreshold)));
            var debt = capacity.Raw * share / BigInteger.Pow(10, 18);
            return (debt.IsZero ? small : debt, legs);
        });

    [Fact]
    public void Size_NoDebt_IsNull() => Assert.Null(PartialLiquidation.Size(0, [Leg(0)], Terms(6)));

    [Theory]
    [InlineData(0, true)] // capacity equals the debt: health is exactly 1
    [InlineData(-1, false)]
    public void Size_HealthAtOne_NothingUnderItALiquidation(int wei, bool healthy)
    {
        var leg = new LiquidationLeg(new Wad((2000 * Wad.Scale) + (2 * wei)), Micro(500_000), Micro(50_000));

        Assert.Equal(healthy, PartialLiquidation.Size(1_000_000_000, [leg], Terms(6)) is null);
    }

    [Theory]
    [InlineData(1_000_000, "0.50000000000000001")] // the floor, at a wei under health 1
    [InlineData(975_000, "0.75")]
    [InlineData(950_000, "1")]
    [InlineData(900_000, "1")]
    public void Size_FallingHealth_GrowsTheBonusFromItsFloor(int health, string rate)
    {
        var value = new Wad((2000 * Wad.Scale * health / 1_000_000) - (health == 1_000_000 ? 2 : 0));

        var sizing = PartialLiquidation.Size(1_000_000_000, [new LiquidationLeg(value, Micro(500_000), Micro(50_000))], Terms(6));

        Assert.Equal(rate, sizing?.BonusRate.ToString());
    }

    [Fact]
    public void Size_GoldenVectors_Agree()
    {
        using var vectors = new Vectors("liquidation.json");
        var debt = vectors.Integers("debt");
        var repay = vectors.Integers("repay");
        Wad[][] Pair(string name) => [[.. vectors.Wads(name + "0")], [.. vectors.Wads(name + "1")]];
        var (value, threshold, bonus, seize) = (Pair("value"), Pair("lt"), Pair("bonus"), Pair("seizeValue"));
        Assert.Equal(120, debt.Count);

        for (var i = 0; i < debt.Count; i++)
        {
            List<LiquidationLeg> legs = [.. Enumerable.Range(0, 2).Select(k => new LiquidationLeg(value[k][i], threshold[k][i], bonus[k][i]))];
            var sizing = PartialLiquidation.Size(debt[i], legs, Terms(6));

            Assert.NotNull(sizing);
            AssertClose(repay[i], sizing.Repay, BigInteger.One, $"repay of case {i}");
            for (var k = 0; k < 2; k++)
            {
                // The repayment is rounded up to a stable unit and the seizure follows it: two units of value, bonus included.
                AssertClose(seize[k][i].Raw, sizing.SeizeValue[k].Raw, 2 * BigInteger.Pow(10, 12), $"seizure {k} of case {i}");
            }
        }
    }

    [Fact]
    public void Size_Random_IsNullExactlyWhereHealthIsAtLeastOne() => Books.Sample(book =>
    {
        var capacity = AccountHealth.Capacity(book.Legs.Select(leg => (leg.Value, leg.LiquidationThreshold)));

        Assert.Equal(
            capacity.Raw * Wad.Scale >= AccountHealth.DebtValue(book.Debt, 6).Raw * Wad.Scale,
            PartialLiquidation.Size(book.Debt, book.Legs, Terms(6)) is null);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(18)]
    public void Size_Random_TakesNoMoreThanThereIs(int decimals) => Liquidations(decimals, (debt, legs, sizing) =>
    {
        Assert.True(sizing.Repay.Sign >= 0 && sizing.Repay <= debt);
        Assert.Equal(legs.Count, sizing.SeizeValue.Count);
        Assert.All(legs.Zip(sizing.SeizeValue), pair => Assert.True(Wad.Zero <= pair.Second && pair.Second <= pair.First.Value));
    });

    [Theory]
    [InlineData(6)]
    [InlineData(18)]
    public void Size_Random_RestoresTheTargetOrClosesTheDebtOrTakesAllCollateral(int decimals) => Liquidations(decimals, (debt, legs, sizing) =>
    {
        var (left, rest) = After(debt, legs, sizing, decimals);
        if (left == Wad.Zero || rest.All(leg => leg.Value == Wad.Zero))
        {
            return;
        }

        // Within a wei for each leg: the capacity is summed anew here.
        var health = AccountHealth.Capacity(rest.Select(leg => (leg.Value, leg.LiquidationThreshold))).DivideDown(left);
        Assert.True(health + new Wad(legs.Count) >= Target, $"health {sizing.HealthBefore} -> {health}");
    });

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(18)]
    public void Size_Random_TheBonusMakesNoDeficit(int decimals) => Liquidations(decimals, (debt, legs, sizing) =>
    {
        var value = legs.Aggregate(Wad.Zero, (sum, leg) => sum + leg.Value);
        var owed = AccountHealth.DebtValue(debt, decimals);
        var (left, rest) = After(debt, legs, sizing, decimals);
        var kept = rest.Aggregate(Wad.Zero, (sum, leg) => sum + leg.Value);
        var before = owed > value ? owed - value : Wad.Zero;
        var after = left > kept ? left - kept : Wad.Zero;

        // A leg that is taken whole pays down to a whole stable unit, and a bonus of at most a tenth goes with it.
        var unit = new Wad(BigInteger.Pow(10, 18 - decimals) * 11 * legs.Count / 10);
        Assert.True(after <= before + unit, $"deficit {before} -> {after}");
    });

    [Fact]
    public void Size_Random_LeavesNoDust() => Liquidations(6, (debt, legs, sizing) =>
    {
        var (left, rest) = After(debt, legs, sizing, 6);

        Assert.True(
            left == Wad.Zero || left >= AccountHealth.DebtValue(MinimumDebt, 6) || rest.All(leg => leg.Value == Wad.Zero), $"{left} is left of {debt}");
    });

    [Fact]
    public void Size_TwoLegs_TakesTheOneThatRestoresMoreFirst()
    {
        LiquidationLeg[] legs = [new(new Wad(700 * Wad.Scale), Micro(800_000), Micro(50_000)), new(new Wad(700 * Wad.Scale), Micro(600_000), Micro(50_000))];

        var sizing = PartialLiquidation.Size(1_000_000_000, legs, Terms(6));

        Assert.NotNull(sizing);
        Assert.Equal(Wad.Zero, sizing.SeizeValue[0]);
        Assert.True(sizing.SeizeValue[1] > Wad.Zero);
    }

    private static void Liquidations(int decimals, Action<BigInteger, List<LiquidationLeg>, LiquidationSizing> check)
    {
        var found = 0;
        Books.Sample(
            book =>
            {
                var debt = decimals >= 6 ? book.Debt * BigInteger.Pow(10, decimals - 6) : (book.Debt / BigInteger.Pow(10, 6 - decimals)) + 1;
                if (PartialLiquidation.Size(debt, book.Legs, Terms(decimals)) is { } sizing)
                {
                    Interlocked.Increment(ref found);
                    check(debt, book.Legs, sizing);
                }
            },
            iter: 2000);
        Assert.True(found > 500);
    }

    private static (Wad Debt, List<LiquidationLeg> Legs) After(BigInteger debt, List<LiquidationLeg> legs, LiquidationSizing sizing, int decimals) =>
        (AccountHealth.DebtValue(debt - sizing.Repay, decimals),
            [.. legs.Zip(sizing.SeizeValue, (leg, seized) => leg with { Value = leg.Value - seized })]);

    private static void AssertClose(BigInteger expected, BigInteger actual, BigInteger units, string what) => Assert.True(
        BigInteger.Abs(expected - actual) <= BigInteger.Max(units, expected / 1_000_000_000), $"{what}: {actual}, the reference {expected}");

    private static LiquidationTerms Terms(int decimals) =>
        new(Target, MinimumDebt * BigInteger.Pow(10, decimals) / 1_000_000, decimals, Micro(500_000), Micro(50_000));

    private static LiquidationLeg Leg(int value) => new(new Wad(value * Wad.Scale), Micro(800_000), Micro(50_000));

    private static Wad Micro(int millionths) => new(millionths * BigInteger.Pow(10, 12));
}
