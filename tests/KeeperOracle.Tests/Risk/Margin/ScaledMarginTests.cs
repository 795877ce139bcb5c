using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Margin;

public sealed class ScaledMarginTests
{
    private static readonly ScaledParameters FixedRange = new() { FixedRange = .16 };

    [Theory]
    [InlineData("ParameterOutOfRange", .99, 1.4, .78)]
    [InlineData("ParameterOutOfRange", 0, .99, .78)]
    [InlineData("ParameterOutOfRange", 0, 1.4, 1.01)]
    [InlineData("ParameterOutOfRange", double.NaN, 1.4, .78)]
    public void Assess_ParameterOutOfRange_IsRefused(string refusal, double leastRange, double up, double down)
    {
        var parameters = new ScaledParameters { LeastRange = leastRange, VolatilityUp = up, VolatilityDown = down };

        Assert.Equal(refusal, Assert.Throws<RiskInputException>(() => ScaledMargin.Assess(Books.OfCheck(Books.Put(3000, -1)), parameters)).Refusal);
    }

    [Theory]
    [InlineData(.1, .3)]
    [InlineData(.3, .1, .5)]
    [InlineData(0.0, .5)]
    [InlineData(.5, 1.0)]
    public void Assess_LadderThatIsNone_IsRefused(params double[] ladder)
    {
        var parameters = new ScaledParameters { RangeLadder = ladder };

        Assert.Equal("BrokenLadder", Assert.Throws<RiskInputException>(() => ScaledMargin.Assess(Books.OfCheck(Books.Put(3000, -1)), parameters)).Refusal);
    }

    /// <summary>The check of the risk model: 30 days, spot 3000, implied volatility 60 %, range .16.</summary>
    [Fact]
    public void Assess_ShortPut_LosesMostInTheDampedCrash()
    {
        var margin = ScaledMargin.Assess(Books.OfCheck(Books.Put(3000, -1)), FixedRange);

        var risk = margin.Underlyings[0].Risk;
        Assert.Equal(425.85, risk.WorstLoss, .005);
        Assert.Equal("spot -66 %, volatility up, x 0.24", margin.Underlyings[0].WorstScenario);
        Assert.Equal(30, risk.Contingency, 1e-12);
        Assert.Equal(-risk.MarkToMarket + risk.WorstLoss + 30, margin.Figures.Requirement, 1e-12);
        Assert.Equal(-risk.WorstLoss, margin.LegGains[0], 1e-12);
    }

    [Fact]
    public void Assess_ShortPutWithLongerPutUnder_NeedsLess()
    {
        var margin = ScaledMargin.Assess(Books.OfCheck(Books.Put(3000, -1), Books.Put(2700, 1)), FixedRange);

        Assert.Equal(124.29, margin.Underlyings[0].Risk.WorstLoss, .005);
        Assert.Equal(0, margin.Underlyings[0].Risk.Contingency);
        Assert.Equal(-margin.Underlyings[0].Risk.WorstLoss, margin.LegGains.Sum(), 1e-9);
    }

    [Theory]
    [InlineData(.01, .08)]
    [InlineData(.2937, .08)]
    [InlineData(.60, .163367)]
    [InlineData(1.8364, .50)]
    [InlineData(4, .50)]
    public void Range_FollowsVolatilityBetweenItsBounds(double volatility, double range) =>
        Assert.Equal(range, new ScaledParameters().Range(volatility), 5e-5);

    [Fact]
    public void Assess_Grid_HasThirtyOneScenarios() =>
        Assert.Equal(31, ScaledMargin.Assess(Books.OfCheck(Books.Put(3000, -1))).Underlyings[0].Gains.Count);

    [Fact]
    public void Assess_SameShortOptionInWilderMarket_NeedsMuchMore()
    {
        var book = Books.OfCheck(Books.Call(3600, -1));
        Portfolio At(double volatility) => book with { Underlyings = [book.Underlyings[0] with { Volatility = volatility }] };

        var (calm, wild) = (ScaledMargin.Assess(At(.5)).Figures.Requirement, ScaledMargin.Assess(At(2)).Figures.Requirement);

        Assert.InRange(wild, 1.5 * calm, double.MaxValue);
    }

