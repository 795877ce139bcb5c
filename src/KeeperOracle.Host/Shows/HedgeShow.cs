using KeeperOracle.Risk.Hedging;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 9: a watch on delta, gamma and vega that leaves a book alone inside a no-trade band and proposes costed hedges outside it.
/// Known from elsewhere: Greeks by finite differences of prices, the band by the formula of Whalley and Wilmott (1997), margin with every
/// scenario priced one by one, cash and cost counted from the quotes.
/// </summary>
internal static class HedgeShow
{
    private static readonly Underlying Ether = new(
        "ETH",
        3000,
        .6,
        [new ExpiryMarket("30d", 30 * 86_400, 3000, .6), new ExpiryMarket("90d", 90 * 86_400, 3020, .55)],
        new PerpMarket(3000));

    private static readonly HedgeLimits Limits = new(Delta: .5, Gamma: .002, Vega: 100, ProportionalCost: .0005, RiskAversion: 1e-4);

    private static readonly Leg[] Book = [new(LegKind.Put, "ETH", "30d", 3000, -20), new(LegKind.Call, "ETH", "90d", 3200, -10)];

    /// <summary>What is listed: strikes from 2,400 to 3,600 in both expiries, two per cent between bid and ask, and the perpetual.</summary>
    private static readonly IReadOnlyList<HedgeInstrument> Listed =
    [
        .. from expiry in Ether.Expiries
           from strike in Enumerable.Range(0, 13).Select(i => 2400.0 + (100 * i))
           from kind in (LegKind[])[LegKind.Call, LegKind.Put]
           select Quote(kind, expiry, strike),
        new("perpetual", LegKind.Perp, null, 0, 2999, 3001, 1000, 1000, FeePerUnit: 1.5),
    ];

    public static Show Show => new("9", "Adaptive gamma scaffolding: hedges that pay, and none inside the band", Steps);

    private static IEnumerable<ShowStep> Steps()
    {
        var proposal = Propose(Book);
        yield return Before(proposal);
        yield return Band(proposal);
        var plan = proposal.Plans[0];
        yield return Hedged(plan);
        yield return Margin(plan);
        yield return Ranked();
        yield return InsideTheBand(plan);
    }

    private static ShowStep Before(HedgeProposal proposal)
    {
        var middle = proposal.Before.Single(bucket => bucket.SpotMultiplier == 1);
        return ShowStep.Of(
            $"A book is short 20 puts and 10 calls on ETH. Where price stands it has a delta of {middle.Delta:N3}, a gamma of "
            + $"{middle.Gamma:N4} and a vega of {middle.Vega:N0}; from 10 % under to 10 % over, delta goes from "
            + $"{proposal.Before[0].Delta:N2} to {proposal.Before[^1].Delta:N2}.",
            new { legs = Book, market = Ether },
            new { buckets = proposal.Before },
            "at each of the five prices, moving price by .1 and volatility by .0001 and pricing again gives the same to 1e-5",
            Differences(Book, proposal.Before));
    }

    private static ShowStep Band(HedgeProposal proposal)
    {
        var (middle, band) = (proposal.Before[2], proposal.Bands[2]);
        var byHand = Math.Cbrt(3 * Limits.ProportionalCost * middle.Gamma * middle.Gamma * 3000 / (2 * Limits.RiskAversion));
        return ShowStep.Of(
            $"Trading costs {Limits.ProportionalCost:P2}, so a delta of up to {band:N3} would be left alone; gamma may be "
            + $"{Limits.Gamma}, vega {Limits.Vega:N0}. The book is outside, and there is a plan that brings it inside: {proposal.Status}.",
            new { middle.Gamma, spot = 3000, limits = Limits },
            new { band, proposal.Status },
            $"(3 c gamma^2 S / (2 a))^(1/3) is {byHand:N3}; gamma or vega is over its limit, so a plan is due",
            ShowStep.Near(band, byHand, 1e-9) && (Math.Abs(middle.Gamma) > Limits.Gamma || Math.Abs(middle.Vega) > Limits.Vega)
            && proposal.Status == HedgeStatus.Hedged);
    }

    private static ShowStep Hedged(HedgePlan plan)
    {
        var (left, trades) = (plan.Residual[2], plan.Trades.Select(trade => new { trade.Instrument.Name, trade.Amount, trade.Cost, trade.CashPaid }));
        var inside = plan.Residual.All(bucket =>
            Math.Abs(bucket.Delta) <= Limits.Delta && Math.Abs(bucket.Gamma) <= Limits.Gamma && Math.Abs(bucket.Vega) <= Limits.Vega);
        return ShowStep.Of(
            $"The plan: {string.Join(", ", plan.Trades.Select(Words))}. What is left: delta {left.Delta:N3}, gamma {left.Gamma:N5}, vega "
            + $"{left.Vega:N1}.",
            new { legs = Book, listed = Listed, limits = Limits },
            new { trades, buckets = plan.Residual },
            $"delta within {Limits.Delta}, gamma within {Limits.Gamma}, vega within {Limits.Vega} at all five prices; by differences too",
            inside && Differences(Legs(plan), plan.Residual));
    }

