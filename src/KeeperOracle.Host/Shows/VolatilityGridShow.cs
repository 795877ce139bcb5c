using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 11: the requirement follows live volatility and liquidity, with a grid that scales with volatility. Known from elsewhere:
/// the range by its formula, every scenario priced one by one, and the square-root law of market impact written out.
/// </summary>
internal static class VolatilityGridShow
{
    private const double CalmVolatility = .50;
    private const double WildVolatility = 2;
    private const double StaticRange = .16;
    private static readonly Leg[] ShortCall = [new(LegKind.Call, "ETH", "30d", 3600, -1)];

    public static Show Show => new("11", "Dynamic margin calculation: the grid scales with volatility, the add-on with depth", Steps);

    private static IEnumerable<ShowStep> Steps()
    {
        yield return Range(CalmVolatility);
        yield return Range(WildVolatility);
        yield return Compare(null);
        yield return Compare(StaticRange);
        yield return Depth();
    }

    private static ShowStep Range(double volatility)
    {
        var range = new ScaledParameters().Range(volatility);
        return ShowStep.Of(
            $"At a volatility of {volatility:P0} a year prices are moved up and down by as much as {range:P2}, what five days can bring "
            + "at 99 %, but never by less than 8 % or more than 50 %.",
            new { volatility, z99 = 2.3263478740, days = 5, least = .08, most = .50 },
            new { range },
            $"z99 x {volatility} x sqrt(5/365), clamped, is {PlainRevaluation.Range(volatility):P2}",
            ShowStep.Near(range, PlainRevaluation.Range(volatility), 1e-12));
    }

    private static ShowStep Compare(double? fixedRange)
    {
        var parameters = fixedRange is { } range ? ScaledParameters.Static(range) : new ScaledParameters();
        var (calm, wild) = (At(CalmVolatility, parameters), At(WildVolatility, parameters));
        var (calmPlain, wildPlain) = (Plain(CalmVolatility, fixedRange), Plain(WildVolatility, fixedRange));
        var agree = ShowStep.Near(calm, calmPlain, 1e-9) && ShowStep.Near(wild, wildPlain, 1e-9);
        var inputs = new { legs = ShortCall, market = Market(CalmVolatility), volatilities = new[] { CalmVolatility, WildVolatility }, fixedRange };
        return fixedRange is null
            ? ShowStep.Of(
                $"One short call on ETH at 3,600 (spot 3,000) must secure {calm:N2} when volatility is {CalmVolatility:P0} and "
                + $"{wild:N2}, {wild / calm:N2} times as much, when it is {WildVolatility:P0}. Nothing else has changed, not even the "
                + "price of the option.",
                inputs,
                new { calm, wild, ratio = wild / calm },
                $"priced one by one {calmPlain:N2} and {wildPlain:N2}, and the wild one is at least half as much again",
                agree && wildPlain >= 1.5 * calmPlain)
            : ShowStep.Of(
                $"A grid fixed at {fixedRange:P0} would ask for {calm:N2} in both markets: it does not see the difference.",
                inputs,
                new { calm, wild },
                $"priced one by one {calmPlain:N2} and {wildPlain:N2}: equal",
                agree && wildPlain == calmPlain && wild == calm);
    }

    private static ShowStep Depth()
    {
        const double deep = 4e6, shallow = 1e6, contracts = 10;
        Leg[] legs = [ShortCall[0] with { Amount = -contracts }];
        double AddOn(double dailyVolume)
        {
            var rules = new ScaledParameters { DailyVolumes = new Dictionary<string, double> { ["ETH"] = dailyVolume } };
            var book = new Portfolio([Market(CalmVolatility)], legs, []);
            return ScaledMargin.Assess(book, rules).Figures.Requirement - ScaledMargin.Assess(book).Figures.Requirement;
        }

        var notional = contracts * 3000;
        double ByHand(double volume) => 2.0 / 3 * CalmVolatility / Math.Sqrt(365) * Math.Sqrt(notional / volume) * notional;
        var (inDeep, inShallow) = (AddOn(deep), AddOn(shallow));
        return ShowStep.Of(
            $"Selling {contracts} such calls out into a market that trades {deep:N0} a day costs {inDeep:N2} more margin; where it "
            + $"trades a quarter of that, {inShallow:N2}: twice as much.",
            new { legs, volatility = CalmVolatility, notional, deep, shallow },
            new { inDeep, inShallow },
            $"2/3 sigma sqrt(1/365) sqrt(notional/volume) notional is {ByHand(deep):N2} and {ByHand(shallow):N2}",
            ShowStep.Near(inDeep, ByHand(deep), 1e-9) && ShowStep.Near(inShallow, ByHand(shallow), 1e-9)
            && ShowStep.Near(inShallow, 2 * inDeep, 1e-9));
    }

    private static Underlying Market(double volatility) => new("ETH", 3000, volatility, [new ExpiryMarket("30d", 30 * 86_400, 3000, .60)]);

    private static double At(double volatility, ScaledParameters parameters) =>
        ScaledMargin.Assess(new Portfolio([Market(volatility)], ShortCall, []), parameters).Figures.Requirement;

    private static double Plain(double volatility, double? fixedRange) =>
        PlainRevaluation.Of(Market(volatility), ShortCall, fixedRange).Requirement;
}
