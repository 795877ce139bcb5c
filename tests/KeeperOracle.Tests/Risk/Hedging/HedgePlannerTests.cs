using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Hedging;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Hedging;

public sealed class HedgePlannerTests
{
    private static readonly Underlying Ether = new(
        "ETH",
        3000,
        .6,
        [new ExpiryMarket("30d", 30 * 86_400, 3000, .6), new ExpiryMarket("90d", 90 * 86_400, 3020, .55)],
        new PerpMarket(3000));

    private static readonly HedgeLimits Limits = new(.5, .002, 100, .0005, 1e-4);

    /// <summary>Strikes from 2400 to 3600 in both expiries, two per cent of spread around the model's price, and the perpetual.</summary>
    private static readonly List<HedgeInstrument> Listed =
    [
        .. from expiry in Ether.Expiries
           from strike in Enumerable.Range(0, 13).Select(i => 2400.0 + (100 * i))
           from kind in new[] { LegKind.Call, LegKind.Put }
           select Quote(kind, expiry, strike),
        Perpetual,
    ];

    private static readonly Func<Portfolio, double> Requirement = AccountMargin.Scaled();

    private static HedgeInstrument Perpetual => new("PERP", LegKind.Perp, null, 0, 2999, 3001, 1000, 1000, FeePerUnit: 1.5);

    private static Leg ShortPut => new(LegKind.Put, "ETH", "30d", 3000, -20);

    [Theory]
    [InlineData(0, .1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, .1, double.NaN)]
    public void Propose_LimitNotOverZero_Refused(double delta, double gamma, double vega) =>
        Refuses("LimitOutOfRange", () => Propose(Book(ShortPut), limits: Limits with { Delta = delta, Gamma = gamma, Vega = vega }));

    [Fact]
    public void Propose_QuoteWithoutMeaning_Refused()
    {
        Refuses("QuoteInvalid", () => Propose(Book(ShortPut), [Perpetual with { Bid = 3002 }]));
        Refuses("QuoteInvalid", () => Propose(Book(ShortPut), [Perpetual with { Ask = double.NaN }]));
        Refuses("QuoteInvalid", () => Propose(Book(ShortPut), [Perpetual with { BidSize = -1 }]));
        Refuses("QuoteInvalid", () => Propose(Book(ShortPut), [Perpetual with { FeePerUnit = -1 }]));
        Refuses("QuoteInvalid", () => Propose(Book(ShortPut), [Perpetual with { LotSize = double.PositiveInfinity }]));
        Refuses("UnknownExpiry", () => Propose(Book(ShortPut), [Quote(LegKind.Put, Ether.Expiries[0] with { Name = "7d" }, 3000)]));
        Refuses("BandInputOutOfRange", () => Propose(Book(ShortPut), limits: Limits with { RiskAversion = 0 }));
    }

    [Fact]
    public void Propose_MarginModelOrBookThatGivesNoNumber_Refused()
    {
        Refuses("NotFinite", () => HedgePlanner.Propose(Book(ShortPut), "ETH", Listed, Limits, _ => double.NaN));
        Refuses("NotFinite", () => Propose(Book(ShortPut with { Amount = double.NaN })));
        Refuses("NotFinite", () => Propose(Book(ShortPut with { Amount = double.MaxValue }, ShortPut with { Amount = double.MaxValue })));
    }

    [Fact]
    public void Propose_EmptyBook_IsInsideTheBand() => Assert.Equal(HedgeStatus.InsideBand, Propose(Book()).Status);

    [Theory]
    [InlineData(.5, HedgeStatus.InsideBand)] // no gamma: the limit alone
    [InlineData(.5000001, HedgeStatus.Hedged)]
    public void Propose_DeltaAroundItsLimit_PlansOnlyOutside(double delta, HedgeStatus status)
    {
        var proposal = Propose(Book(new Leg(LegKind.Perp, "ETH", null, 0, delta)));

        Assert.Equal(status, proposal.Status);
        Assert.Equal(status == HedgeStatus.InsideBand, proposal.Plans.Count == 0);
    }

    [Fact]
    public void Propose_DeltaInsideTheNoTradeBand_IsLeftAloneWhereALargerAversionTrades()
    {
        // A small option book has gamma, which gives the delta room.
        var book = Book(new Leg(LegKind.Call, "ETH", "90d", 3000, 2));
        var limits = Limits with { Delta = 1e-6, Gamma = 1, Vega = 1e6 };

        var relaxed = Propose(book, limits: limits with { RiskAversion = 1e-7 });
        var averse = Propose(book, limits: limits with { RiskAversion = 1e-2 });

        Assert.Equal(HedgeStatus.InsideBand, relaxed.Status);
        Assert.Equal(1.5 * .0005 * 2700 / 1e-7 * relaxed.Before[0].Gamma * relaxed.Before[0].Gamma, Math.Pow(relaxed.Bands[0], 3), 6);
        Assert.All(relaxed.Before.Zip(relaxed.Bands), pair => Assert.True(Math.Abs(pair.First.Delta) <= pair.Second));
        Assert.NotEqual(HedgeStatus.InsideBand, averse.Status);
    }

