using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Defence.SwapMarket;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Defence;

public sealed class SwapPlannerTests
{
    private static readonly Bps Tolerance = new(100);

    [Theory]
    [InlineData(ForStable)]
    [InlineData(ForWbtc)]
    public void Best_DeepPool_RestoresTheTargetWithTheLeastThatDoes(ushort allowedOut)
    {
        // Against WBTC only a collateral with another threshold helps.
        var account = Low with { SwapMandate = Mandate(allowedOut) with { TargetHealth = Fraction(1.06m) } };
        var snapshot = Market(account, StablePool(), WbtcPool()).WithAsset(0, asset => asset with { Attested = Attested(0.9m) });
        account = account with { DebtShares = SnapshotValuation.Value(snapshot, account).LiquidationCapacity.Raw * 100 / 104 / 1_000_000_000_000 };
        snapshot = snapshot with { Accounts = [account] };
        var plan = SwapPlanner.Best(snapshot, account, account.SwapMandate!.Value, Tolerance)!;

        Assert.Equal(SwapAnswer.Swap, plan.Answer);
        Assert.Equal((Weth, allowedOut == ForStable ? snapshot.Market.Stable : Wbtc), (plan.TokenIn, plan.TokenOut));
        Assert.Equal(PoolQuote.AmountOut(plan.Pool, plan.Pool.Token0 == Weth, plan.AmountIn), plan.AmountOut);
        Assert.Equal(1.06, plan.HealthAfter!.Value.ToDouble(), 2e-4); // the margin until it is mined
        Assert.True(plan.HealthAfter >= Fraction(1.06m));
        Assert.True(plan.HealthBefore < plan.HealthAfter);
        Assert.InRange(plan.Slippage.ToDouble(), 0.0005, 0.001); // the fee, and little more
        Assert.True(plan.MinAmountOut <= plan.AmountOut && plan.MinAmountOut >= plan.AmountOut * 98 / 100);
    }

    [Fact]
    public void Best_MandateWithATip_RestoresTheTargetAfterThatToo()
    {
        var tip = Stable(50);
        var plain = SwapPlanner.Best(Market(Low, StablePool()), Low, Mandate(), Tolerance)!;
        var tipped = SwapPlanner.Best(Market(Low, StablePool()), Low, Mandate() with { Tip = tip }, Tolerance)!;

        Assert.True(tipped.AmountIn > plain.AmountIn);
        Assert.True(tipped.HealthAfter >= Fraction(1.1m));
    }

    [Fact]
    public void Best_SeveralPoolsRestoreIt_TheOneThatLosesLeastIsTaken()
    {
        var pools = (SwapPoolSnapshot[])[StablePool(fee: 3000), StablePool(fee: 100), StablePool(fee: 500)];
        Assert.Equal(100U, SwapPlanner.Best(Market(Low, pools), Low, Mandate(), Tolerance)!.Pool.FeeMillionths);
    }

    [Fact]
    public void Best_TheMinimum_IsNeverUnderWhatTheMandateDemands()
    {
        var plan = SwapPlanner.Best(Market(Low, StablePool()), Low, Mandate(), new Bps(5_000))!;
        Assert.Equal(Wad.MultiplyDivideUp(plan.ValueIn.Raw, 99, 100) / 1_000_000_000_000, plan.MinAmountOut, new Near(1));
        Assert.Equal(plan.AmountOut, SwapPlanner.Best(Market(Low, StablePool()), Low, Mandate(), new Bps(0))!.MinAmountOut);
    }

    /// <summary>The vault's own limit: what restores the target at the worst price that the mandate accepts.</summary>
    [Fact]
    public void Best_QuoteAtTheWorstPrice_SellsNoMoreThanTheVaultAllows()
    {
        var market = Market(Low, StablePool(price: 3_000 * 0.992m, fee: 500));
        var plan = SwapPlanner.Best(market, Low, Mandate(), Tolerance)!;
        var asset = market.Assets[0];
        var valuation = SnapshotValuation.Value(market, Low);
        var missing = (valuation.Debt.ToDouble() * 1.1) - valuation.LiquidationCapacity.ToDouble();
        var limit = missing / ((0.99 * 1.1) - asset.LiquidationThreshold.ToDouble());

        Assert.Equal(SwapAnswer.Swap, plan.Answer);
        Assert.True(plan.ValueIn.ToDouble() <= limit * (1 + 1e-12), $"{plan.ValueIn} of {limit}");
    }

    [Fact]
    public void Best_NoPoolOfAnAllowedPair_IsNone()
    {
        Assert.Null(SwapPlanner.Best(Market(Low), Low, Mandate(), Tolerance));
        Assert.Null(SwapPlanner.Best(Market(Low, WbtcPool()), Low, Mandate(), Tolerance));
        Assert.Null(SwapPlanner.Best(Market(Low, StablePool()), Low, Mandate() with { AllowedIn = 2 }, Tolerance)); // holds no WBTC
        var owesNothing = Low with { DebtShares = 0 };
        Assert.Null(SwapPlanner.Best(Market(owesNothing, StablePool()), owesNothing, Mandate(), Tolerance));
    }

    [Fact]
    public void Best_AllTheDebtIsPaid_HealthAfterIsNone()
    {
        var mandate = Mandate() with { TargetHealth = Fraction(5_000m), LossBudget = Fraction(2m) };
        var rich = Account(1, 5, 0.0024m) with { SwapMandate = mandate };
        var plan = SwapPlanner.Best(Market(rich, StablePool()), rich, mandate, Tolerance)!;
        Assert.NotEqual(SwapAnswer.BelowMaintenance, plan.Answer);
    }

    private sealed class Near(int units) : IEqualityComparer<System.Numerics.BigInteger>
    {
        public bool Equals(System.Numerics.BigInteger x, System.Numerics.BigInteger y) => System.Numerics.BigInteger.Abs(x - y) <= units;

        public int GetHashCode(System.Numerics.BigInteger obj) => 0;
    }
}
