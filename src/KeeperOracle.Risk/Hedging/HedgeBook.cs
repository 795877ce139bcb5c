using System.Globalization;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Risk.Hedging;

/// <summary>
/// What <see cref="HedgePlanner"/> is asked, made from a snapshot alone.
/// <code>
/// book      the account's options; spot = the hub's price, forward = spot x the attested ratio, volatility as attested, range by the initial one in force
/// listed    calls and puts of the nearest listed expiries at nine strikes from .80 to 1.20 of spot, and the underlying itself (as a perpetual at spot).
///           The protocol's options are traded by signed offers, so there is no book of quotes: bid and ask are the model's mark -+ the assumed cost,
///           the underlying costs a twentieth of it. At most twice the account's contracts of each.
/// limits    the tolerance, a share, of as many options at the money as the account has contracts: delta of the contracts, gamma and vega at the money
///           of the nearest expiry that it holds. Risk aversion is one over the value of its collateral.
/// </code>
/// </summary>
public static class HedgeBook
{
    private const int MostExpiries = 2;
    private const double Lot = 0.01;
    private const double UnderlyingShare = 0.05;
    private static readonly double[] Strikes = [.80, .85, .90, .95, 1, 1.05, 1.10, 1.15, 1.20];

    /// <summary>The account's options on one underlying; the sentence says why there is no such book now, and is empty where there is.</summary>
    public static (Portfolio? Book, string Problem) Of(ChainSnapshot snapshot, AccountSnapshot account, AssetSnapshot asset)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(asset);
        var now = snapshot.Block.Timestamp;
        var legs = account.Legs.Where(leg => leg.Underlying == asset.Token).ToList();
        if (!asset.HasPrice() || asset.Price.PerToken <= Wad.Zero)
        {
            return (null, $"{asset.Symbol} has no price");
        }

        if (legs.FirstOrDefault(leg => leg.Expiry <= now) is { Expiry: > 0 } expired)
        {
            return (null, $"an option of expiry {expired.Expiry} is to be settled");
        }

        if (legs.FirstOrDefault(leg => asset.OptionInputs.All(input => input.Expiry != leg.Expiry)) is { Expiry: > 0 } unlisted)
        {
            return (null, $"nothing is attested of expiry {unlisted.Expiry}");
        }

        var spot = asset.Price.PerToken.ToDouble();
        var market = new Underlying(
            asset.Token.ToString(),
            spot,
            RangeVolatility(snapshot.Report, asset, now),
            [.. asset.OptionInputs.Where(input => input.Expiry > now).OrderBy(input => input.Expiry).Select(input => new ExpiryMarket(
                Name(input.Expiry), input.Expiry - now, spot * input.ForwardRatio.ToDouble(), input.ImpliedVolatility.ToDouble()))],
            new PerpMarket(spot));
        return (new Portfolio([market], [.. legs.Select(leg => new Leg(
            leg.IsCall ? LegKind.Call : LegKind.Put, market.Name, Name(leg.Expiry), leg.Strike.ToDouble(), leg.Amount.ToDouble()))], []), "");
    }

    /// <param name="cost">half the spread of an option, a share of its mark</param>
    public static IReadOnlyList<HedgeInstrument> Listed(Portfolio book, double cost)
    {
        ArgumentNullException.ThrowIfNull(book);
        var market = book.Underlyings[0];
        var size = 2 * Contracts(book);
        var tick = Tick(market.Spot);
        return
        [
            .. from expiry in market.Expiries.Take(MostExpiries)
               from strike in Strikes.Select(share => Math.Floor((market.Spot * share / tick) + .5) * tick).Distinct()
               from kind in (LegKind[])[LegKind.Call, LegKind.Put]
               select Quote(expiry, kind, strike, cost, size),
            new HedgeInstrument(
                "underlying", LegKind.Perp, null, 0, market.Spot * (1 - (cost * UnderlyingShare)), market.Spot * (1 + (cost * UnderlyingShare)), size, size, LotSize: Lot),
        ];
    }

    /// <param name="tolerance">what may stay open, a share</param>
    /// <param name="cost">as for <see cref="Listed"/></param>
    /// <param name="wealth">value of the account's collateral, in units of account</param>
    public static HedgeLimits Limits(Portfolio book, double tolerance, double cost, double wealth)
    {
        ArgumentNullException.ThrowIfNull(book);
        var (market, contracts) = (book.Underlyings[0], Contracts(book));
        var held = book.Legs.Select(leg => leg.Expiry).ToHashSet(StringComparer.Ordinal);
        var nearest = market.Expiries.First(expiry => held.Contains(expiry.Name));
        var root = Math.Sqrt(nearest.YearsToExpiry);
        var density = Elementary.NormalDensity(0);
        return new HedgeLimits(
            tolerance * contracts,
            tolerance * contracts * density / (market.Spot * nearest.ImpliedVolatility * root),
            tolerance * contracts * market.Spot * density * root,
            cost * UnderlyingShare,
            1 / Math.Max(1, wealth));
    }

    private static double Contracts(Portfolio book) => book.Legs.Sum(leg => Math.Abs(leg.Amount));

    private static HedgeInstrument Quote(ExpiryMarket expiry, LegKind kind, double strike, double cost, double size)
    {
        var mark = GreekLadder.Value(expiry, kind, strike, null, 1).Price;
        return new HedgeInstrument(
            string.Create(CultureInfo.InvariantCulture, $"{strike} {(kind == LegKind.Call ? "call" : "put")} {expiry.Name}"),
            kind, expiry.Name, strike, mark * (1 - cost), mark * (1 + cost), size, size, LotSize: Lot);
    }

    /// <summary>Three figures of spot.</summary>
    private static double Tick(double spot)
    {
        var tick = 1.0;
        while (tick * 1000 <= spot)
        {
            tick *= 10;
        }

        while (tick * 100 > spot)
        {
            tick /= 10;
        }

        return tick;
    }

    private static double RangeVolatility(ReportSnapshot report, AssetSnapshot asset, ulong now)
    {
        var own = asset.Attested.InitialVolatility;
        var isStale = now > report.LastReportAt + report.HeartbeatSeconds;
        return (isStale && asset.Fallback.Volatility > own ? asset.Fallback.Volatility : own).ToDouble();
    }

    private static string Name(ulong expiry) => expiry.ToString(CultureInfo.InvariantCulture);
}
