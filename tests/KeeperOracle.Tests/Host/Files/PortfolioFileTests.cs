using KeeperOracle.Host.Files;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Host.Files;

public sealed class PortfolioFileTests : IDisposable
{
    private const string Eth = "\"underlyings\": [ { \"name\": \"ETH\", \"spot\": 3000, \"volatility\": 0.6 } ]";
    private const string Leg = "{ \"kind\": \"put\", \"underlying\": \"ETH\", \"expiry\": \"30d\", \"strike\": 3000, \"amount\": -1 }";

    private readonly InputFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "NotJson", null, "it is no JSON")]
    [InlineData("{ \"debt\": 1,\n \"cash\": }", "NotJson", null, "portfolio.json, line 2: it is no JSON")]
    [InlineData("[]", "NotAnObject", null, "a JSON object is expected")]
    [InlineData("{}", "EmptyPortfolio", "", "neither legs nor collaterals")]
    [InlineData("{ \"legs\": {} }", "NotAList", "legs", "{} is no list")]
    [InlineData("{ \"legs\": [ 1 ] }", "NotAnObject", "legs[0]", "1 is no object")]
    [InlineData("{ " + Eth + ", \"legs\": [ " + Leg + " ], \"dept\": 1 }", "UnknownKey", "dept", "Did you mean \"debt\"?")]
    [InlineData("{ " + Eth + ", \"legs\": [ " + Leg + " ], \"debt\": 1, \"Debt\": 2 }", "DuplicateKey", "Debt", "twice")]
    [InlineData("{ " + Eth + ", \"legs\": [ " + Leg + " ], \"debt\": -1 }", "OutOfRange", "debt", "-1 was given, and it must not be under zero")]
    [InlineData("{ " + Eth + ", \"legs\": [ " + Leg + " ], \"debt\": \"1,5\" }", "NotANumber", "debt", "\"1,5\" is no finite number")]
    [InlineData("{ " + Eth + ", \"legs\": [ " + Leg + " ], \"debt\": \"NaN\" }", "NotANumber", "debt", "\"NaN\"")]
    [InlineData("{ " + Eth + ", \"legs\": [ " + Leg + " ], \"debt\": 1e999 }", "NotANumber", "debt", "1e999")]
    [InlineData("{ " + Eth + ", \"legs\": [ " + Leg + " ], \"asOf\": \"today\" }", "BadTimestamp", "asOf", "\"today\" is no time")]
    [InlineData("{ \"legs\": [ " + Leg + " ] }", "UnknownUnderlying", "legs[0].underlying", "the file has none")]
    [InlineData("{ " + Eth + ", \"legs\": [ { \"kind\": \"putt\", \"expiry\": \"30d\", \"strike\": 1, \"amount\": 1 } ] }", "UnknownValue", "legs[0].kind", "Did you mean \"put\"?")]
    [InlineData("{ " + Eth + ", \"legs\": [ { \"kind\": \"put\", \"expiry\": \"30d\", \"strike\": 0, \"amount\": 1 } ] }", "OutOfRange", "legs[0].strike", "it must be over zero")]
    [InlineData("{ " + Eth + ", \"legs\": [ { \"kind\": \"put\", \"expiry\": \"30d\", \"strike\": 1 } ] }", "MissingKey", "legs[0].amount", "a number is needed here")]
    [InlineData("{ " + Eth + ", \"legs\": [ { \"kind\": \"put\", \"strike\": 1, \"amount\": 1 } ] }", "MissingKey", "legs[0].expiry", "\"30d\"")]
    [InlineData("{ " + Eth + ", \"legs\": [ { \"kind\": \"put\", \"expiry\": \"soon\", \"strike\": 1, \"amount\": 1 } ] }", "UnknownExpiry", "legs[0].expiry", "\"soon\" says no time")]
    [InlineData("{ " + Eth + ", \"legs\": [ { \"kind\": \"put\", \"expiry\": \"2026-01-31\", \"strike\": 1, \"amount\": 1 } ] }", "MissingAsOf", "legs[0].expiry", "add \"asOf\"")]
    [InlineData("{ \"asOf\": \"2026-02-01\", " + Eth + ", \"legs\": [ { \"kind\": \"put\", \"expiry\": \"2026-01-31\", \"strike\": 1, \"amount\": 1 } ] }", "Expired", "legs[0].expiry", "is before asOf (2026-02-01)")]
    [InlineData("{ " + Eth + ", \"legs\": [ { \"kind\": \"perp\", \"amount\": 1 } ] }", "MissingPerpPrice", "legs[0].underlying", "ETH has no perp")]
    [InlineData("{ " + Eth + ", \"legs\": [ { \"kind\": \"perp\", \"expiry\": \"30d\", \"amount\": 1 } ] }", "NotOfAPerp", "legs[0].kind", "leave them out")]
    [InlineData("{ " + Eth + ", \"collaterals\": [ { \"asset\": \"WETH\", \"amount\": 1, \"price\": 0 } ] }", "OutOfRange", "collaterals[0].price", "over zero")]
    [InlineData("{ " + Eth + ", \"collaterals\": [ { \"asset\": \"WETH\", \"amount\": 1, \"price\": 1, \"age\": 5 } ] }", "UnknownKey", "collaterals[0].age", "ageSeconds")]
    [InlineData("{ \"underlyings\": [ { \"spot\": 1 } ], \"legs\": [ { \"kind\": \"put\", \"expiry\": \"30d\", \"strike\": 1, \"amount\": 1 } ] }", "MissingKey", "underlyings[0].volatility", "a number is needed")]
    public void Read_Malformed_NamesTheRefusalAndThePath(string text, string refusal, string? path, string words)
    {
        var refused = Assert.Throws<InputFileException>(() => Read(text));

        var problem = refused.Problems.FirstOrDefault(problem => problem.Refusal == refusal && problem.Path == path);
        Assert.True(problem is not null, refused.Message);
        Assert.Contains(words, problem.Message, StringComparison.Ordinal);
        Assert.Contains("portfolio.json", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_SeveralProblems_RefusesAllAtOnce()
    {
        var refused = Assert.Throws<InputFileException>(() => Read(
            """
            {
              "underlyings": [
                { "name": "ETH", "spot": -3000, "volatility": 0.6, "expiries": [ { "name": "near", "daysToExpiry": 3, "yearsToExpiry": 1 }, { "name": "near", "daysToExpiry": 3 } ] },
                { "name": "ETH", "spot": 3000, "volatility": 0.6, "forwards": { "30d": 0 } }
              ],
              "legs": [ { "kind": "call", "underlying": "ETH", "expiry": "far", "strik": 3000, "strike": 3000, "amount": -1 } ]
            }
            """));

        Assert.Equal(
            [
                "DuplicateName underlyings[0].expiries", "DuplicateName underlyings[0].name", "DuplicateName underlyings[1].name",
                "OutOfRange underlyings[0].spot", "OutOfRange underlyings[1].forwards.30d", "TwoForms underlyings[0].expiries[0].daysToExpiry",
                "UnknownExpiry legs[0].expiry", "UnknownKey legs[0].strik",
            ],
            refused.Problems.Select(problem => $"{problem.Refusal} {problem.Path}").Order());
    }

    [Fact]
    public void Read_ShortForm_ForwardIsSpotAndVolatilityIsTheUnderlyings()
    {
        var portfolio = Read("{ " + Eth + ", \"legs\": [ " + Leg + ", { \"kind\": \"CALL\", \"expiry\": \"0.5y\", \"strike\": \"3100.5\", \"amount\": 2 } ] }");

        var underlying = Assert.Single(portfolio.Underlyings);
        Assert.Equal(
            [new ExpiryMarket("30d", 30 * 86400, 3000, 0.6), new ExpiryMarket("0.5y", 0.5 * 365 * 86400, 3000, 0.6)],
            underlying.Expiries);
        Assert.Equal(
            [new Leg(LegKind.Put, "ETH", "30d", 3000, -1), new Leg(LegKind.Call, "ETH", "0.5y", 3100.5, 2)],
            portfolio.Legs);
    }

    [Fact]
    public void Read_LongForm_EveryFieldArrives()
    {
        var portfolio = Read(
            """
            {
              // a comment does not hurt
              "$schema": "portfolio.schema.json",
              "asOf": "2026-01-01T08:00:00Z",
              "underlyings": [
                {
                  "name": "ETH", "spot": 3000, "volatility": 0.6, "spotConfidence": 0.9,
                  "expiries": [
                    { "expiry": "2026-01-31T08:00:00Z", "forward": 3010, "impliedVolatility": 0.55, "rate": 0.02, "fixedForward": 1,
                      "forwardConfidence": 0.8, "volatilityConfidence": 0.7, "rateConfidence": 0.6 },
                    { "name": "week", "daysToExpiry": 7 }
                  ],
                  "perp": { "price": 3001, "confidence": 0.95 }
                },
                { "name": "BTC", "spot": 60000, "volatility": 0.5, "forwards": { "2026-01-31": 60100 }, "impliedVolatilities": { "2026-01-31": 0.45, "90d": 0.4 } }
              ],
              "legs": [
                { "kind": "put", "underlying": "ETH", "expiry": "2026-01-31T08:00:00Z", "strike": 2800, "amount": -1.5, "impliedVolatility": 0.7, "chain": "1" },
                { "kind": "perp", "underlying": "ETH", "amount": 2, "unrealisedPnl": -10 }
              ],
              "collaterals": [
                { "asset": "WETH", "amount": 3, "price": 3000, "volatility": 0.6, "chain": "10", "ageSeconds": 1200, "riskCancelling": true, "priceConfidence": 0.99,
                  "factors": { "liquidationThreshold": 0.77, "borrowFactor": 0.7, "initialHaircut": 0.1, "maintenanceHaircut": 0.05 } }
              ],
              "debt": 100, "cash": -5, "stablePrice": 0.99, "stableConfidence": 0.98
            }
            """);

        Assert.Equal(
            [new ExpiryMarket("week", 7 * 86400, 3000, 0.6), new ExpiryMarket("2026-01-31T08:00:00Z", 30 * 86400, 3010, 0.55, 0.02, 1, 0.8, 0.7, 0.6)],
            portfolio.Underlyings[0].Expiries);
        Assert.Equal((new PerpMarket(3001, 0.95), 0.9), (portfolio.Underlyings[0].Perp, portfolio.Underlyings[0].SpotConfidence));
        Assert.Equal(
            [new ExpiryMarket("2026-01-31", ((29 * 24) + 16) * 3600, 60100, 0.45), new ExpiryMarket("90d", 90 * 86400, 60000, 0.4)],
            portfolio.Underlyings[1].Expiries);
        Assert.Equal(
            [
                new Leg(LegKind.Put, "ETH", "2026-01-31T08:00:00Z", 2800, -1.5, 0.7, 0, "1"),
                new Leg(LegKind.Perp, "ETH", null, 0, 2, null, -10),
            ],
            portfolio.Legs);
        Assert.Equal([new Collateral("WETH", 3, 3000, 0.77, 0.7, 0.6, "10", 1200, 0.1, 0.05, true, 0.99)], portfolio.Collaterals);
        Assert.Equal((100, -5, 0.99, 0.98), (portfolio.Debt, portfolio.Cash, portfolio.StablePrice, portfolio.StableConfidence));
    }

    [Fact]
    public void Read_OneUnnamedUnderlying_LegsMayLeaveItOut()
    {
        var portfolio = Read("{ \"underlyings\": [ { \"spot\": 3000, \"volatility\": 0.6 } ], \"legs\": [ { \"kind\": \"call\", \"expiry\": \"1w\", \"strike\": 1, \"amount\": 1 } ] }");

        Assert.Equal((portfolio.Underlyings[0].Name, 7 * 86400.0), (portfolio.Legs[0].Underlying, portfolio.Underlyings[0].Expiries[0].SecondsToExpiry));
    }

    [Fact]
    public void Read_VolatilityNotNeeded_ImpliedOnesSuffice()
    {
        const string Text = "{ \"underlyings\": [ { \"spot\": 1, \"impliedVolatilities\": { \"1d\": 0.5 } } ], \"legs\": [ { \"kind\": \"call\", \"expiry\": \"1d\", \"strike\": 1, \"amount\": 1 } ] }";

        Assert.Equal(0.5, Read(Text, volatilityNeeded: false).Underlyings[0].Expiries[0].ImpliedVolatility);
        Assert.Throws<InputFileException>(() => Read(Text));
    }

    private Portfolio Read(string text, bool volatilityNeeded = true) =>
        PortfolioFile.Read(_folder.Write("portfolio.json", text), _ => volatilityNeeded, _ => 0).Portfolio;
}
