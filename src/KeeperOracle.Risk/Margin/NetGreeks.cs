using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Risk.Pricing;

namespace KeeperOracle.Risk.Margin;

/// <summary>
/// Greeks of all legs on one underlying, by Black-76, in units of account. Spot moves the part of each forward that is not fixed, in
/// proportion: with k = (F - fixed)/S, delta = sum q k dV/dF, gamma = sum q k^2 d2V/dF2, vanna = sum q k d2V/dF dsigma. A perpetual has
/// the delta of its price over spot. Collateral has no part in them.
/// </summary>
/// <param name="Delta">per unit of spot</param>
/// <param name="Gamma">of delta per unit of spot</param>
/// <param name="Vega">per 1.00 of volatility, all expiries together</param>
/// <param name="Theta">per year as time passes</param>
/// <param name="Rho">per 1.00 of rate, forwards held: of discounting alone</param>
/// <param name="Vanna">of delta per 1.00 of volatility</param>
/// <param name="Volga">of vega per 1.00 of volatility</param>
public readonly record struct NetGreeks(double Delta, double Gamma, double Vega, double Theta, double Rho, double Vanna, double Volga)
{
    /// <summary>Of a portfolio that <see cref="PortfolioCheck"/> accepts.</summary>
    internal static NetGreeks Of(Underlying market, IEnumerable<Leg> legs)
    {
        var net = default(NetGreeks);
        foreach (var leg in legs.Where(leg => leg.Underlying == market.Name))
        {
            net += leg.Kind == LegKind.Perp ? new NetGreeks(leg.Amount * market.Perp!.Price / market.Spot, 0, 0, 0, 0, 0, 0) : OfOption(market, leg);
        }

        return net;
    }

    public static NetGreeks operator +(NetGreeks a, NetGreeks b) => new(
        a.Delta + b.Delta, a.Gamma + b.Gamma, a.Vega + b.Vega, a.Theta + b.Theta, a.Rho + b.Rho, a.Vanna + b.Vanna, a.Volga + b.Volga);

    public static NetGreeks Add(NetGreeks left, NetGreeks right) => left + right;

    private static NetGreeks OfOption(Underlying market, Leg leg)
    {
        var expiry = market.Expiries.First(one => one.Name == leg.Expiry);
        var value = Black76.Value(
            leg.Kind == LegKind.Call ? OptionKind.Call : OptionKind.Put,
            expiry.Forward,
            leg.Strike,
            expiry.YearsToExpiry,
            leg.ImpliedVolatility ?? expiry.ImpliedVolatility,
            expiry.Rate);
        var (q, k) = (leg.Amount, (expiry.Forward - expiry.FixedForward) / market.Spot);
        return new NetGreeks(
            q * k * value.Delta, q * k * k * value.Gamma, q * value.Vega, q * value.Theta, q * value.Rho, q * k * value.Vanna, q * value.Volga);
    }
}
