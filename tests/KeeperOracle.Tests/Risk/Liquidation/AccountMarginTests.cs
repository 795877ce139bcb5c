using System.Globalization;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Liquidation;

public sealed class AccountMarginTests
{
    private static readonly Leg Put = new(LegKind.Put, "ETH", "30d", 3000, -1);

    [Fact]
    public void Of_LegsWithoutAModel_Refused()
    {
        var portfolio = new Portfolio([], [Put], []);

        Assert.Equal("RequirementMissing", Assert.Throws<RiskInputException>(() => AccountMargin.Of(portfolio, null)).Refusal);
        Assert.Equal(7, AccountMargin.Of(portfolio, _ => 7).Requirement);
    }

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(1e300, 1e300)]
    public void Of_FiguresThatAreNoNumbers_Refused(double amount, double price) => Assert.Equal(
        "NotFinite",
        Assert.Throws<RiskInputException>(
            () => AccountMargin.Of(new Portfolio([], [], [new Collateral("X", amount, price, .8)]), null)).Refusal);

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(1, -.1)]
    public void Of_NegativePriceOrVolatility_Refused(double price, double volatility)
    {
        var portfolio = new Portfolio([], [], [new Collateral("X", 1, price, .8, Volatility: volatility)]);

        Assert.Equal("NegativeInput", Assert.Throws<RiskInputException>(() => AccountMargin.Of(portfolio, null)).Refusal);
    }

    [Fact]
    public void Of_NothingOwed_HasASurplusAndNoHealth()
    {
        var margin = AccountMargin.Of(new Portfolio([], [], [new Collateral("ETH", 2, 3000, .8)]), null);

        Assert.Null(margin.Health);
        Assert.Equal(double.MaxValue, (margin with { Debt = 1e-320 }).Health);
        Assert.Equal(4800, margin.Surplus);
    }

    [Fact]
    public void Of_CashAndOwedTokens_CountInFull()
    {
        var portfolio = new Portfolio(
            [], [Put], [new Collateral("ETH", 2, 3000, .8), new Collateral("SOL", -10, 100, .5)], Debt: 1000, Cash: 500, StablePrice: .98);

        var margin = AccountMargin.Of(portfolio, _ => 400);

        Assert.Equal(4800 + 490, margin.Weighted);
        Assert.Equal(2000, margin.Debt);
        Assert.Equal(5290.0 / 2400, margin.Health);
        Assert.Equal(1490, AccountMargin.Of(portfolio with { Collaterals = [], Cash = -500 }, _ => 0).Debt);
    }

    [Fact]
    public void Of_NegativeRequirement_CountsAsNone() =>
        Assert.Equal(0, AccountMargin.Of(new Portfolio([], [Put], []), _ => -5).Requirement);

    [Fact]
    public void EffectiveThreshold_PublishedExample_TakesTheLatencyHaircut()
    {
        // risk-model: sigma .60, 20 minutes -> .861 %.
        var collateral = new Collateral("ETH", 1, 3000, 1, Volatility: .60, AgeSeconds: 1200);

        Assert.Equal(.00861, 1 - AccountMargin.EffectiveThreshold(collateral), 5);
        Assert.Equal(1, AccountMargin.EffectiveThreshold(collateral with { AgeSeconds = -5 }));
        Assert.Equal(0, AccountMargin.EffectiveThreshold(collateral with { AgeSeconds = 1e12 }));
    }

    [Fact]
    public void Of_WithTheScaledModel_IsItsHealth()
    {
        var market = new Underlying("ETH", 3000, .6, [new ExpiryMarket("30d", 30 * 86_400, 3000, .6)]);
        var portfolio = new Portfolio(
            [market],
            [Put],
            [new Collateral("ETH", 2, 3000, .8, Volatility: .6, AgeSeconds: 1200)],
            Debt: 1000,
            Cash: -100,
            StablePrice: .99);

        var margin = AccountMargin.Of(portfolio, AccountMargin.Scaled());

        var figures = ScaledMargin.Assess(portfolio).Figures;
        Assert.Equal(figures.Requirement, margin.Requirement);
        Assert.Equal(figures.MaintenanceMargin, margin.Surplus, 9);
        Assert.Equal(figures.Health!.Value, margin.Health!.Value, 12);
    }

    [SharedDataFact("data", "positions", "aave-v2_steth-borrowers_2023-06.csv")]
    public void Of_RealPositions_GivesTheHealthFactorsThatTheProtocolStates()
    {
        var rows = File.ReadAllLines(SharedDataFactAttribute.PathOf("data", "positions", "aave-v2_steth-borrowers_2023-06.csv"));
        var columns = rows[0].Split(',');
        var worst = 0.0;
        foreach (var row in rows.Skip(1))
        {
            var cells = row.Split(',');
            double Cell(string name) => double.Parse(cells[Array.IndexOf(columns, name)], CultureInfo.InvariantCulture);
            var portfolio = new Portfolio([], [], [new Collateral("all", 1, Cell("collateral"), Cell("threshold") / 10_000)], Cell("debt"));

            var health = AccountMargin.Of(portfolio, null).Health;

            Assert.NotNull(health);
            worst = Math.Max(worst, Math.Abs((health.Value / Cell("healthf")) - 1));
        }

        Assert.Equal(1309, rows.Length - 1);
        Assert.True(worst <= 5e-16, $"{worst}");
    }
}
