using System.Globalization;
using System.Numerics;
using CsCheck;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Cascade;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Cascade;

public sealed class CascadeSimulatorTests
{
    /// <summary>Volume without end: sales do not move the price.</summary>
    private static readonly CascadeAsset Ether = new("ETH", 3000, .8, 1e18, .8, .05);
    private static readonly CascadeMarket Calm = new([Ether], [[1.0]], LiquidatorProfit: null);

    public static TheoryData<string, CascadeScenario, CascadeControls> BadInputs
    {
        get
        {
            var good = Scenario(Calm, [Account(1, 2000)], [0]);
            CascadeScenario With(Func<CascadeAsset, CascadeAsset> asset) => good with { Market = Calm with { Assets = [asset(Ether)] } };
            CascadeScenario Market(Func<CascadeMarket, CascadeMarket> market) => good with { Market = market(Calm) };
            const string range = "CascadeInputOutOfRange";
            return new()
            {
                { "NoAssets", Market(m => m with { Assets = [] }), CascadeControls.Off },
                { "LengthMismatch", Market(m => m with { Correlation = [] }), CascadeControls.Off },
                { "LengthMismatch", Market(m => m with { Correlation = [[1, 0]] }), CascadeControls.Off },
                { "CorrelationInvalid", Market(m => m with { Correlation = [[.9]] }), CascadeControls.Off },
                { "CorrelationInvalid", Market(m => m with { Correlation = [[double.NaN]] }), CascadeControls.Off },
                { "LengthMismatch", good with { Accounts = [new CascadeAccount([], 1)] }, CascadeControls.Off },
                { "LengthMismatch", good with { LogReturns = [[0, 0]] }, CascadeControls.Off },
                { "LengthMismatch", good with { ThresholdTargets = [] }, CascadeControls.Off },
                { "LengthMismatch", good with { ThresholdTargets = [[]] }, CascadeControls.Off },
                { range, good with { ThresholdTargets = [[0]] }, CascadeControls.Off },
                { range, good with { ThresholdTargets = [[1]] }, CascadeControls.Off }, // (1+b) LT reaches the target health
                { range, good with { LogReturns = [[double.NaN]] }, CascadeControls.Off },
                { range, good with { LogReturns = [[41]] }, CascadeControls.Off },
                { range, good with { Accounts = [Account(-1, 1)] }, CascadeControls.Off },
                { range, good with { Accounts = [Account(1, double.NaN)] }, CascadeControls.Off },
                { range, With(a => a with { Price = 0 }), CascadeControls.Off },
                { range, With(a => a with { Price = double.PositiveInfinity }), CascadeControls.Off },
                { range, With(a => a with { Volatility = -1 }), CascadeControls.Off },
                { range, With(a => a with { DailyVolume = 0 }), CascadeControls.Off },
                { range, With(a => a with { LiquidationThreshold = 0 }), CascadeControls.Off },
                { range, With(a => a with { LiquidationThreshold = 1 }), CascadeControls.Off },
                { range, With(a => a with { Bonus = 1 }), CascadeControls.Off },
                { range, Market(m => m with { StepsPerDay = 0 }), CascadeControls.Off },
                { range, Market(m => m with { TargetHealth = .99 }), CascadeControls.Off },
                { range, Market(m => m with { MinimumDebt = -1 }), CascadeControls.Off },
                { range, Market(m => m with { ImpactCalibration = double.NaN }), CascadeControls.Off },
                { range, Market(m => m with { CrossImpact = 1.1 }), CascadeControls.Off },
                { range, Market(m => m with { AbsorbedPerStep = -.1 }), CascadeControls.Off },
                { range, Market(m => m with { BonusFloor = 2 }), CascadeControls.Off },
                { range, Market(m => m with { FullBonusUnderHealth = 0 }), CascadeControls.Off },
                { range, Market(m => m with { LiquidatorProfit = -.1 }), CascadeControls.Off },
                { range, good, new CascadeControls(RampPerStep: -1) },
                { range, good, new CascadeControls(VolumeCap: double.NaN) },
                { range, good, new CascadeControls(InsuranceFund: -1) },
                { range, good, new CascadeControls(Breaker: new CascadeBreaker(1, 1, 1)) },
                { range, good, new CascadeControls(Breaker: new CascadeBreaker(.1, 0, 1)) },
            };
        }
    }

