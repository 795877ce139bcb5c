using System.Numerics;
using CsCheck;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Tests.Risk.Liquidation;

public sealed class RequirementLiquidationTests
{
    private static readonly Wad Target = Micro(1_030_000);
    private static readonly BigInteger MinimumDebt = 100_000_000;

    private static readonly Gen<List<LiquidationLeg>> Legs =
        Gen.Select(Gen.Long[0, 2_000_000_000_000], Gen.Int[300_000, 850_000], Gen.Int[0, 100_000], Gen.Int[0, 4])
            .Select((value, threshold, bonus, empty) => new LiquidationLeg(
                empty == 0 ? Wad.Zero : new Wad(value * BigInteger.Pow(10, 12) / 3), Micro(threshold), Micro(bonus)))
            .List[1, 4];

    /// <summary>Debt and requirement together drawn around the capacity; either may be nothing; legs worth from -R to +R.</summary>
    private static readonly Gen<Account> Accounts =
        Gen.Select(Legs, Gen.Int[500_000, 2_500_000], Gen.Int[0, 8], Gen.Int[0, 1_000_000], Gen.Int[-1_000_000, 1_000_000],
            Gen.Int[1, 1_000_000])
            .Select((legs, owedShare, corner, requirementShare, mark, price) =>
            {
                var capacity = AccountHealth.Capacity(legs.Select(leg => (leg.Value, leg.LiquidationThreshold)));
                var owed = capacity.Raw * owedShare / 1_000_000;
                var requirement = corner == 0 ? 0 : corner == 1 ? owed : owed * requirementShare / 1_000_000;
                var debt = (owed - requirement) / BigInteger.Pow(10, 12);
                return new Account(debt, legs, new OptionRisk(new Wad(requirement), new Wad(requirement * mark / 1_000_000)), Micro(price));
            });

    private sealed record Account(BigInteger Debt, List<LiquidationLeg> Legs, OptionRisk Options, Wad Price)
    {
        public RequirementLiquidationSizing Size(Wad? tip = null) => RequirementLiquidation.Size(Debt, Legs, Options, Terms(Price, tip));
    }

    [Fact]
    public void Size_GoldenVectors_Agree()
    {
        using var vectors = new Vectors("requirement-liquidation.json");
        var debt = vectors.Integers("debt");
        Wad[][] Pair(string name) => [[.. vectors.Wads(name + "0")], [.. vectors.Wads(name + "1")]];
        var (value, threshold, bonus, seize) = (Pair("value"), Pair("lt"), Pair("bonus"), Pair("seizeValue"));
        var (requirement, mark, tip, price) =
            (vectors.Wads("requirement"), vectors.Wads("markToMarket"), vectors.Wads("tip"), vectors.Wads("dutchPrice"));
        var (action, repay, fraction, taken, payment, deficit) = (vectors.Integers("action"), vectors.Integers("repay"),
            vectors.Wads("fraction"), vectors.Integers("debtTaken"), vectors.Integers("payment"), vectors.Wads("deficit"));
        LiquidationAction[] actions = [LiquidationAction.None, LiquidationAction.Repay, LiquidationAction.TakeFraction, LiquidationAction.TakeWhole];
        Assert.Equal(150, debt.Count);

        for (var i = 0; i < debt.Count; i++)
        {
            List<LiquidationLeg> legs = [.. Enumerable.Range(0, 2).Select(k => new LiquidationLeg(value[k][i], threshold[k][i], bonus[k][i]))];

            var sizing = RequirementLiquidation.Size(debt[i], legs, new OptionRisk(requirement[i], mark[i]), Terms(price[i], tip[i]));

            Assert.Equal(actions[(int)action[i]], sizing.Action);
            AssertClose(repay[i], sizing.Repay, BigInteger.One, $"repay of case {i}");
            AssertClose(fraction[i].Raw, sizing.Fraction.Raw, BigInteger.One, $"fraction of case {i}");
            AssertClose(taken[i], sizing.DebtTaken, BigInteger.One, $"debt taken of case {i}");
            AssertClose(payment[i], sizing.Payment, BigInteger.One, $"payment of case {i}");
            AssertClose(deficit[i].Raw, sizing.Deficit.Raw, BigInteger.One, $"deficit of case {i}");
            for (var k = 0; k < 2; k++)
            {
                AssertClose(seize[k][i].Raw, sizing.SeizeValue[k].Raw, 2 * BigInteger.Pow(10, 12), $"seizure {k} of case {i}");
            }
        }
    }

