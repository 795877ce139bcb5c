using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Liquidation;

public sealed class TopUpSizingTests
{
    private static readonly Collateral Ether = new("ETH", 10, 3000, .8);

    /// <summary>Health 1 exactly; 4,200 missing for a health of 1.2.</summary>
    private static readonly AccountMargin Account = new(21_000, 18_000, 3000);

    [Fact]
    public void Sizing_InputsWithoutMeaning_Refused()
    {
        Refuses("CapOutOfRange", () => TopUpSizing.Repay(Account, -1, 1.2));
        Refuses("CapOutOfRange", () => TopUpSizing.Repay(Account, double.NaN, 1.2));
        Refuses("TargetHealthTooLow", () => TopUpSizing.Repay(Account, 1, .99));
        Refuses("NotFinite", () => TopUpSizing.AddCollateral(Account with { Weighted = double.NaN }, Ether, 1, 1.2));
    }

    [Fact]
    public void Sizing_NoCap_IsNotOptedIn() => Assert.Equal(TopUpAnswer.NotOptedIn, TopUpSizing.Repay(Account, 0, 1.2).Answer);

    [Fact]
    public void Sizing_TargetHolds_IsNotNeededEvenWithoutACap() =>
        Assert.Equal(TopUpAnswer.NotNeeded, TopUpSizing.Repay(Account, 0, 1).Answer);

    [Theory]
    [InlineData(1.7500001, TopUpAnswer.TopUp)]
    [InlineData(1.7499999, TopUpAnswer.CapTooSmall)]
    public void AddCollateral_CapAroundTheNeed_IsNamed(double cap, TopUpAnswer answer)
    {
        var plan = TopUpSizing.AddCollateral(Account, Ether, cap, 1.2);

        Assert.Equal(answer, plan.Answer);
        Assert.Equal(1.75, plan.Amount, 6); // 4200/(3000 x .8)
        Assert.Equal(1.2, plan.HealthAfter!.Value, 6);
    }

    [Fact]
    public void AddCollateral_ThatCountsForNothing_WouldNotImprove() => Assert.Equal(
        TopUpAnswer.HealthWouldNotImprove, TopUpSizing.AddCollateral(Account, Ether with { LiquidationThreshold = 0 }, 5, 1.2).Answer);

    [Fact]
    public void Repay_Need_IsTheShortfallOverTheTarget() => Assert.Equal(4200 / 1.2, TopUpSizing.Repay(Account, 5000, 1.2).Amount, 9);

    [Fact]
    public void Repay_RequirementOverTheCollateral_CannotRestore()
    {
        var plan = TopUpSizing.Repay(new AccountMargin(3000, 1000, 4000), 5000, 1.2);

        Assert.Equal((TopUpAnswer.RequirementTooLarge, 1000.0), (plan.Answer, plan.Amount));
        Assert.Equal(TopUpAnswer.HealthWouldNotImprove, TopUpSizing.Repay(new AccountMargin(3000, 0, 4000), 5000, 1.2).Answer);
    }

    [Fact]
    public void Sizing_Random_AmountRestoresAndTheNumberBeforeItDoesNot() =>
        Gen.Select(Gen.Double[0, 30_000], Gen.Double[0, 20_000], Gen.Double[0, 20_000], Gen.Double[1, 2], Gen.Double[0, 30_000]).Sample(
            (weighted, debt, requirement, target, cap) =>
            {
                var account = new AccountMargin(weighted, debt, requirement);
                Check(TopUpSizing.AddCollateral(account, Ether, cap, target), cap, amount =>
                    account with { Weighted = weighted + (2400 * amount) });
                Check(TopUpSizing.Repay(account, cap, target), cap, amount => account with { Debt = debt - amount });

                void Check(TopUpPlan plan, double most, Func<double, AccountMargin> after)
                {
                    Assert.InRange(plan.Amount, 0, most);
                    if (plan.Answer == TopUpAnswer.TopUp)
                    {
                        Assert.True(after(plan.Amount).Shortfall(target) <= 1e-9);
                        Assert.True(after(Math.BitDecrement(plan.Amount)).Shortfall(target) > -1e-9);
                        Assert.True(after(plan.Amount * (1 - 1e-9)).Shortfall(target) > 0);
                    }
                    else
                    {
                        Assert.Equal(plan.Answer == TopUpAnswer.NotNeeded, after(plan.Amount).Shortfall(target) <= 0);
                    }
                }
            },
            iter: 3000);

    private static void Refuses(string refusal, Action action) => Assert.Equal(refusal, Assert.Throws<RiskInputException>(action).Refusal);
}