    [Theory]
    [MemberData(nameof(BadInputs))]
    public void Run_InputOutsideItsRange_Refused(string refusal, CascadeScenario scenario, CascadeControls controls) =>
        Assert.Equal(refusal, Assert.Throws<RiskInputException>(() => CascadeSimulator.Run(scenario, controls)).Refusal);

    [Theory]
    [InlineData(2400, 0)] // health is exactly 1
    [InlineData(2400.01, 1)]
    public void Run_HealthAtOne_LiquidatesOnlyUnderIt(double debt, int accounts) =>
        Assert.Equal(accounts, CascadeSimulator.Run(Scenario(Calm, [Account(1, debt)], [0]), CascadeControls.On).LiquidatedAccounts);

    [Fact]
    public void Run_WithoutImpact_LiquidatesAsTheVaultDoes() =>
        Gen.Select(Gen.Double[1, 100], Gen.Double[.7, .999], Gen.Double[.4, .9]).Sample(
        (amount, health, threshold) =>
        {
            var market = Calm with { Assets = [Ether with { LiquidationThreshold = threshold }] };
            var debt = Math.Floor(amount * 3000 * threshold / health);
            var leg = new LiquidationLeg(Wad.FromDoubleDown(amount * 3000), Wad.FromDoubleDown(threshold), Wad.FromDoubleDown(.05));
            var terms = new LiquidationTerms(
                Wad.FromDoubleDown(1.05), 100 * BigInteger.Pow(10, 12), 12, Wad.FromDoubleDown(.5), Wad.FromDoubleDown(.05));
            var twin = PartialLiquidation.Size(new BigInteger(debt) * BigInteger.Pow(10, 12), [leg], terms);

            var outcome = CascadeSimulator.Run(Scenario(market, [Account(amount, debt)], [0]), CascadeControls.On);

            Assert.NotNull(twin);
            Assert.Equal((double)twin.Repay / 1e12, outcome.RepaidDebt, 1e-6 * debt);
            Assert.Equal(twin.SeizeValue[0].ToDouble(), outcome.SoldValue, 1e-6 * debt);
        });

    [Fact]
    public void Run_SaleThatMovesThePrice_FollowsTheSquareRootLawAndItsDecay()
    {
        // 1,000,000 of debt repaid whole by selling 1,025,000 (half the bonus at health just under 1) of a market with 4,100,000 a day.
        var market = Calm with { Assets = [Ether with { DailyVolume = 4_100_000 }] };
        var debt = 1000 * 3000 * .8;
        var outcome = CascadeSimulator.Run(Scenario(market, [Account(1000, debt * (1 + 1e-12))], [0, 0]), CascadeControls.Off);

        var sold = debt * 1.025;
        Assert.Equal(sold, outcome.SoldValue, 1e-6 * sold);
        var daily = .8 / Math.Sqrt(365);
        Assert.Equal(3000 * Math.Exp(-daily * Math.Sqrt(sold / 4_100_000)), outcome.Prices[0][0], 1e-6);
        Assert.Equal(3000 * Math.Exp(-daily * Math.Sqrt(.75 * sold / 4_100_000)), outcome.Prices[1][0], 1e-6);
    }

    [Fact]
    public void Run_CrossImpact_ReachesOtherAssetsByCorrelation()
    {
        var other = Ether with { Name = "BTC", Price = 60_000, Volatility = .4 };
        var market = new CascadeMarket(
            [Ether with { DailyVolume = 4_100_000 }, other], [[1, .6], [.6, 1]], CrossImpact: .5, LiquidatorProfit: null);
        var account = new CascadeAccount([1000, 0], 2_400_001);

        var outcome = CascadeSimulator.Run(new CascadeScenario(market, [account], [[0, 0]]), CascadeControls.Off);

        var own = Math.Log(outcome.Prices[0][0] / 3000);
        Assert.Equal(own * .5 * .6 * (.4 / .8), Math.Log(outcome.Prices[0][1] / 60_000), 1e-9);
        var apart = CascadeSimulator.Run(new CascadeScenario(market with { CrossImpact = 0 }, [account], [[0, 0]]), CascadeControls.Off);
        Assert.Equal(60_000, apart.Prices[0][1], 1e-6);
    }

