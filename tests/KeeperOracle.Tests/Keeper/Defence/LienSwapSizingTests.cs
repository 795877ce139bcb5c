using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.CrossChain;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Defence.LienSwapMarket;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Defence;

/// <summary>
/// Sizes of swaps under a lien against the sentences of contracts/libraries/LienSwaps.sol, put down here once more in their own words; that the contract itself takes them to the unit is held on
/// live chains (EndToEnd/LienDefenceTests).
/// </summary>
public sealed class LienSwapSizingTests
{
    private static readonly BigInteger Scale = Wad.Scale;

    [Fact]
    public void MinOutUp_OneUnit_RoundsAgainstWhoeverFills()
    {
        var mandate = Mandate with { MaxLoss = Wad.Zero };
        Assert.Equal(0, LienSwapSizing.MinOutUp(mandate, 0));
        Assert.Equal(1, LienSwapSizing.MinOutUp(mandate, 1)); // a wei of WETH against a unit of WBTC, worth 200 thousand million of them
        Assert.Equal(5_000_000, LienSwapSizing.MinOutUp(mandate, BigInteger.Pow(10, 18)));
        Assert.Equal(5_000_001, LienSwapSizing.MinOutUp(mandate, BigInteger.Pow(10, 18) + 1));
        Assert.Equal(4_975_000, LienSwapSizing.MinOutUp(Mandate, BigInteger.Pow(10, 18)));
    }

    [Fact]
    public void LossUp_WholeTokens_IsTheMandatesShare() => Assert.Equal(Fraction(15), LienSwapSizing.LossUp(Mandate, BigInteger.Pow(10, 18)));

    /// <summary>Whatever the book: the hub takes it, no less restores the target, and where it does not restore it a limit was met.</summary>
    [Theory]
    [InlineData(18, 8)]
    [InlineData(8, 18)]
    [InlineData(18, 6)]
    [InlineData(6, 6)]
    [InlineData(0, 18)]
    public void Size_AnyBook_IsTheLeastThatTheHubTakes(int given, int brought)
    {
        var random = new SeededRandom((ulong)(20_261_126 + (given * 100) + brought));
        var (restored, limited) = (0, 0);
        for (var run = 0; run < 400; run++)
        {
            var mandate = Random(random, given, brought);
            var account = Secured(25_000, mandate) with { DebtShares = Stable(1_000 + (decimal)(random.NextUniform() * 90_000)) };
            var snapshot = Snapshot(account);
            var value = SnapshotValuation.Value(snapshot, account);
            var plan = LienSwapSizing.Size(snapshot, account, mandate);
            Assert.Equal(LienSwapSizing.HealthOf(value), plan.HealthBefore);
            if (!plan.IsMade)
            {
                continue;
            }

            Assert.InRange(plan.Units, mandate.LeastUnits, BigInteger.Min(mandate.Available, mandate.In.Counted));
            Assert.True(plan.MinOut <= mandate.OutRoom && plan.MinOut.Sign > 0);
            Assert.True(LossOf(mandate, plan.Units) <= Bearable(snapshot, account));
            Assert.Equal(HealthAfter(value, mandate, plan.Units), plan.HealthAfter);
            Assert.True(plan.Units == mandate.LeastUnits || HealthAfter(value, mandate, plan.Units - 1) <= mandate.TargetHealth, $"run {run}: the hub would not take {plan.Units}");
            if (plan.Answer == LienSwapAnswer.Restores)
            {
                restored++;
                Assert.True(plan.HealthAfter >= mandate.TargetHealth, $"run {run}");
                Assert.True(plan.Units == mandate.LeastUnits || HealthAfter(value, mandate, plan.Units - 1) < mandate.TargetHealth, $"run {run}: less is enough");
            }
            else
            {
                limited++;
                Assert.True(plan.HealthAfter < mandate.TargetHealth, $"run {run}");
                var more = plan.Units + 1;
                Assert.True(
                    more > mandate.Available || more > mandate.In.Counted || MinOut(mandate, more) > mandate.OutRoom || LossOf(mandate, more) > Bearable(snapshot, account),
                    $"run {run}: {plan.Answer} is no limit");
            }
        }

        Assert.True(restored > 20 && limited > 20, $"{restored} restored, {limited} limited");
    }