    [Fact]
    public void Assess_NakedShorts_CountByTypeAndExpiry()
    {
        // Two short calls against one long call of another strike, and a short put that no call covers: two naked.
        var margin = ScaledMargin.Assess(Books.OfCheck(Books.Call(3000, -2), Books.Call(4000, 1), Books.Put(2000, -1)));

        Assert.Equal(2 * 3000 * .01, margin.Underlyings[0].Risk.Contingency, 1e-12);
    }

    [Fact]
    public void Assess_Perpetual_HasItsOwnContingencies()
    {
        var margin = ScaledMargin.Assess(Books.OfCheck(Books.Perp(-2, 100)), FixedRange);

        var risk = margin.Underlyings[0].Risk;
        Assert.Equal(100, risk.MarkToMarket);
        Assert.Equal(2 * 3000 * .16, risk.WorstLoss, 1e-9); // +100 % counts 16 %: the same
        Assert.Equal(2 * 3000 * .015, risk.Contingency, 1e-12);
        Assert.Equal(2 * 3000 * .005, margin.Figures.InitialRequirement - margin.Figures.Requirement, 1e-9);
    }

    [Fact]
    public void Assess_RemoteCollateral_LosesItsLatencyHaircut()
    {
        // The check of section 2: volatility 60 %, 20 minutes old: .861 %.
        Assert.Equal(.00861, LatencyHaircut.Of(.60, 1200), 5e-6);
        Assert.Equal(0, LatencyHaircut.Of(0, 1e6));
        Assert.Equal(1, LatencyHaircut.Of(5, 1e9));
        var book = Books.OfCheck(Books.Put(3000, -1)) with
        {
            Collaterals = [new Collateral("WETH", 2, 3000, .8, .7, .6, "A", 1200), new Collateral("USD", 500, 1, 1, 1)],
            Debt = 1000,
        };

        var figures = ScaledMargin.Assess(book, FixedRange).Figures;

        var kept = 6000 * (1 - LatencyHaircut.Of(.60, 1200));
        Assert.Equal((kept * .8) + 500, figures.LiquidationCapacity, 1e-9);
        Assert.Equal(((kept * .8) + 500) / (1000 + figures.Requirement), figures.Health!.Value, 1e-12);
        Assert.Equal((kept * .8) + 500 - 1000 - figures.Requirement, figures.MaintenanceMargin, 1e-9);
        Assert.Equal((kept * .7) + 500 - 1000 - figures.InitialRequirement, figures.InitialMargin, 1e-9);
    }