    [Fact]
    public void Run_OneLiquidation_MakesTheNext()
    {
        // The second account is healthy until the first one's sale has moved the price.
        var market = Calm with { Assets = [Ether with { DailyVolume = 1_000_000 }] };
        CascadeAccount[] accounts = [Account(1000, 2_400_001), Account(1000, 2_390_000)];

        Assert.Equal(1, CascadeSimulator.Run(Scenario(Calm, accounts, [0]), CascadeControls.Off).LiquidatedAccounts);
        var cascade = CascadeSimulator.Run(Scenario(market, accounts, [0]), CascadeControls.Off);
        Assert.Equal((2, 2), (cascade.LiquidatedAccounts, cascade.DeepestRounds));
    }

    [Fact]
    public void Run_DebtOverTheCollateral_IsADeficitThatInsurancePaysFirst()
    {
        var scenario = Scenario(Calm, [Account(1, 5000)], [0]);

        var outcome = CascadeSimulator.Run(scenario, CascadeControls.Off with { InsuranceFund = 500 });

        Assert.Equal(2000, outcome.RealisedDeficit, 1e-6);
        Assert.Equal((500, 1500), (outcome.InsurancePaid, Math.Round(outcome.LendersLoss, 6)));
        Assert.Equal(0, outcome.OpenShortfall);
    }

    [Fact]
    public void Run_NoProfitForALiquidator_LeavesTheShortfallOpen()
    {
        var outcome = CascadeSimulator.Run(Scenario(Calm with { LiquidatorProfit = 0 }, [Account(1, 5000)], [0]), CascadeControls.Off);

        Assert.Equal((0, 2000, 0), (outcome.RealisedDeficit, Math.Round(outcome.OpenShortfall, 6), outcome.LiquidatedAccounts));
        Assert.Equal(outcome.OpenShortfall, outcome.BadDebt);
    }

    [Fact]
    public void Run_VolumeCap_SellsNoMoreThanItInAStepUntilTheAccountIsInDanger()
    {
        var market = Calm with { Assets = [Ether with { DailyVolume = 24_000 }], ImpactCalibration = 0 };

        // Value 3,000,000; 2,500,000 of debt leaves V/D at 1.2, over the 1.07 of bonus and 2 %.
        var capped = CascadeSimulator.Run(Scenario(market, [Account(1000, 2_500_000)], [0, 0]), CascadeControls.Off with { VolumeCap = 3 });
        Assert.Equal(2 * 3000, capped.SoldValue, 1e-6);

        var danger = CascadeSimulator.Run(Scenario(market, [Account(1000, 2_900_000)], [0]), CascadeControls.Off with { VolumeCap = 3 });
        Assert.True(danger.SoldValue > 2_900_000);
    }

    [Fact]
    public void Run_ThresholdThatFallsAtOnce_LiquidatesWhatARampSpares()
    {
        var scenario = Scenario(Calm, [Account(1, 2300)], [0, 0]) with { ThresholdTargets = [[.7], [.8]] };

        Assert.Equal(1, CascadeSimulator.Run(scenario, CascadeControls.Off).LiquidatedAccounts);
        Assert.Equal(0, CascadeSimulator.Run(scenario, CascadeControls.Off with { RampPerStep = .04 }).LiquidatedAccounts);
        Assert.Equal(1, CascadeSimulator.Run(scenario, CascadeControls.Off with { RampPerStep = .05 }).LiquidatedAccounts);
    }

    [Fact]
    public void Run_Breaker_PausesWhileThePriceHasLeftTheOtherSourcesWithinItsBudget()
    {
        // The first sale holds the price about 10 % down; the second account falls under health 1 on the next step.
        var market = Calm with { Assets = [Ether with { DailyVolume = 430_000 }], AbsorbedPerStep = 0 };
        var scenario = Scenario(market, [Account(1000, 2_400_001), Account(1, 2100)], [0, -.05, 0, 0]);
        int Liquidated(int budget) => CascadeSimulator.Run(
            scenario, CascadeControls.Off with { Breaker = new CascadeBreaker(.05, 1, budget) }).LiquidatedAccounts;

        Assert.Equal(2, CascadeSimulator.Run(scenario, CascadeControls.Off).LiquidatedAccounts);
        Assert.Equal(2, Liquidated(2)); // the last step is beyond the budget
        Assert.Equal(1, Liquidated(3));
    }