    /// <summary>Within <paramref name="slack"/>, or to 1e-9.</summary>
    private static void AssertClose(BigInteger expected, BigInteger actual, BigInteger slack, string what)
    {
        var difference = BigInteger.Abs(expected - actual);
        Assert.True(difference <= slack || difference * BigInteger.Pow(10, 9) <= BigInteger.Abs(expected), $"{what}: {actual}, not {expected}");
    }

    [Fact]
    public void Size_NegativeRequirement_Refused() => Refuses("NegativeRequirement", () =>
        RequirementLiquidation.Size(1, [], new OptionRisk(new Wad(-1), Wad.Zero), Terms(Wad.One)));

    [Fact]
    public void Size_NegativeDebt_Refused() => Refuses("NegativeDebt", () => RequirementLiquidation.Size(-1, [], default, Terms(Wad.One)));

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void Size_AuctionPriceOutsideItsRange_Refused(int over) => Refuses("PriceOutOfRange", () =>
        RequirementLiquidation.Size(1, [], default, Terms(over < 0 ? new Wad(-1) : Wad.One + new Wad(1))));

    [Fact]
    public void Size_TargetHealthAtTheSeizuresOwn_Refused()
    {
        LiquidationLeg[] at = [new(Wad.One, Micro(1_030_000), Wad.Zero)];
        LiquidationLeg[] under = [new(Wad.One, Micro(1_029_999), Wad.Zero)];

        Refuses("TargetHealthTooLow", () => RequirementLiquidation.Size(1, at, default, Terms(Wad.One)));
        RequirementLiquidation.Size(1, under, default, Terms(Wad.One));
    }

    [Theory]
    [InlineData(0, LiquidationAction.None)]
    [InlineData(-1, LiquidationAction.Repay)]
    public void Size_HealthAtOne_NothingUnderItALiquidation(int wei, LiquidationAction action)
    {
        // 800 of debt and 200 required against 2000 at one half.
        var leg = new LiquidationLeg(new Wad((2000 * Wad.Scale) + (2 * wei)), Micro(500_000), Micro(50_000));

        var sizing = RequirementLiquidation.Size(800_000_000, [leg], Options(200, -50), Terms(Wad.One));

        Assert.Equal(action, sizing.Action);
    }

    [Fact]
    public void Size_NothingOwed_IsNone() =>
        Assert.Equal(LiquidationAction.None, RequirementLiquidation.Size(0, [Leg(0)], default, Terms(Wad.One)).Action);

    [Fact]
    public void Size_HandExample_RepaysTheFormula()
    {
        // num 900, D 800, R 200, b 5 % in full at health .9: x = (1.03 x 1000 - 900)/(1.03 - 1.05 x .5) = 257.425742575
        var sizing = RequirementLiquidation.Size(800_000_000, [Leg(1800)], Options(200, -50), Terms(Wad.One));

        Assert.Equal(LiquidationAction.Repay, sizing.Action);
        Assert.Equal(257_425_743, sizing.Repay);
        Assert.Equal(270.29703015, sizing.SeizeValue[0].ToDouble(), 9);
    }

    [Fact]
    public void Size_OptionRiskAlone_TakesTheFractionWhosePaymentRestores()
    {
        // No debt: num 500, R 1000, MtM -400, V 1000, E 600, price .9: B 540, S' = 1030 - 500, phi = 530/1070.
        var sizing = RequirementLiquidation.Size(0, [Leg(1000)], Options(1000, -400), Terms(Micro(900_000)));

        Assert.Equal(LiquidationAction.TakeFraction, sizing.Action);
        Assert.Equal(530.0 / 1070, sizing.Fraction.ToDouble(), 15);
        Assert.Equal(new BigInteger(267_476_636), sizing.Payment); // 540 x 530/1070 = 267.47663551...
    }

    [Fact]
    public void Size_WorthNothing_TakesTheWholeAndNamesTheDeficit()
    {
        var sizing = RequirementLiquidation.Size(0, [Leg(1000)], Options(3000, -1400), Terms(Wad.One));

        Assert.Equal(LiquidationAction.TakeWhole, sizing.Action);
        Assert.Equal(Wad.One, sizing.Fraction);
        Assert.Equal("400", sizing.Deficit.ToString());
        Assert.Equal(BigInteger.Zero, sizing.Payment);
    }

