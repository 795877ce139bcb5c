using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 5, the part off-chain (<see cref="ChallengeShow"/> plays it first): the requirement of a portfolio from scenarios, its health, its net Greeks. Known from elsewhere: every
/// scenario priced one by one; finite differences; and case 12 of Derive's published cases of PMRM_2 (derivexyz/v2-core,
/// test/risk-managers/unit-tests/PMRM_2/portfolio_cases), one short call in bitcoin.
/// </summary>
internal static class MarginEngineShow
{
    private static readonly Underlying Ether = new("ETH", 3000, .60, [new ExpiryMarket("30d", 30 * 86_400, 3000, .60)], new PerpMarket(3000));

    public static Show Show => new("5", "Dynamic margin engine, off-chain part: an account is one portfolio", Steps);

    private static IEnumerable<ShowStep> Steps()
    {
        Leg[] alone = [new(LegKind.Put, "ETH", "30d", 3000, -1)];
        yield return Known("An account has sold one put on ETH at 3,000", alone);
        yield return Known("It buys the put at 2,700 beside it, so that its loss is bounded", [.. alone, new(LegKind.Put, "ETH", "30d", 2700, 1)]);
        yield return Health(alone);
        yield return Greeks();
        yield return Derive();
    }

    private static ShowStep Known(string what, IReadOnlyList<Leg> legs)
    {
        var portfolio = new Portfolio([Ether], legs, []);
        var one = ScaledMargin.Assess(portfolio).Underlyings[0];
        var (risk, plain) = (one.Risk, PlainRevaluation.Of(Ether, legs));
        return ShowStep.Of(
            $"{what}. Of {one.Gains.Count} moves of price and volatility \"{one.WorstScenario}\" costs it most: {risk.WorstLoss:N2}. With "
            + $"the {-risk.MarkToMarket:N2} that buying its options back costs today, and {risk.Contingency:N2} for shorts that nothing "
            + $"covers, it must secure {risk.Requirement:N2}.",
            new { portfolio, one.Range },
            new { risk.WorstLoss, one.WorstScenario, risk.MarkToMarket, risk.Contingency, risk.Requirement },
            $"every scenario priced one by one gives a worst loss of {plain.WorstLoss:N2} and a requirement of {plain.Requirement:N2}, "
            + "the same to 1e-9",
            ShowStep.Near(risk.WorstLoss, plain.WorstLoss, 1e-9) && ShowStep.Near(risk.Requirement, plain.Requirement, 1e-9));
    }

    private static ShowStep Health(IReadOnlyList<Leg> legs)
    {
        var collateral = new Collateral("WETH", 2, 3000, LiquidationThreshold: .80, Volatility: .60, Chain: "A", AgeSeconds: 1200);
        const double debt = 1000;
        var figures = ScaledMargin.Assess(new Portfolio([Ether], legs, [collateral], debt)).Figures;
        var haircut = 2.3263478740 * .60 * Math.Sqrt(1200.0 / (365 * 86_400));
        var byHand = 2 * 3000 * .80 * (1 - haircut) / (debt + PlainRevaluation.Of(Ether, legs).Requirement);
        return ShowStep.Of(
            $"The seller of the put also owes {debt:N0} and has 2 WETH on another chain, whose attestation is 20 minutes old and so "
            + $"counts {haircut:P3} less. Its health, collateral over debt and requirement together, is {figures.Health:N4}.",
            new { collateral, debt, legs, market = Ether },
            new { figures.Health, figures.LiquidationCapacity, figures.Requirement, haircut },
            $"2 x 3,000 x .80 x (1 - z99 sigma sqrt(20 min)) over debt plus the requirement priced one by one is {byHand:N4}",
            ShowStep.Near(figures.Health!.Value, byHand, 1e-9));
    }

    private static ShowStep Greeks()
    {
        Leg[] legs = [new(LegKind.Put, "ETH", "30d", 2900, -3), new(LegKind.Call, "ETH", "30d", 3300, 2), new(LegKind.Perp, "ETH", null, 0, .5)];
        var greeks = NetGreeks.Of(new Portfolio([Ether], legs, []))[0];
        double At(double spot, double volatility) => PlainRevaluation.Value(Ether, legs, spot / 3000, volatility / .60);
        var delta = (At(3001, .60) - At(2999, .60)) / 2;
        var gamma = At(3001, .60) - (2 * At(3000, .60)) + At(2999, .60);
        var vega = (At(3000, .601) - At(3000, .599)) / .002;
        return ShowStep.Of(
            $"Three short puts, two long calls and half a perpetual are one position to the market: net delta {greeks.Delta:N4} ETH, "
            + $"gamma {greeks.Gamma:N6}, vega {greeks.Vega:N2} for a move of volatility by 1.00.",
            new { legs, market = Ether },
            new { greeks.Delta, greeks.Gamma, greeks.Vega, byDifferences = new { delta, gamma, vega } },
            "moving spot by 1 and volatility by .001 and pricing again gives the same to 1e-5",
            ShowStep.Near(greeks.Delta, delta, 1e-5) && ShowStep.Near(greeks.Gamma, gamma, 1e-5) && ShowStep.Near(greeks.Vega, vega, 1e-5));
    }

    private static ShowStep Derive()
    {
        const double initial = -14604.0481201448, maintenance = -11824.8587039591;
        var expiry = new ExpiryMarket("expiry", 794_852, 95776.67392708939, .453803924321583, .15, VolatilityConfidence: .95);
        var portfolio = new Portfolio(
            [new Underlying("BTC", 95663.50604855, 0, [expiry])],
            [new Leg(LegKind.Call, "BTC", "expiry", 100_000, -1)],
            [],
            StablePrice: 1.00019088635);
        var parameters = new DerivePm2Parameters(); // the defaults are those of the published cases
        var margin = DerivePm2Margin.Assess(portfolio, parameters);
        return ShowStep.Of(
            "The same engine set up as another exchange's model, Derive's PMRM_2: one short call on bitcoin at 100,000 has an initial "
            + $"margin of {margin.InitialMargin:N2} and a maintenance margin of {margin.MaintenanceMargin:N2}.",
            new { portfolio, parameters },
            new { margin.InitialMargin, margin.MaintenanceMargin, margin.WorstGain, margin.WorstScenario },
            $"Derive publishes {initial:N2} and {maintenance:N2} (its case 12); the same to 1e-9",
            ShowStep.Near(margin.InitialMargin, initial, 1e-9) && ShowStep.Near(margin.MaintenanceMargin, maintenance, 1e-9));
    }
}
