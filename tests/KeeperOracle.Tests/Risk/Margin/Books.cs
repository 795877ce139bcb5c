using CsCheck;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Margin;

/// <summary>Portfolios for the tests of margin: the ones of the checks, and generated ones.</summary>
internal static class Books
{
    public const double Month = 30 * 86400;

    /// <summary>Options on one underlying at spot 3000, expiring in 30 days, forward 3000, implied volatility 60 %, no rate.</summary>
    public static Portfolio OfCheck(params Leg[] legs) => new(
        [new Underlying("ETH", 3000, .60, [new ExpiryMarket("30d", Month, 3000, .60)], new PerpMarket(3000))], legs, []);

    public static Leg Put(double strike, double amount) => new(LegKind.Put, "ETH", "30d", strike, amount);

    public static Leg Call(double strike, double amount) => new(LegKind.Call, "ETH", "30d", strike, amount);

    public static Leg Perp(double amount, double pnl = 0) => new(LegKind.Perp, "ETH", null, 0, amount, null, pnl);

    /// <summary>One or two underlyings, up to three expiries each (the first may be over), up to ten legs, collateral, debt and
    /// cash.</summary>
    public static Gen<Portfolio> Any =>
        from markets in Underlying.Array[1, 2]
        from legs in Leg(markets.Length).Array[1, 10]
        from collaterals in Collateral.Array[0, 3]
        from debt in Gen.Double[0, 50_000]
        from cash in Gen.Double[-20_000, 20_000]
        select new Portfolio([.. markets.Select((market, i) => market with { Name = $"U{i}" })], legs, collaterals, debt, cash);

    public static Gen<Portfolio> OneUnderlying => Any.Select(book => book with
    {
        Underlyings = [book.Underlyings[0]],
        Legs = [.. book.Legs.Select(leg => leg with { Underlying = "U0" })],
    });

    private static Gen<Underlying> Underlying =>
        from spot in Gen.Double[1, 5000]
        from volatility in Gen.Double[.01, 4]
        from expiries in Expiry.Array[3]
        from basis in Gen.Double[.95, 1.05]
        select new Underlying(
            "U0", spot, volatility,
            [.. expiries.Select((expiry, i) => expiry with { Name = $"E{i}", Forward = expiry.Forward * spot, FixedForward = expiry.FixedForward * spot })],
            new PerpMarket(spot * basis));

    private static Gen<ExpiryMarket> Expiry =>
        from days in Gen.OneOf(Gen.Const(0.0), Gen.Double[.01, 2], Gen.Double[2, 700])
        from forward in Gen.Double[.9, 1.2]
        from volatility in Gen.OneOf(Gen.Const(0.0), Gen.Double[.05, 3])
        from rate in Gen.Double[-.1, .4]
        from part in Gen.OneOf(Gen.Const(0.0), Gen.Double[0, .9])
        select new ExpiryMarket("E0", days * 86400, forward, volatility, rate, part * forward);

    private static Gen<Collateral> Collateral =>
        from amount in Gen.Double[0, 10]
        from price in Gen.Double[0, 5000]
        from threshold in Gen.Double[0, .9]
        from volatility in Gen.Double[0, 2]
        from age in Gen.Double[0, 86400]
        select new Collateral("C", amount, price, threshold, threshold * .9, volatility, null, age, .01, .02, volatility > 1);

    private static Gen<Leg> Leg(int underlyings) =>
        from kind in Gen.Enum<LegKind>()
        from underlying in Gen.Int[0, underlyings - 1]
        from expiry in Gen.Int[0, 2]
        from strike in Gen.Double[1, 8000]
        from round in Gen.Bool
        from amount in Gen.Double[-20, 20]
        from own in Gen.Bool
        from volatility in Gen.Double[.05, 3]
        from pnl in Gen.Double[-1000, 1000]
        select kind == LegKind.Perp
            ? new Leg(kind, $"U{underlying}", null, 0, amount, null, pnl)
            : new Leg(kind, $"U{underlying}", $"E{expiry}", round ? 1000 : strike, amount, own ? volatility : null);
}