    [Fact]
    public void Propose_ShortOptions_AreBroughtInsideEveryLimitAndFreeMargin()
    {
        var book = Book(ShortPut, new Leg(LegKind.Call, "ETH", "90d", 3200, -10));

        var proposal = Propose(book);

        Assert.Equal(HedgeStatus.Hedged, proposal.Status);
        var plan = proposal.Plans[0];
        var hedged = book with { Legs = [.. book.Legs, .. plan.Trades.Select(LegOf)] };
        Assert.Equal(GreekLadder.Of(hedged, "ETH", GreekLadder.DefaultGrid), plan.Residual);
        Assert.All(plan.Residual, bucket => AssertInside(bucket, Limits));
        Assert.Contains(proposal.Before, bucket => Math.Abs(bucket.Gamma) > 2 * Limits.Gamma && Math.Abs(bucket.Vega) > 20 * Limits.Vega);
        Assert.Equal(Requirement(book), plan.MarginBefore);
        Assert.Equal(Requirement(hedged), plan.MarginAfter);
        Assert.Equal(plan.MarginBefore - plan.MarginAfter - plan.CashPaid, plan.MarginReleased, 9);
        Assert.True(plan.MarginReleased > 0 && plan.Cost > 0);
    }

    [Fact]
    public void Propose_HedgedBook_IsInsideAndNeedsNoMore()
    {
        var book = Book(ShortPut);
        var plan = Propose(book).Plans[0];

        var again = Propose(book with { Legs = [.. book.Legs, .. plan.Trades.Select(LegOf)] });

        Assert.Equal(HedgeStatus.InsideBand, again.Status);
    }

    [Fact]
    public void Propose_PerpetualAlone_CannotRemoveGamma()
    {
        var proposal = Propose(Book(ShortPut), [Perpetual]);

        Assert.Equal(HedgeStatus.OutsideTolerance, proposal.Status);
        Assert.Equal("perpetual", Assert.Single(proposal.Plans).Name);
        Assert.True(Math.Abs(proposal.Plans[0].Residual[2].Delta) < Math.Abs(proposal.Before[2].Delta));
    }

    [Fact]
    public void Propose_NothingThatTrades_SaysSo()
    {
        Assert.Equal(HedgeStatus.NoInstruments, Propose(Book(ShortPut), []).Status);
        Assert.Equal(HedgeStatus.NoInstruments, Propose(Book(ShortPut), [Perpetual with { Bid = 0, AskSize = 0 }]).Status);
    }

    [Fact]
    public void Propose_SideWithoutAQuote_IsNotUsed()
    {
        // The book is long delta: without a bid the perpetual cannot help, without an ask it can.
        var book = Book(new Leg(LegKind.Perp, "ETH", null, 0, 5));

        Assert.Equal(HedgeStatus.OutsideTolerance, Propose(book, [Perpetual with { Bid = 0 }]).Status);
        Assert.Equal(HedgeStatus.Hedged, Propose(book, [Perpetual with { Ask = 0 }]).Status);
    }

    [Fact]
    public void Propose_Perpetual_CostsSpreadAndFeeAndPaysNoPremium()
    {
        // Only what must be sold is: from 5 to the limit of .5.
        var trade = Assert.Single(Propose(Book(new Leg(LegKind.Perp, "ETH", null, 0, 5)), [Perpetual]).Plans[0].Trades);

        Assert.Equal(-4.5, trade.Amount, .02);
        Assert.True(trade.Amount <= -4.5);
        Assert.Equal(-trade.Amount * 2.5, trade.Cost, 9);
        Assert.Equal(trade.Cost, trade.CashPaid);
    }

    [Fact]
    public void Propose_OptionBought_PaysTheAskAndTheFee()
    {
        var quote = Quote(LegKind.Put, Ether.Expiries[0], 3000) with { FeePerUnit = .9 };
        var trade = Assert.Single(Propose(Book(ShortPut), [quote]).Plans[0].Trades);
        var mark = GreekLadder.Value(Ether.Expiries[0], LegKind.Put, 3000, null, 1).Price;

        Assert.True(trade.Amount > 15);
        Assert.Equal(trade.Amount * (quote.Ask + .9), trade.CashPaid, 9);
        Assert.Equal(trade.Amount * (quote.Ask - mark + .9), trade.Cost, 9);
    }

    [Fact]
    public void Propose_LotsAndSizes_AreKept()
    {
        var listed = Listed.Select(instrument => instrument with { LotSize = .5, BidSize = 6.2, AskSize = 6.2 }).ToList();

        var proposal = Propose(Book(ShortPut), listed, Limits with { Delta = 1, Gamma = .004 });

        Assert.Equal(HedgeStatus.Hedged, proposal.Status);
        Assert.All(proposal.Plans.SelectMany(plan => plan.Trades), trade =>
        {
            Assert.Equal(0, Math.Abs(trade.Amount) % .5, 12);
            Assert.True(Math.Abs(trade.Amount) <= 6);
        });
    }

