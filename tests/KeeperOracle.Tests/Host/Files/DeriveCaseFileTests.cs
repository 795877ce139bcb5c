using System.Globalization;
using System.Text.Json;
using KeeperOracle.Host.Files;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Host.Files;

public sealed class DeriveCaseFileTests : IDisposable
{
    private const string Feed = "{ \"FeedExpiry\": 900, \"Forward\": 100 }";
    private const string Option = "{ \"Expiry\": 900, \"Strike\": 100, \"IsCall\": 1, \"Amount\": -1, \"MarkVol\": 0.5 }";

    private readonly InputFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("{ }", "MissingKey", "Scenario")]
    [InlineData("{ \"Scenario\": { } }", "MissingKey", "Scenario.SpotPrice")]
    [InlineData("{ \"Scenario\": { \"SpotPrice\": 0 } }", "OutOfRange", "Scenario.SpotPrice")]
    [InlineData("{ \"Scenario\": { \"SpotPrice\": 1, \"NumPerps\": 2 } }", "MissingKey", "Scenario.PerpPrice")]
    [InlineData("{ \"Scenario\": { \"SpotPrice\": 1, \"Options\": [ " + Option + " ] } }", "UnknownExpiry", "Scenario.Options[0].Expiry")]
    [InlineData("{ \"Scenario\": { \"SpotPrice\": 1, \"Options\": [ { \"IsCall\": 2 } ] } }", "OutOfRange", "Scenario.Options[0].IsCall")]
    [InlineData("{ \"Scenario\": { \"SpotPrice\": 1, \"OptionFeeds\": [ { \"FeedExpiry\": -1 } ] } }", "OutOfRange", "Scenario.OptionFeeds[0].FeedExpiry")]
    [InlineData("{ \"Scenario\": { \"SpotPrice\": 1, \"Collaterals\": [ { \"Amount\": -1 } ] } }", "OutOfRange", "Scenario.Collaterals[0].Amount")]
    [InlineData(
        "{ \"Scenario\": { \"SpotPrice\": 1 }, \"Parameters\": { \"Scenarios\": [ { \"SpotShock\": 1, \"VolShockDirection\": \"Sideways\" } ] } }",
        "UnknownValue",
        "Parameters.Scenarios[0].VolShockDirection")]
    [InlineData(
        "{ \"Scenario\": { \"SpotPrice\": 1 }, \"Parameters\": { \"VolShock\": { \"DTE_FLOOR\": \"one\" } } }", "NotANumber", "Parameters.VolShock.DTE_FLOOR")]
    [InlineData("{ \"Scenario\": { \"SpotPrice\": 1, \"Cahs\": 5 } }", "UnknownKey", "Scenario.Cahs")]
    [InlineData(
        "{ \"Scenario\": { \"SpotPrice\": 1 }, \"Parameters\": { \"Margin\": { \"IM_LOSS_FACTR\": 2 } } }", "UnknownKey", "Parameters.Margin.IM_LOSS_FACTR")]
    [InlineData("{ \"Scenario\": { \"SpotPrice\": 1 }, \"Parameters\": { \"Scenarios\": [ ] } }", "NoScenarios", "Parameters.Scenarios")]
    [InlineData(
        "{ \"Scenario\": { \"SpotPrice\": 1, \"Collaterals\": [ { \"Amount\": 1, \"Price\": 1 } ] } }", "MissingKey", "Scenario.Collaterals[0].IMHaircut")]
    public void Read_Malformed_NamesTheRefusalAndThePath(string text, string refusal, string path)
    {
        var refused = Assert.Throws<InputFileException>(() => Read(text));

        Assert.Contains(refused.Problems, problem => problem.Refusal == refusal && problem.Path == path);
    }

    [Fact]
    public void Read_ForeignKeyNearAKnownOneThatIsThere_LeavesItAlone() =>
        Assert.Equal(7, Read("{ \"Scenario\": { \"SpotPrice\": 1, \"Cash\": 7, \"Cash2\": 5 } }").Portfolio.Cash);

    [Fact]
    public void Read_LastMinutes_FixesTheForwardByTheTimeThatIsOver()
    {
        var expiry = Read("{ \"Scenario\": { \"SpotPrice\": 1, \"OptionFeeds\": [ " + Feed + " ], \"Options\": [ " + Option + " ] } }")
            .Portfolio.Underlyings[0].Expiries[0];

        Assert.Equal((900, 100, 50), (expiry.SecondsToExpiry, expiry.Forward, expiry.FixedForward));
    }

    [Fact]
    public void Read_PerpAndCollateral_MapToALegAndHaircuts()
    {
        var read = Read(
            """
            { "Scenario": { "Cash": -5, "SpotPrice": 10, "SpotConfidence": 0.9, "NumPerps": -2, "PerpPrice": 11, "PerpConfidence": 0.8,
                "UnrealisedPerpPNL": 3, "UnrealisedFunding": -1, "StablePrice": 0.99, "LastEntryPrice": 1,
                "Collaterals": [ { "Name": "BTC", "Amount": 2, "Price": 7, "Confidence": 0.5, "IsRiskCancelling": true, "IMHaircut": 0.1, "MMHaircut": 0.2, "ConfidenceFactor": 0.55 } ] },
              "Parameters": { "Margin": { "MM_LOSS_FACTOR": 0.7 } }, "Result": { "IM": 1 } }
            """);

        Assert.Equal(new Leg(LegKind.Perp, "spot", null, 0, -2, null, 2), Assert.Single(read.Portfolio.Legs));
        Assert.Equal(new PerpMarket(11, .8), read.Portfolio.Underlyings[0].Perp);
        Assert.Equal((-5, .99, .9), (read.Portfolio.Cash, read.Portfolio.StablePrice, read.Portfolio.Underlyings[0].SpotConfidence));
        Assert.Equal(
            new Collateral("BTC", 2, 7, InitialHaircut: .1, MaintenanceHaircut: .2, RiskCancelling: true, PriceConfidence: .5),
            Assert.Single(read.Portfolio.Collaterals));
        Assert.Equal((.7, 1), (read.Parameters.Loss.MaintenanceFactor, read.Parameters.Loss.InitialFactor));
        Assert.Equal(31, read.Parameters.Scenarios.Count);
    }

    [SharedDataFact("reference", "derive-pm2-case-12.json")]
    public void Read_WholeCase_GivesEveryFigureOfItsResult()
    {
        var file = SharedDataFactAttribute.PathOf("reference", "derive-pm2-case-12.json");
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        var result = document.RootElement.GetProperty("Result");
        double Expected(string key) => result.GetProperty(key).GetDouble();

        var margin = DerivePm2Margin.Assess(DeriveCaseFile.Read(file));

        Near(Expected("IM"), margin.InitialMargin);
        Near(Expected("MM"), margin.MaintenanceMargin);
        Near(Expected("PortfolioMTM"), margin.MarkToMarket);
        Near(Expected("ForwardContingency"), margin.Contingencies.Basis);
        Near(-Expected("MMOptionCont"), margin.Contingencies.OptionMaintenance);
        Near(-Expected("IMOptionCont"), margin.Contingencies.OptionInitial);
        string[] groups = ["reg_losses", "tail_losses", "skew_losses"];
        var losses = groups.SelectMany(group => result.GetProperty(group).EnumerateArray())
            .Select(row => double.Parse(row[row.GetArrayLength() - 1].GetString()!, CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(31, losses.Count);
        Assert.All(losses.Zip(margin.Gains), pair => Near(pair.First, pair.Second.Gain));
    }

    private static void Near(double expected, double actual) => Assert.InRange(actual / expected, 1 - 1e-10, 1 + 1e-10);

    private DerivePm2Case Read(string text) => DeriveCaseFile.Read(_folder.Write("case.json", text));
}
