using System.Runtime.CompilerServices;
using KeeperOracle.Host.Shows;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Hedging;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Host.Story;

/// <summary>
/// Scene 8: Bob writes puts, and gets a hedge plan over what is listed: strikes of the expiry and a perpetual, two per cent between bid and ask. Known from elsewhere:
/// scenarios priced one by one, cash by the quotes.
/// </summary>
internal static class HedgeScene
{
    private static readonly HedgeLimits Limits = new(Delta: .5, Gamma: .004, Vega: 60, ProportionalCost: .0005, RiskAversion: 1e-4);

    public static StoryScene Scene { get; } = new(8, "A hedge plan for somebody who wrote options, and the margin that it frees", PlayAsync);

    /// <summary>Of his puts, near the price after the fall.</summary>
    public const double Strike = 1600;
    public const int Contracts = 6;
    private const double Collateral = 30;

    private static async IAsyncEnumerable<ShowStep> PlayAsync(StoryCast cast, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var bob = StageChain.AccountOf(cast.Bob, 0);
        await cast.AddCollateralAsync(cast.Bob, Collateral, cancellationToken);
        await cast.Maker.TradeAsync(
            cast.Maker.Offer(false, Wad.FromDoubleDown(Strike).Raw, cast.Expiry, Contracts * Wad.Scale, true, 45_000_000), bob, cast.Bob, cancellationToken);
        var portfolio = (await cast.LeafAsync(bob, cancellationToken)).Portfolio;
        var bare = portfolio.Underlyings[0];
        var market = bare with { Perp = new PerpMarket(bare.Spot) };
        var book = portfolio with { Underlyings = [market] };
        var listed = Listed(market);
        var proposal = HedgePlanner.Propose(book, market.Name, listed, Limits, AccountMargin.Scaled());
        var before = proposal.Before.Single(bucket => bucket.SpotMultiplier == 1);
        if (proposal.Plans.Count == 0)
        {
            yield return ShowStep.Of(
                "His options need no hedge.", new { legs = book.Legs, limits = Limits }, new { proposal.Status }, "there is a plan outside of the band", false);
            yield break;
        }

        var plan = proposal.Plans[0];
        var left = plan.Residual.Single(bucket => bucket.SpotMultiplier == 1);
        yield return ShowStep.Of(
            $"Bob, with {Collateral:N0} WETH on B, sells the maker {Contracts} puts at {Strike:N0}. They have a delta of {before.Delta:N3}, a gamma of {before.Gamma:N5} and a vega of {before.Vega:N1}: outside of what he lets be. The plan: "
            + $"{string.Join(", ", plan.Trades.Select(trade => $"{(trade.Amount > 0 ? "buy" : "sell")} {Math.Abs(trade.Amount):N2} {trade.Instrument.Name}"))}. It leaves {left.Delta:N3}, {left.Gamma:N5} and {left.Vega:N1}.",
            new { legs = book.Legs, market, listed, limits = Limits },
            new { proposal.Status, trades = plan.Trades.Select(trade => new { trade.Instrument.Name, trade.Amount }), before, left },
            $"delta within {Limits.Delta}, gamma within {Limits.Gamma}, vega within {Limits.Vega} at all prices of the ladder",
            proposal.Status == HedgeStatus.Hedged && plan.Residual.All(bucket =>
                Math.Abs(bucket.Delta) <= Limits.Delta && Math.Abs(bucket.Gamma) <= Limits.Gamma && Math.Abs(bucket.Vega) <= Limits.Vega));

        var hedged = (IReadOnlyList<Leg>)[.. book.Legs, .. plan.Trades.Select(trade => new Leg(trade.Instrument.Kind, market.Name, trade.Instrument.Expiry, trade.Instrument.Strike, trade.Amount))];
        var (was, now) = (PlainRevaluation.Of(market, book.Legs).Requirement, PlainRevaluation.Of(market, hedged).Requirement);
        var cash = plan.Trades.Sum(trade =>
        {
            var quote = trade.Amount > 0 ? trade.Instrument.Ask : trade.Instrument.Bid;
            return (trade.Amount * (trade.Instrument.Kind == LegKind.Perp ? quote - market.Perp!.Price : quote)) + (Math.Abs(trade.Amount) * trade.Instrument.FeePerUnit);
        });
        yield return ShowStep.Of(
            $"His requirement would go from {plan.MarginBefore:N2} to {plan.MarginAfter:N2}; with {plan.CashPaid:N2} paid, {plan.MarginReleased:N2} of margin {(plan.MarginReleased >= 0 ? "becomes free" : "is bound")}.",
            new { legs = book.Legs, hedged, market },
            new { plan.MarginBefore, plan.MarginAfter, plan.CashPaid, plan.MarginReleased },
            $"priced one by one {was:N2} and {now:N2}, paid by the quotes {cash:N2}",
            ShowStep.Near(plan.MarginBefore, was, 1e-9) && ShowStep.Near(plan.MarginAfter, now, 1e-9) && ShowStep.Near(plan.CashPaid, cash, 1e-9)
            && ShowStep.Near(plan.MarginReleased, was - now - cash, 1e-9));
    }

    private static IReadOnlyList<HedgeInstrument> Listed(Underlying market) =>
    [
        .. from expiry in market.Expiries
           from strike in Enumerable.Range(0, 15).Select(i => Math.Round(market.Spot * (.65 + (.05 * i)) / 50) * 50)
           from kind in (LegKind[])[LegKind.Call, LegKind.Put]
           select Quote(kind, expiry, strike),
        new("perpetual", LegKind.Perp, null, 0, market.Spot - 1, market.Spot + 1, 1000, 1000, FeePerUnit: 1.5),
    ];

    private static HedgeInstrument Quote(LegKind kind, ExpiryMarket expiry, double strike)
    {
        var mark = Black76.Price(
            kind == LegKind.Call ? OptionKind.Call : OptionKind.Put, expiry.Forward, strike, expiry.YearsToExpiry, expiry.ImpliedVolatility, 0);
        return new HedgeInstrument(
            $"{strike:0} {(kind == LegKind.Call ? "call" : "put")}", kind, expiry.Name, strike, Bid: .99 * mark, Ask: 1.01 * mark, BidSize: 100, AskSize: 100, FeePerUnit: .5);
    }
}
