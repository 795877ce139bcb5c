using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Risk.Portfolios;

/// <summary>
/// Greeks of all legs on one underlying together, with respect to its spot S. The part of a forward F that moves does so with the spot, so
/// that dF/dS = (F - fixed)/S =: k, and with amount q and Black-76 at the leg's own volatility, or its expiry's:
/// <code>
/// delta  sum q k dV/dF + perpetuals q mark/S      gamma  sum q k^2 d2V/dF2      vanna  sum q k d2V/dF dsigma
/// vega, theta, rho, volga  sums of q times the option's
/// </code>
/// Collateral, debt and cash have no part in them.
/// </summary>
/// <param name="Underlying">its name</param>
/// <param name="Delta">units of the underlying</param>
/// <param name="Gamma">change of delta per unit of account</param>
/// <param name="Vega">units of account per 1.00 of volatility, all volatilities together</param>
/// <param name="Theta">units of account a year, as calendar time passes</param>
/// <param name="Rho">units of account per 1.00 of rate, forwards held fixed</param>
/// <param name="Vanna">change of delta per 1.00 of volatility</param>
/// <param name="Volga">change of vega per 1.00 of volatility</param>
public sealed record NetGreeks(
    string Underlying, double Delta, double Gamma, double Vega, double Theta, double Rho, double Vanna, double Volga)
{
    /// <summary>One for each underlying, in the order of the portfolio.</summary>
    /// <exception cref="RiskInputException">as <see cref="PortfolioCheck"/> names it</exception>
    public static IReadOnlyList<NetGreeks> Of(Portfolio portfolio)
    {
        PortfolioCheck.Require(portfolio);
        return
        [
            .. portfolio.Underlyings.Select(market => portfolio.Legs
                .Where(leg => leg.Underlying == market.Name)
                .Aggregate(new NetGreeks(market.Name, 0, 0, 0, 0, 0, 0, 0), (sum, leg) => leg.Kind == LegKind.Perp
                    ? sum with { Delta = sum.Delta + (leg.Amount * market.Perp!.Price / market.Spot) }
                    : sum.Plus(market, leg))),
        ];
    }

    private NetGreeks Plus(Underlying market, Leg leg)
    {
        var expiry = market.Expiries.First(known => known.Name == leg.Expiry);
        var kind = leg.Kind == LegKind.Call ? OptionKind.Call : OptionKind.Put;
        var one = Black76.Value(
            kind, expiry.Forward, leg.Strike, expiry.YearsToExpiry, leg.ImpliedVolatility ?? expiry.ImpliedVolatility, expiry.Rate);
        var (q, k) = (leg.Amount, (expiry.Forward - expiry.FixedForward) / market.Spot);
        return new NetGreeks(
            Underlying,
            Delta + (q * k * one.Delta),
            Gamma + (q * k * k * one.Gamma),
            Vega + (q * one.Vega),
            Theta + (q * one.Theta),
            Rho + (q * one.Rho),
            Vanna + (q * k * one.Vanna),
            Volga + (q * one.Volga));
    }
}