    private static ShowStep Margin(HedgePlan plan)
    {
        var (before, after) = (PlainRevaluation.Of(Ether, Book).Requirement, PlainRevaluation.Of(Ether, Legs(plan)).Requirement);
        var cash = plan.Trades.Sum(trade =>
        {
            var quote = trade.Amount > 0 ? trade.Instrument.Ask : trade.Instrument.Bid;
            var paid = trade.Amount * (trade.Instrument.Kind == LegKind.Perp ? quote - Ether.Perp!.Price : quote);
            return paid + (Math.Abs(trade.Amount) * trade.Instrument.FeePerUnit);
        });
        return ShowStep.Of(
            $"The hedge lowers the requirement from {plan.MarginBefore:N2} to {plan.MarginAfter:N2}. {plan.CashPaid:N2} goes out for it, "
            + $"of which {plan.Cost:N2} is spread and fees; {plan.MarginReleased:N2} of margin becomes free.",
            new { legs = Book, hedged = Legs(plan), market = Ether },
            new { plan.MarginBefore, plan.MarginAfter, plan.CashPaid, plan.Cost, plan.MarginReleased },
            $"priced one by one {before:N2} and {after:N2}, paid by the quotes {cash:N2}: {before - after - cash:N2} free, and that is "
            + "over 0",
            ShowStep.Near(plan.MarginReleased, before - after - cash, 1e-9) && ShowStep.Near(plan.CashPaid, cash, 1e-9)
            && plan.MarginReleased > 0 && plan.Cost > 0);
    }

    private static ShowStep Ranked()
    {
        var puts = Book[..1];
        var (proposal, alone) = (Propose(puts), Propose(puts, [Listed[^1]]));
        var released = proposal.Plans.Select(plan => plan.MarginReleased).ToList();
        return ShowStep.Of(
            $"For the puts alone there are {proposal.Plans.Count} plans, in the order of the margin they free: "
            + $"{string.Join(", ", proposal.Plans.Select(plan => $"\"{plan.Name}\" {plan.MarginReleased:N0}"))}. With the perpetual "
            + $"alone, which has no gamma, no plan does it: {alone.Status}.",
            new { legs = puts, listed = Listed, limits = Limits },
            new { plans = proposal.Plans.Select(plan => new { plan.Name, plan.MarginReleased, plan.Cost }), perpetualAlone = alone.Status },
            "at least two, each frees at most as much as the one before it; the perpetual leaves gamma as it was",
            released.Count > 1 && released.SequenceEqual(released.OrderDescending()) && alone.Status == HedgeStatus.OutsideTolerance
            && alone.Plans[0].Residual.Zip(alone.Before).All(pair => ShowStep.Near(pair.First.Gamma, pair.Second.Gamma, 1e-12)));
    }

    private static ShowStep InsideTheBand(HedgePlan plan)
    {
        var again = Propose(Legs(plan));
        return ShowStep.Of(
            $"Asked again about the hedged book the watch answers {again.Status} and proposes {again.Plans.Count} trades: no hedge of "
            + "the hedge.",
            new { legs = Legs(plan), limits = Limits },
            new { again.Status, plans = again.Plans.Count },
            "inside the band the plan is empty",
            again is { Status: HedgeStatus.InsideBand, Plans.Count: 0 });
    }

    private static HedgeProposal Propose(IReadOnlyList<Leg> legs, IReadOnlyList<HedgeInstrument>? listed = null) =>
        HedgePlanner.Propose(new Portfolio([Ether], legs, []), "ETH", listed ?? Listed, Limits, AccountMargin.Scaled());

    private static IReadOnlyList<Leg> Legs(HedgePlan plan) =>
        [.. Book, .. plan.Trades.Select(Traded)];

    private static bool Differences(IReadOnlyList<Leg> legs, IReadOnlyList<GreekBucket> buckets) => buckets.All(bucket =>
    {
        double At(double move, double volatility) => legs.Sum(leg => PlainRevaluation.Value(
            Ether with { Expiries = [.. Ether.Expiries.Select(one => one with { ImpliedVolatility = one.ImpliedVolatility + volatility })] },
            [leg],
            bucket.SpotMultiplier + (move / 3000),
            1));
        const double spot = .1, sigma = 1e-4;
        return ShowStep.Near((At(spot, 0) - At(-spot, 0)) / (2 * spot), bucket.Delta, 1e-5)
            && ShowStep.Near((At(spot, 0) - (2 * At(0, 0)) + At(-spot, 0)) / (spot * spot), bucket.Gamma, 1e-5)
            && ShowStep.Near((At(0, sigma) - At(0, -sigma)) / (2 * sigma), bucket.Vega, 1e-5);
    });

    private static string Words(HedgeTrade trade) =>
        $"{(trade.Amount > 0 ? "buy" : "sell")} {Math.Abs(trade.Amount):N2} {trade.Instrument.Name}";

    private static Leg Traded(HedgeTrade trade) =>
        new(trade.Instrument.Kind, "ETH", trade.Instrument.Expiry, trade.Instrument.Strike, trade.Amount);

    private static HedgeInstrument Quote(LegKind kind, ExpiryMarket expiry, double strike)
    {
        var mark = Black76.Price(
            kind == LegKind.Call ? OptionKind.Call : OptionKind.Put, expiry.Forward, strike, expiry.YearsToExpiry, expiry.ImpliedVolatility, 0);
        return new HedgeInstrument(
            $"{strike:0} {(kind == LegKind.Call ? "call" : "put")} {expiry.Name}",
            kind,
            expiry.Name,
            strike,
            Bid: .99 * mark,
            Ask: 1.01 * mark,
            BidSize: 100,
            AskSize: 100,
            FeePerUnit: .5);
    }
}