    [Fact]
    public void Size_NoRequirement_IsThePartialLiquidationToTheUnit()
    {
        var found = 0;
        Accounts.Sample(
            account =>
            {
                var twin = PartialLiquidation.Size(account.Debt, account.Legs, Terms(account.Price).Collateral);
                var sizing = (account with { Options = default }).Size();

                Assert.Equal(twin is null, sizing.Action == LiquidationAction.None);
                if (twin is not null)
                {
                    Interlocked.Increment(ref found);
                    Assert.Equal(LiquidationAction.Repay, sizing.Action);
                    Assert.Equal(twin.Repay, sizing.Repay);
                    Assert.Equal(twin.SeizeValue, sizing.SeizeValue);
                    Assert.Equal(twin.HealthBefore, sizing.HealthBefore);
                    Assert.Equal(twin.BonusRate, sizing.BonusRate);
                }
            },
            iter: 4000);
        Assert.True(found > 500);
    }

    [Fact]
    public void Size_Random_RestoresTheTargetOrClosesOrNamesWhatLacks()
    {
        var seen = new int[4];
        Accounts.Sample(
            account =>
            {
                var sizing = account.Size();
                Interlocked.Increment(ref seen[(int)sizing.Action]);
                var after = After.Of(account, sizing);
                var enough = sizing.Action switch
                {
                    LiquidationAction.None => true,
                    // The twin's own case: without a requirement, collateral that is used up ends the liquidation with a deficit.
                    LiquidationAction.Repay =>
                        after.Restored || (account.Options.Requirement == Wad.Zero && after.Collateral.All(v => v == Wad.Zero)),
                    LiquidationAction.TakeFraction => after.Restored,
                    _ => sizing.Fraction == Wad.One && after.Debt == Wad.Zero,
                };

                Assert.True(enough, $"{sizing} leaves {after}");
            },
            iter: 10_000);
        Assert.All(seen, count => Assert.True(count > 100));
    }

    [Fact]
    public void Size_Random_TakesNoMoreThanThereIs() => Accounts.Sample(
        account =>
        {
            var sizing = account.Size();

            Assert.True(sizing.Repay.Sign >= 0 && sizing.Repay <= account.Debt);
            Assert.True(sizing.DebtTaken.Sign >= 0 && sizing.DebtTaken <= account.Debt);
            Assert.True(sizing.Fraction >= Wad.Zero && sizing.Fraction <= Wad.One && sizing.Payment.Sign >= 0);
            Assert.All(account.Legs.Zip(sizing.SeizeValue), pair =>
                Assert.True(Wad.Zero <= pair.Second && pair.Second <= pair.First.Value));
        },
        iter: 4000);

    [Fact]
    public void Size_Random_LeavesNoDust() => Accounts.Sample(
        account =>
        {
            var sizing = account.Size();
            var after = After.Of(account, sizing);

            Assert.True(
                sizing.Action == LiquidationAction.None || after.Debt == Wad.Zero || after.Debt >= AccountHealth.DebtValue(MinimumDebt, 6)
                || after.Collateral.All(value => value == Wad.Zero),
                $"{sizing} leaves {after}");
        },
        iter: 10_000);

    [Fact]
    public void Size_Random_EquityLossIsBoundedByBonusOrByTheAuctionsDiscount() => Accounts.Sample(
        account =>
        {
            var tip = Micro(10_000);
            var sizing = account.Size(tip);
            var (before, after) = (After.Equity(account), After.Of(account, sizing));
            var debt = AccountHealth.DebtValue(account.Debt, 6);
            var value = account.Legs.Aggregate(Wad.Zero, (sum, leg) => sum + leg.Value);
            var largest = account.Legs.Max(leg => leg.Bonus);
            var free = value - debt - debt.MultiplyDown(tip);
            var bonus = Least(largest.MultiplyDown(debt), free > Wad.Zero ? free : Wad.Zero);
            // Up to one stable unit for each collateral: a repayment is rounded up, and what is taken of legs and debt is rounded.
            var rounding = new Wad(BigInteger.Pow(10, 12) * 2 * (account.Legs.Count + 2));
            var allowed = sizing.Action switch
            {
                LiquidationAction.None => Wad.Zero,
                LiquidationAction.Repay => bonus + rounding,
                LiquidationAction.TakeFraction => before.MultiplyDown(sizing.Fraction).MultiplyDown(Wad.One - account.Price) + rounding,
                _ => (before > Wad.Zero ? before : Wad.Zero) + rounding,
            };

            Assert.True(before - after.NetValue <= allowed, $"{sizing}: equity {before} -> {after.NetValue}, allowed {allowed}");
        },
        iter: 10_000);