    [Fact]
    public void Propose_Plans_AreRankedByMarginReleasedAndOnlyThoseInsideShown()
    {
        var plans = Propose(Book(ShortPut)).Plans;

        // Neither perpetual nor 90 days alone do.
        Assert.Equal(["30d", "all"], plans.Select(plan => plan.Name).Order(StringComparer.Ordinal));
        Assert.All(plans, plan => Assert.True(plan.InsideTolerance));
        Assert.Equal(plans.OrderByDescending(plan => plan.MarginReleased), plans);
    }

    [Fact]
    public void Propose_DearerMarket_CostsMoreAndIsStillInside()
    {
        var dear = Listed.Select(instrument => instrument with { FeePerUnit = 20 }).ToList();

        var cheap = Propose(Book(ShortPut)).Plans.Single(plan => plan.Name == "all");
        var costly = Propose(Book(ShortPut), dear).Plans.Single(plan => plan.Name == "all");

        Assert.True(cheap.InsideTolerance && costly.InsideTolerance);
        Assert.True(costly.Cost > cheap.Cost);
    }

    [Fact]
    public void Propose_RandomBooks_AreHedgedOrSaidNotToBe()
    {
        var hedged = 0;
        Gen.Select(Gen.Int[0, 12], Gen.Int[0, 1], Gen.Int[0, 1], Gen.Double[-30, 30]).List[1, 5].Sample(
            legs =>
            {
                var book = Book([.. legs.Select(leg => new Leg(
                    leg.Item2 == 0 ? LegKind.Call : LegKind.Put,
                    "ETH",
                    Ether.Expiries[leg.Item3].Name,
                    2400 + (100 * leg.Item1),
                    leg.Item4))]);

                var proposal = Propose(book);

                foreach (var plan in proposal.Plans)
                {
                    Assert.Equal(plan.InsideTolerance, plan.Residual.All(bucket => IsInside(bucket, Limits)));
                    Assert.True(plan.Cost >= 0 && double.IsFinite(plan.MarginReleased));
                    Assert.All(plan.Trades, trade => Assert.True(Math.Abs(trade.Amount) <= 1000));
                }

                Assert.Equal(proposal.Status == HedgeStatus.InsideBand, proposal.Plans.Count == 0);
                if (proposal.Status != HedgeStatus.InsideBand)
                {
                    Assert.Equal(HedgeStatus.Hedged, proposal.Status); // everything of the book is listed
                    Interlocked.Increment(ref hedged);
                }
            },
            iter: 50);
        Assert.True(hedged > 25);
    }

    [SharedDataFact("data", "options", DeribitChain.File)]
    public void Propose_RealChain_BringsAShortStraddleInsideAndFreesMargin()
    {
        var (market, listed) = DeribitChain.Read("BTC");
        var expiry = market.Expiries.Single(known => known.Name.StartsWith("2026-08-28", StringComparison.Ordinal));
        var book = new Portfolio(
            [market],
            [new Leg(LegKind.Call, "BTC", expiry.Name, 65_000, -25), new Leg(LegKind.Put, "BTC", expiry.Name, 65_000, -25)],
            []);
        var limits = new HedgeLimits(1, 1e-4, 5_000, .0005, 1e-5);

        var proposal = HedgePlanner.Propose(book, "BTC", listed, limits, Requirement);

        Assert.Equal(HedgeStatus.Hedged, proposal.Status);
        var plan = proposal.Plans[0];
        Assert.All(plan.Residual, bucket => AssertInside(bucket, limits));
        Assert.True(plan.MarginReleased > 0, $"{plan.MarginReleased}");
        Assert.All(plan.Trades, trade => Assert.True(Math.Abs(trade.Amount) <= trade.Instrument.AskSize));
    }

    private static HedgeInstrument Quote(LegKind kind, ExpiryMarket expiry, double strike)
    {
        var mark = GreekLadder.Value(expiry, kind, strike, null, 1).Price;
        return new HedgeInstrument(
            $"{expiry.Name}-{strike}-{kind}", kind, expiry.Name, strike, mark * .99, mark * 1.01, 100, 100, FeePerUnit: .5);
    }

    private static Leg LegOf(HedgeTrade trade) =>
        new(
            trade.Instrument.Kind,
            "ETH",
            trade.Instrument.Expiry,
            trade.Instrument.Strike,
            trade.Amount,
            trade.Instrument.ImpliedVolatility);

    private static bool IsInside(GreekBucket bucket, HedgeLimits limits) =>
        Math.Abs(bucket.Delta) <= limits.Delta && Math.Abs(bucket.Gamma) <= limits.Gamma && Math.Abs(bucket.Vega) <= limits.Vega;

    private static void AssertInside(GreekBucket bucket, HedgeLimits limits) => Assert.True(IsInside(bucket, limits), $"{bucket}");

    private static Portfolio Book(params Leg[] legs) => new([Ether], legs, []);

    private static HedgeProposal Propose(Portfolio book, IReadOnlyList<HedgeInstrument>? listed = null, HedgeLimits? limits = null) =>
        HedgePlanner.Propose(book, "ETH", listed ?? Listed, limits ?? Limits, Requirement);

    private static void Refuses(string refusal, Action action) => Assert.Equal(refusal, Assert.Throws<RiskInputException>(action).Refusal);
}