    [Fact]
    public void Size_MoreDisputed_CountsNothingOfItAsGiven()
    {
        var disputed = With(mandate => mandate with { In = mandate.In with { Counted = 5 * BigInteger.Pow(10, 17), Disputed = BigInteger.Pow(10, 19) } }) with { Remote = Low.Remote };
        var plan = LienSwapSizing.Size(Snapshot(disputed), disputed, disputed.LienSwaps[0]);
        Assert.Equal((LienSwapAnswer.CountedEnds, 5 * BigInteger.Pow(10, 17)), (plan.Answer, plan.Units));
    }

    // ------------------------------------------------------------------------------------------- the contract's words

    private static BigInteger MinOut(LienSwapSnapshot mandate, BigInteger units)
    {
        var least = Up(Up(units * mandate.In.Price.PerToken.Raw, BigInteger.Pow(10, mandate.In.Decimals)) * (Scale - mandate.MaxLoss.Raw), Scale);
        return Up(least * BigInteger.Pow(10, mandate.Out.Decimals), mandate.Out.Price.PerToken.Raw);
    }

    private static BigInteger LossOf(LienSwapSnapshot mandate, BigInteger units) => BigInteger.Max(
        0,
        Up(units * mandate.In.Price.PerToken.Raw, BigInteger.Pow(10, mandate.In.Decimals))
        - (MinOut(mandate, units) * mandate.Out.Price.PerToken.Raw / BigInteger.Pow(10, mandate.Out.Decimals)));

    private static Wad HealthAfter(AccountValuation value, LienSwapSnapshot mandate, BigInteger units)
    {
        static BigInteger Worth(LienHolding lien, BigInteger units) =>
            units * lien.Price.PerToken.Raw / BigInteger.Pow(10, lien.Decimals)
            * (lien.LiquidationThreshold.Raw * (Scale - RemoteWorth.HaircutUp(lien.MaintenanceVolatility, lien.FinalityLagSeconds).Raw)) / (Scale * Scale);
        var capacity = value.LiquidationCapacity.Raw - 2 + Worth(mandate.Out, MinOut(mandate, units)) - Worth(mandate.In, units);
        return new Wad(capacity * Scale / (value.Debt.Raw + value.MaintenanceRequirement.Raw));
    }

    /// <summary>One hundredth of equity.</summary>
    private static BigInteger Bearable(ChainSnapshot snapshot, AccountSnapshot account) => BigInteger.Max(0, SnapshotValuation.EquityDown(snapshot, account).Raw) / 100;

    private static BigInteger Up(BigInteger numerator, BigInteger denominator) => (numerator + denominator - 1) / denominator;

    private static LienSwapSnapshot Random(SeededRandom random, int given, int brought)
    {
        decimal Between(double low, double high) => decimal.Round((decimal)(low + (random.NextUniform() * (high - low))), 9);
        var (unit, unitOut) = (BigInteger.Pow(10, given), BigInteger.Pow(10, brought));
        var priceIn = given == 0 ? Between(0.5, 3) : Between(10, 4_000);
        var tokens = new BigInteger(Between(10_000, 60_000) / priceIn * 1_000) * unit / 1_000;
        return Mandate with
        {
            TargetHealth = Fraction(Between(1.01, 1.5)),
            MaxLoss = Fraction(Between(0, 0.01)),
            LeastUnits = BigInteger.Max(1, tokens / 500),
            Available = tokens * (int)(1 + (random.NextUniform() * 99)) / 100,
            OutRoom = unitOut * (int)(1 + (random.NextUniform() * 50_000)),
            In = Mandate.In with { Decimals = given, Price = new Price(Fraction(priceIn)), Counted = tokens, LiquidationThreshold = Fraction(Between(0.4, 0.8)) },
            Out = Mandate.Out with
            {
                Decimals = brought,
                Price = new Price(Fraction(Between(1, 70_000))),
                Counted = unitOut / 10,
                LiquidationThreshold = Fraction(0.9m),
                BorrowFactor = Fraction(0.85m),
                PastThreshold = Fraction(0.9m),
            },
        };
    }
}