    /// <summary>Net Greeks are the derivatives of the mark to market, by finite differences of the model itself.</summary>
    [Fact]
    public void Assess_Greeks_AreDerivativesOfTheMarkToMarket()
    {
        var book = Books.OfCheck(Books.Put(2900, -3), Books.Call(3300, 2), Books.Perp(.5));
        double Value(double spot, double volatility, double seconds, double rate)
        {
            var expiry = new ExpiryMarket("30d", Books.Month + seconds, 1000 + (2000 * spot / 3000), .60 + volatility, .05 + rate, 1000);
            var moved = book with { Underlyings = [book.Underlyings[0] with { Spot = spot, Expiries = [expiry], Perp = new PerpMarket(3000) }] };
            return ScaledMargin.Assess(moved).Underlyings[0].Risk.MarkToMarket + (.5 * (spot - 3000));
        }

        var greeks = ScaledMargin.Assess(book with
        {
            Underlyings = [book.Underlyings[0] with { Expiries = [new ExpiryMarket("30d", Books.Month, 3000, .60, .05, 1000)] }],
        }).Underlyings[0].Greeks;

        const double Year = 365 * 86400;
        Assert.Equal((Value(3001, 0, 0, 0) - Value(2999, 0, 0, 0)) / 2, greeks.Delta, 1e-5);
        Assert.Equal(Value(3001, 0, 0, 0) - (2 * Value(3000, 0, 0, 0)) + Value(2999, 0, 0, 0), greeks.Gamma, 1e-6);
        Assert.Equal((Value(3000, .001, 0, 0) - Value(3000, -.001, 0, 0)) / .002, greeks.Vega, 1e-2);
        Assert.Equal((Value(3000, 0, -60, 0) - Value(3000, 0, 60, 0)) / (120 / Year), greeks.Theta, 1e-2);
        Assert.Equal((Value(3000, 0, 0, .001) - Value(3000, 0, 0, -.001)) / .002, greeks.Rho, 1e-2);
        Assert.Equal(
            (Value(3001, .001, 0, 0) - Value(2999, .001, 0, 0) - Value(3001, -.001, 0, 0) + Value(2999, -.001, 0, 0)) / .004, greeks.Vanna, 1e-3);
        Assert.Equal((Value(3000, .001, 0, 0) - (2 * Value(3000, 0, 0, 0)) + Value(3000, -.001, 0, 0)) / 1e-6, greeks.Volga, .5);
    }

    [Fact]
    public void Assess_CashHeldAndOwed_StandsBesideCollateralAndDebt()
    {
        var book = Books.OfCheck(Books.Put(3000, -1)) with { StablePrice = .5 };

        Assert.Equal(500, ScaledMargin.Assess(book with { Cash = 1000 }).Figures.LiquidationCapacity);
        Assert.Equal(500, ScaledMargin.Assess(book with { Cash = -1000 }).Figures.Debt);
        Assert.Null(ScaledMargin.Assess(new Portfolio([], [], [], Cash: 1)).Figures.Health);
    }

    [Fact]
    public void Assess_ExpiredLeg_IsWorthItsIntrinsicValue()
    {
        var book = Books.OfCheck(Books.Put(3100, -1));
        book = book with { Underlyings = [book.Underlyings[0] with { Expiries = [new ExpiryMarket("30d", 0, 3000, .6, .1, 3000)] }] };

        var risk = ScaledMargin.Assess(book).Underlyings[0].Risk;

        Assert.Equal((-100, 0), (risk.MarkToMarket, risk.WorstLoss));
    }

    [Fact]
    public void Assess_DepthAddOn_GrowsWithTheRootOfSizeToVolume()
    {
        var deep = new ScaledParameters { DailyVolumes = new Dictionary<string, double> { ["ETH"] = 4e6 } };
        var shallow = new ScaledParameters { DailyVolumes = new Dictionary<string, double> { ["ETH"] = 1e6 } };
        var book = Books.OfCheck(Books.Put(3000, -10));
        double AddOn(ScaledParameters parameters) => ScaledMargin.Assess(book, parameters).Figures.Requirement - ScaledMargin.Assess(book).Figures.Requirement;

        Assert.Equal(2.0 / 3 * .6 / Math.Sqrt(365) * Math.Sqrt(30_000 / 4e6) * 30_000, AddOn(deep), 1e-6);
        Assert.Equal(2 * AddOn(deep), AddOn(shallow), 1e-6); // a quarter of the depth: stricter
    }

    /// <summary>What the head of ScaledMargin says: a wider range may step over the peak of a loss, here of a butterfly around +8
    /// %.</summary>
    [Fact]
    public void Assess_WiderRangeOnButterfly_MayNeedLess_AndNotWithALadder()
    {
        var book = Books.OfCheck(Books.Call(3220, -10), Books.Call(3240, 20), Books.Call(3260, -10));
        book = book with
        {
            Underlyings = [book.Underlyings[0] with { Expiries = [new ExpiryMarket("30d", 86400, 3000, .02)] }],
        };
        double Worst(double range, params double[] ladder) =>
            ScaledMargin.Assess(book, new ScaledParameters { FixedRange = range, RangeLadder = ladder }).Underlyings[0].Risk.WorstLoss;

        Assert.InRange(Worst(.17), 0, .5 * Worst(.16));
        Assert.InRange(Worst(.17, .08, .16, .24), Worst(.16, .08, .16, .24), double.MaxValue);
    }

