using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Margin;

/// <summary>Parameters of `span`; fractions.</summary>
/// <param name="VolatilityScan">relative move of implied volatility, up and down; 30 % unless set</param>
/// <param name="ExtremeMultiple">of the range, volatility unchanged</param>
/// <param name="ExtremeShare">of the loss of an extreme move that counts</param>
/// <param name="RangeDays">days of the range z99 sigma sqrt(days/365), clamped to the next two</param>
/// <param name="FixedRange">instead of the range that follows volatility</param>
public sealed record SpanParameters(
    double VolatilityScan = .30,
    double ExtremeMultiple = 2,
    double ExtremeShare = .35,
    double RangeDays = 5,
    double LeastRange = .08,
    double MostRange = .45,
    double? FixedRange = null)
{
    public double Range(double volatility) =>
        FixedRange ?? Math.Clamp(Conventions.Z99 * volatility * Math.Sqrt(RangeDays / 365), LeastRange, MostRange);

    /// <summary>0, +-1/3, +-2/3, +-1 of the range with volatility up and down, then the two extreme moves.</summary>
    public ScenarioGrid Grid(double range)
    {
        double[] thirds = [0, 1, -1, 2, -2, 3, -3];
        return new ScenarioGrid(
        [
            .. thirds.SelectMany(third => (Scenario[])
                [new(1 + (third * range / 3), VolatilityMove.Up), new(1 + (third * range / 3), VolatilityMove.Down)]),
            new(1 + (ExtremeMultiple * range), VolatilityMove.None, ExtremeShare),
            new(1 - (ExtremeMultiple * range), VolatilityMove.None, ExtremeShare),
        ]);
    }

    public void Require()
    {
        ParameterRange.Require(VolatilityScan, 0, 1, nameof(VolatilityScan));
        ParameterRange.Require(ExtremeShare, 0, 1, nameof(ExtremeShare));
        ParameterRange.Require(RangeDays, 0, 3650, nameof(RangeDays));
        ParameterRange.Require(MostRange, 0, .99, nameof(MostRange));
        ParameterRange.Require(LeastRange, 0, MostRange, nameof(LeastRange));
        ParameterRange.Require(FixedRange ?? 0, 0, .99, nameof(FixedRange));
        ParameterRange.Require(ExtremeMultiple, 1, .999 / Math.Max(FixedRange ?? MostRange, 1e-6), nameof(ExtremeMultiple));
    }
}

/// <summary>Result of <see cref="SpanMargin"/>. Requirement and losses positive; the net margin positive = healthy.</summary>
/// <param name="Margin">capacity of the collateral and cash, less debt, plus the value of the legs, less the requirement</param>
public sealed record SpanAssessment(
    double Margin,
    double MarkToMarket,
    double Requirement,
    IReadOnlyList<SpanUnderlying> Underlyings,
    IReadOnlyList<double> LegGains);

/// <summary>One underlying: its scanning risk is the largest damped loss, at least zero.</summary>
public sealed record SpanUnderlying(string Name, double Range, double WorstLoss, string WorstScenario, IReadOnlyList<ScenarioGain> Gains);

/// <summary>
/// `span`: the scanning risk of CME's SPAN as a configuration of the engine. 16 scenarios: spot 0, +-1/3, +-2/3, +-1 of the range, each
/// with implied volatility up and down, and +-2 ranges at unchanged volatility of whose loss 35 % counts. Requirement = the largest loss,
/// one underlying at a time, added up. No short-option minimum, no spread charges, and initial = maintenance.
/// </summary>
public static class SpanMargin
{
    /// <exception cref="RiskInputException">as <see cref="PortfolioCheck"/> names it, `ParameterOutOfRange`</exception>
    public static SpanAssessment Assess(Portfolio portfolio, SpanParameters? parameters = null)
    {
        var rules = parameters ?? new SpanParameters();
        PortfolioCheck.Require(portfolio);
        rules.Require();
        var shock = new VolatilityShock(1 + rules.VolatilityScan, 1 - rules.VolatilityScan);
        var (marked, requirement, gains) = (0.0, 0.0, new double[portfolio.Legs.Count]);
        var underlyings = new List<SpanUnderlying>();
        foreach (var underlying in portfolio.Underlyings)
        {
            var range = rules.Range(underlying.Volatility);
            var market = new ScenarioMarket(
                underlying,
                rules.Grid(range),
                [.. underlying.Expiries.Select(_ => shock)],
                [.. underlying.Expiries.Select(expiry => expiry.Rate)]);
            var book = new UnderlyingBook(
                market,
                portfolio.Legs,
                [.. Enumerable.Range(0, gains.Length).Where(leg => portfolio.Legs[leg].Underlying == underlying.Name)]);
            var outcomes = book.DampedGains();
            var worst = Array.IndexOf(outcomes, outcomes.MinBy(outcome => outcome.Gain));
            var loss = Math.Max(0, -outcomes[worst].Gain);
            underlyings.Add(new SpanUnderlying(underlying.Name, range, loss, market.Grid[worst].Name, outcomes));
            marked += book.OptionValue() + book.PerpPnl;
            requirement += loss;
            gains = [.. gains.Zip(LegGains.Of(book, portfolio.Legs, worst), (sum, own) => sum + own)];
        }

        var capacity = portfolio.Collaterals.Sum(
            asset => asset.Value * asset.LiquidationThreshold * (1 - LatencyHaircut.Of(asset.Volatility, asset.AgeSeconds)));
        var net = capacity + (portfolio.Cash * portfolio.StablePrice) - portfolio.Debt + marked - requirement;
        return new SpanAssessment(net, marked, requirement, underlyings, gains);
    }
}