    [Fact]
    public void Size_Random_LessWouldNotRestore() => Accounts.Sample(
        account =>
        {
            var sizing = account.Size();
            if (sizing.Action != LiquidationAction.TakeFraction || sizing.Fraction >= Wad.One - Micro(1))
            {
                return;
            }

            var less = sizing.Fraction.MultiplyDown(Micro(999_000));
            var debtLeft = AccountHealth.DebtValue(account.Debt, 6).MultiplyDown(Wad.One - less);
            var equity = After.Equity(account);
            var payment = equity.MultiplyDown(account.Price).MultiplyDown(less);
            var (owed, cash) = payment < debtLeft ? (debtLeft - payment, Wad.Zero) : (Wad.Zero, payment - debtLeft);
            var num = AccountHealth.Capacity(account.Legs.Select(leg => (leg.Value, leg.LiquidationThreshold)))
                .MultiplyDown(Wad.One - less) + cash;
            var required = owed + account.Options.Requirement.MultiplyDown(Wad.One - less);
            var restored = num >= Target.MultiplyDown(required);
            var dust = owed > Wad.Zero && owed < AccountHealth.DebtValue(2 * MinimumDebt, 6);

            Assert.True(!restored || dust || cash > Wad.Zero || owed < AccountHealth.DebtValue(MinimumDebt, 6),
                $"{less} of {sizing.Fraction} is enough");
        },
        iter: 4000);

    private sealed record After(Wad Debt, Wad Cash, List<Wad> Collateral, Wad Capacity, Wad Requirement, Wad NetValue)
    {
        public bool Restored => Capacity.Raw * Wad.Scale + (Collateral.Count * 2 * Wad.Scale) >= Target.Raw * (Debt + Requirement).Raw;

        public static Wad Equity(Account account) => account.Legs.Aggregate(account.Options.MarkToMarket, (sum, leg) => sum + leg.Value)
            - AccountHealth.DebtValue(account.Debt, 6);

        public static After Of(Account account, RequirementLiquidationSizing sizing)
        {
            var unit = BigInteger.Pow(10, 12);
            var owed = account.Debt - sizing.Repay - sizing.DebtTaken;
            var paid = BigInteger.Min(sizing.Payment, owed);
            var cash = new Wad((sizing.Payment - paid) * unit);
            var debt = new Wad((owed - paid) * unit);
            List<Wad> left = [.. account.Legs.Zip(sizing.SeizeValue, (leg, seized) => leg.Value - seized)];
            var capacity = AccountHealth.Capacity(left.Zip(account.Legs, (value, leg) => (value, leg.LiquidationThreshold))) + cash;
            var keep = Wad.One - sizing.Fraction;
            var mark = new Wad(Wad.MultiplyDivideDown(account.Options.MarkToMarket.Raw, keep.Raw, Wad.Scale));
            return new After(
                debt, cash, left, capacity,
                new Wad(Wad.MultiplyDivideUp(account.Options.Requirement.Raw, keep.Raw, Wad.Scale)),
                left.Aggregate(mark + cash - debt, (sum, value) => sum + value));
        }
    }

    private static Wad Least(Wad a, Wad b) => a < b ? a : b;

    private static LiquidationLeg Leg(int value) => new(new Wad(value * Wad.Scale), Micro(500_000), Micro(50_000));

    private static OptionRisk Options(int requirement, int mark) => new(new Wad(requirement * Wad.Scale), new Wad(mark * Wad.Scale));

    private static RequirementTerms Terms(Wad price, Wad? tip = null) =>
        new(new LiquidationTerms(Target, MinimumDebt, 6, Micro(500_000), Micro(50_000)), tip ?? Wad.Zero, price);

    private static Wad Micro(int millionths) => new(millionths * BigInteger.Pow(10, 12));

    private static void Refuses(string refusal, Action action) => Assert.Equal(refusal, Assert.Throws<RiskInputException>(action).Refusal);
}