    [Fact]
    public void Assess_WiderRangeWithLadder_NeverNeedsLess() =>
        Gen.Select(Books.Any, Gen.Double[.01, .5], Gen.Double[.01, .5]).Sample(
            (book, one, other) =>
            {
                double[] ladder = [.08, .12, .18, .26, .36, .5];
                double Needs(double range) => ScaledMargin.Assess(book, new ScaledParameters { FixedRange = range, RangeLadder = ladder }).Figures.Requirement;
                return Needs(Math.Max(one, other)) >= Needs(Math.Min(one, other));
            },
            iter: 150);

    [Fact]
    public void Assess_WiderRangeOnShortOptionsAndPerps_NeverNeedsLess() =>
        Gen.Select(Books.Any, Gen.Double[.01, .5], Gen.Double[.01, .5]).Sample(
            (book, one, other) =>
            {
                book = book with { Legs = [.. book.Legs.Select(leg => leg.Kind == LegKind.Perp ? leg : leg with { Amount = -Math.Abs(leg.Amount) })] };
                double Needs(double range) => ScaledMargin.Assess(book, new ScaledParameters { FixedRange = range }).Figures.Requirement;
                return Needs(Math.Max(one, other)) >= Needs(Math.Min(one, other)) * (1 - 1e-12);
            },
            iter: 150);

    [Fact]
    public void Assess_LargerBook_NeverNeedsLess() =>
        Gen.Select(Books.Any, Gen.Double[1, 100]).Sample(
            (book, k) =>
            {
                var larger = book with { Legs = [.. book.Legs.Select(leg => leg with { Amount = k * leg.Amount, UnrealisedPnl = k * leg.UnrealisedPnl })] };
                var (needs, needed) = (ScaledMargin.Assess(larger).Figures, ScaledMargin.Assess(book).Figures);
                return needs.Requirement >= needed.Requirement * (1 - 1e-12) && needs.InitialRequirement >= needed.InitialRequirement * (1 - 1e-12);
            },
            iter: 150);

    [Fact]
    public void Assess_OlderAttestation_NeverLowersRequirementNorRaisesHealth() =>
        Gen.Select(Books.Any, Gen.Double[0, 1e7]).Sample(
            (book, older) =>
            {
                var aged = book with { Collaterals = [.. book.Collaterals.Select(c => c with { AgeSeconds = c.AgeSeconds + older })] };
                var (then, now) = (ScaledMargin.Assess(book).Figures, ScaledMargin.Assess(aged).Figures);
                return now.Requirement >= then.Requirement && (now.Health ?? 0) <= (then.Health ?? 0)
                    && now.InitialMargin <= then.InitialMargin && now.MaintenanceMargin <= then.MaintenanceMargin;
            },
            iter: 150);

    [Fact]
    public void Assess_AnyPortfolio_GivesFiniteFigures() =>
        Books.Any.Sample(
            book =>
            {
                var margin = ScaledMargin.Assess(book);
                return double.IsFinite(margin.Figures.MaintenanceMargin) && double.IsFinite(margin.Figures.InitialMargin)
                    && margin.Figures.Requirement >= 0 && margin.Figures.InitialRequirement >= margin.Figures.Requirement
                    && margin.Figures.Health is null or (>= 0 and < double.PositiveInfinity)
                    && margin.Underlyings.All(one => one.Gains.All(gain => double.IsFinite(gain.Gain)))
                    && margin.LegGains.All(double.IsFinite)
                    && margin.Underlyings.All(one => double.IsFinite(one.Greeks.Delta + one.Greeks.Gamma + one.Greeks.Vega + one.Greeks.Theta + one.Greeks.Rho));
            },
            iter: 250);
}
