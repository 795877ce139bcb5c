using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Liquidation;

public sealed class SwapSizingTests
{
    private const double Target = 1.2;
    private static readonly Collateral Ether = new("ETH", 10, 3000, .8);
    private static readonly Collateral Dollars = new("USDC", 0, 1, .95);
    private static readonly SwapVenue Pool = new ConstantProductVenue(10_000, 30_000_000, .0005);
    private static readonly SwapMandate Mandate = new(["ETH"], ["USDC"], 10, .02);

    /// <summary>30,000 at .8 against 21,000: health 1.142857, and 1,200 of weighted value missing.</summary>
    private static readonly AccountMargin Account = new(24_000, 20_000, 1000);

    private const double Equity = 10_000;

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(-1)]
    public void Size_AmountOutsideItsRange_Refused(double amount)
    {
        Refuses("SwapInputOutOfRange", () => Size(from: Ether with { Amount = amount }));
        Refuses("SwapInputOutOfRange", () => Size(mandate: Mandate with { MaxAmountIn = amount }));
        Refuses("SwapInputOutOfRange", () => Size(mandate: Mandate with { MaxSlippage = amount }));
        Refuses("SwapInputOutOfRange", () => Size(to: Dollars with { Price = amount }));
    }

    [Fact]
    public void Size_FiguresWithoutMeaning_Refused()
    {
        Refuses("NotFinite", () => Size(
            from: Ether with { Price = 1e300, Amount = 1e300 },
            venue: new SquareRootVenue(1e300, .5, 1e306),
            mandate: Mandate with { MaxAmountIn = 1e300, MaxSlippage = 1 },
            equity: 1e308,
            to: Dollars with { Price = 1e10 }));
        Refuses("NotFinite", () => Size(equity: double.NaN));
        Refuses("NotFinite", () => Size(Account with { Weighted = double.NaN }));
        Refuses("NegativeDebt", () => Size(Account with { Debt = -1 }));
        Refuses("TargetHealthTooLow", () => Size(target: .9999));
        Assert.Equal(SwapAnswer.NotNeeded, Size(target: 1).Answer);
    }

    [Theory]
    [InlineData(25_200, SwapAnswer.NotNeeded)]
    [InlineData(25_199, SwapAnswer.Swap)]
    [InlineData(21_000, SwapAnswer.CollateralTooSmall)]
    [InlineData(20_999, SwapAnswer.BelowMaintenance)]
    public void Size_HealthOnEitherSideOfTargetAndMaintenance_IsNamed(double weighted, SwapAnswer answer) => Assert.Equal(
        answer, Size(Account with { Weighted = weighted }, from: Ether with { Amount = 5 }).Answer);

    [Fact]
    public void Size_PairNotInTheMandate_IsNotAllowed()
    {
        Assert.Equal(SwapAnswer.AssetNotAllowed, Size(from: Ether with { Asset = "BTC" }).Answer);
        Assert.Equal(SwapAnswer.AssetNotAllowed, Size(to: Dollars with { Asset = "DAI" }).Answer);
        Assert.Equal(SwapAnswer.AssetNotAllowed, Size(to: Ether, mandate: Mandate with { To = ["ETH"] }).Answer);
    }

    [Fact]
    public void Size_TargetWithALowerThreshold_WouldNotImprove()
    {
        // The pool pays .9995: at a threshold of .8004 the first token gives nothing, a little over it something.
        Assert.Equal(SwapAnswer.HealthWouldNotImprove, Size(to: Dollars with { LiquidationThreshold = .8 / .9995 * .999999 }).Answer);
        Assert.Equal(SwapAnswer.VenueTooShallow, Size(to: Dollars with { LiquidationThreshold = .8 / .9995 * 1.000001 }).Answer);
    }

    [Fact]
    public void Size_DeepMarket_IsTheShortfallOverTheGain()
    {
        var plan = Size(venue: new ConstantProductVenue(1e15, 3e18, 0));

        Assert.Equal(SwapAnswer.Swap, plan.Answer);
        Assert.Equal(1200 / (3000 * .15), plan.AmountIn, 9);
        Assert.Equal(Target, plan.HealthAfter!.Value, 12);
        Assert.Equal(24.0 / 21, plan.HealthBefore!.Value, 15);
        Assert.Equal(0, plan.EquityLoss, 6);
    }

    [Fact]
    public void Size_ConstantProduct_IsTheRootOfItsQuadratic()
    {
        // .95 y g v/(x + g v) - 2400 v = 1200
        var (x, y, g) = (10_000.0, 30_000_000.0, .9995);
        var (a, b, c) = (2400 * g, (2400 * x) + (1200 * g) - (.95 * y * g), 1200 * x);
        var root = (-b - Math.Sqrt((b * b) - (4 * a * c))) / (2 * a);

        Assert.Equal(root, Size().AmountIn, 9);
    }

    [Fact]
    public void Size_LimitsThatComeFirst_AreNamedAndSayHowFarTheyGo()
    {
        var need = Size().AmountIn;

        AssertLimited(SwapAnswer.MandateTooSmall, Size(mandate: Mandate with { MaxAmountIn = need * .999 }));
        AssertLimited(SwapAnswer.CollateralTooSmall, Size(from: Ether with { Amount = need * .999 }));
        AssertLimited(SwapAnswer.SlippageOverLimit, Size(mandate: Mandate with { MaxSlippage = Size().Slippage * .999 }));
        AssertLimited(SwapAnswer.EquityLossOverLimit, Size(mandate: Mandate with { MaxEquityLoss = Size().EquityLoss / Equity * .999 }));
        AssertLimited(SwapAnswer.VenueTooShallow, Size(venue: ConstantProductVenue.ConcentratedRange(20_000, 3000, 2995, .0005)));
        AssertLimited(SwapAnswer.VenueTooShallow,
            Size(venue: new ConstantProductVenue(20, 60_000, 0), mandate: Mandate with { MaxSlippage = 1, MaxEquityLoss = 1 }));
    }

    private static void AssertLimited(SwapAnswer answer, SwapPlan plan)
    {
        Assert.Equal(answer, plan.Answer);
        Assert.InRange(plan.HealthAfter!.Value, plan.HealthBefore!.Value, Target * (1 - 1e-9));
        Assert.True(plan.AmountIn > 0);
    }

    [Fact]
    public void Size_LimitsThatJustReach_StillSwap()
    {
        var plan = Size();

        var tight = new SwapMandate(["ETH"], ["USDC"], plan.AmountIn, plan.Slippage * (1 + 1e-9), plan.EquityLoss / Equity * (1 + 1e-9));

        Assert.Equal(plan.AmountIn, Size(mandate: tight).AmountIn);
        Assert.Equal(SwapAnswer.Swap, Size(mandate: tight).Answer);
    }

    [Fact]
    public void Size_NoAccountEquityLeft_AllowsNoLoss() => Assert.Equal(SwapAnswer.EquityLossOverLimit, Size(equity: -5).Answer);

    [Fact]
    public void Size_Random_PlanRestoresAndNothingLessDoesAndLimitsHold()
    {
        var swaps = 0;
        Gen.Select(Gen.Double[21_001, 25_500], Gen.Double[.01, 30], Gen.Double[50, 1e5], Gen.Double[.82, 1], Gen.Double[0, .1],
            Gen.Int[0, 2]).Sample(
            (weighted, mostIn, size, threshold, slippage, kind) =>
            {
                SwapVenue venue = kind switch
                {
                    0 => new SquareRootVenue(3000, .9, size, .0005),
                    1 => new ConstantProductVenue(size, size * 3000, .003),
                    _ => ConstantProductVenue.ConcentratedRange(size * 50, 3000, 2900, .0005),
                };
                var account = Account with { Weighted = weighted };
                var dollars = Dollars with { LiquidationThreshold = threshold };
                var mandate = Mandate with { MaxAmountIn = mostIn, MaxSlippage = slippage };
                var plan = Size(account, to: dollars, venue: venue, mandate: mandate);
                double HealthAt(double v) => (weighted + (threshold * venue.AmountOut(v)) - (2400 * v)) / 21_000;

                if (plan.Answer == SwapAnswer.Swap)
                {
                    Interlocked.Increment(ref swaps);
                    Assert.True(HealthAt(plan.AmountIn) >= Target * (1 - 1e-15));
                    Assert.True(HealthAt(plan.AmountIn * (1 - 1e-9)) < Target);
                }
                else
                {
                    Assert.True(plan.Answer == SwapAnswer.NotNeeded || plan.HealthAfter < Target);
                    Assert.True(plan.HealthAfter >= plan.HealthBefore * (1 - 1e-15));
                }

                Assert.True(plan.AmountIn <= mostIn && plan.AmountIn <= Ether.Amount && plan.Slippage <= slippage + 1e-15);
                Assert.True(plan.EquityLoss <= .01 * Equity && plan.AmountOut >= plan.MinAmountOut * (1 - 1e-12));
            },
            iter: 3000);
        Assert.True(swaps > 300);
    }

    private static SwapPlan Size(
        AccountMargin? account = null, Collateral? from = null, Collateral? to = null, SwapVenue? venue = null, SwapMandate? mandate = null,
        double equity = Equity, double target = Target) =>
        SwapSizing.Size(account ?? Account, equity, from ?? Ether, to ?? Dollars, venue ?? Pool, mandate ?? Mandate, target);

    private static void Refuses(string refusal, Action action) => Assert.Equal(refusal, Assert.Throws<RiskInputException>(action).Refusal);
}