    [Fact]
    public void Run_SameInputs_GiveTheSameBytes()
    {
        var (first, second) = (
            CascadeSimulator.Run(CrashScenario.Seeded(7), CascadeControls.On),
            CascadeSimulator.Run(CrashScenario.Seeded(7), CascadeControls.On));
        static CascadeOutcome WithoutLists(CascadeOutcome outcome) => outcome with { Prices = [], SoldAmounts = [], HeldAmounts = [] };

        Assert.Equal(WithoutLists(first), WithoutLists(second));
        Assert.Equal(first.HeldAmounts, second.HeldAmounts);
        Assert.Equal(first.Prices.SelectMany(step => step), second.Prices.SelectMany(step => step));
    }

    [Fact]
    public void Run_Random_ValueIsConservedAndEveryNumberIsFinite() =>
        Gen.Select(Gen.ULong, Gen.Int[1, 30], Gen.Double[.01, .95], Gen.Double[.01, 200], Gen.Int[0, 31]).Sample(
            (seed, accounts, fall, debtToVolume, switches) =>
            {
                var scenario = CrashScenario.Seeded(seed, new CrashShape(
                    accounts, Fall: fall, DebtToDailyVolume: debtToVolume, LiquidatorProfit: (switches & 1) == 0 ? null : 0));
                var controls = new CascadeControls(
                    (switches & 2) == 0,
                    (switches & 4) == 0 ? null : .005,
                    (switches & 8) == 0 ? null : 6,
                    (switches & 16) == 0 ? null : new CascadeBreaker(.1, 2, 6),
                    InsuranceFund: 10_000);

                var outcome = CascadeSimulator.Run(scenario, controls);

                var claims = scenario.Accounts.Sum(account => account.Debt);
                Assert.Equal(claims, outcome.OpenDebt + outcome.RepaidDebt + outcome.InsurancePaid + outcome.LendersLoss, 1e-9 * claims);
                Assert.Equal(outcome.RealisedDeficit, outcome.InsurancePaid + outcome.LendersLoss, 1e-9 * claims);
                for (var i = 0; i < 3; i++)
                {
                    var tokens = scenario.Accounts.Sum(account => account.Amounts[i]);
                    Assert.Equal(tokens, outcome.SoldAmounts[i] + outcome.HeldAmounts[i], 1e-9 * tokens);
                }

                double[] figures =
                [
                    outcome.RealisedDeficit, outcome.OpenShortfall, outcome.OpenDebt,
                    outcome.RepaidDebt, outcome.SoldValue, outcome.LendersLoss,
                ];
                Assert.All(figures, figure => Assert.True(double.IsFinite(figure) && figure >= 0));
                Assert.All(outcome.Prices.SelectMany(step => step), price => Assert.True(double.IsFinite(price) && price > 0));
                Assert.True(outcome.InsurancePaid <= 10_000);
            },
            iter: 300);

    [SharedDataFact("data", "positions", "aave-v2_steth-borrowers_2023-06.csv")]
    public void Run_RealPositions_LiquidatesThoseUnderHealthOneAndMoreInAFall()
    {
        // Every borrower has his own threshold: his collateral is scaled so that the market's gives the same health.
        var rows = File.ReadAllLines(SharedDataFactAttribute.PathOf("data", "positions", "aave-v2_steth-borrowers_2023-06.csv"));
        var accounts = rows.Skip(1).Select(row => row.Split(',')).Select(cells => Account(
            Number(cells[1]) * Number(cells[4]) / 10_000 / .8, Number(cells[2]))).ToArray();
        var market = Calm with { Assets = [Ether with { Price = 1 }], MinimumDebt = 0 };

        var now = CascadeSimulator.Run(Scenario(market, accounts, [0]), CascadeControls.On);
        var fallen = CascadeSimulator.Run(Scenario(market, accounts, [-.2]), CascadeControls.On);

        Assert.Equal(rows.Skip(1).Count(row => Number(row.Split(',')[6]) < 1), now.LiquidatedAccounts);
        Assert.Equal(4, now.LiquidatedAccounts);
        Assert.Equal(rows.Skip(1).Count(row => Number(row.Split(',')[6]) * Math.Exp(-.2) < 1), fallen.LiquidatedAccounts);
        Assert.True(fallen.BadDebt >= now.BadDebt);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static CascadeAccount Account(double amount, double debt) => new([amount], debt);

    private static CascadeScenario Scenario(CascadeMarket market, CascadeAccount[] accounts, double[] returns) =>
        new(market, accounts, [.. returns.Select(log => new[] { log })]);
}
