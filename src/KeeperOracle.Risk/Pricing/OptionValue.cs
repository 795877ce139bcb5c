using KeeperOracle.Risk.Numerics;

namespace KeeperOracle.Risk.Pricing;

/// <summary>
/// Price of one option and its derivatives. "x" is the forward in <see cref="Black76"/> and the spot in <see cref="BlackScholesMerton"/>;
/// what is not named in a derivative is held fixed. A number beyond the largest double is given as the largest double.
/// </summary>
/// <param name="Price">today's value, discounted</param>
/// <param name="Delta">dV/dx</param>
/// <param name="Gamma">d2V/dx2</param>
/// <param name="Vega">dV/dsigma per 1.00 of volatility; a volatility point is a hundredth of it</param>
/// <param name="Theta">dV/dt per year as calendar time passes, that is -dV/dT, discounting included; a day is a 365th of it</param>
/// <param name="Rho">dV/dr per 1.00 of rate; a basis point is a ten-thousandth of it</param>
/// <param name="Vanna">d2V/dx dsigma per 1.00 of volatility</param>
/// <param name="Volga">d2V/dsigma2 per 1.00 of volatility squared</param>
/// <param name="Charm">d2V/dx dt per year as calendar time passes</param>
/// <param name="Speed">d3V/dx3</param>
public readonly record struct OptionValue(
    double Price,
    double Delta,
    double Gamma,
    double Vega,
    double Theta,
    double Rho,
    double Vanna,
    double Volga,
    double Charm,
    double Speed)
{
    /// <summary>
    /// The value from what <see cref="Black76"/> and <see cref="BlackScholesMerton"/> know, with the terms that both have in common.
    /// </summary>
    /// <param name="x">forward or spot</param>
    /// <param name="density">d delta/d d1: n(d1) times what a unit of x is worth today</param>
    /// <param name="cashDensity">x times the density, worked out in the model's own order</param>
    /// <param name="drift">theta but for the volatility term</param>
    /// <param name="deltaDrift">charm but for the term of d1</param>
    /// <param name="carry">how fast the logarithm of the forward leaves that of x, a year</param>
    internal static OptionValue Of(
        in BlackTerms<Lane1> terms,
        double price,
        double delta,
        double rho,
        double x,
        double density,
        double cashDensity,
        double drift,
        double deltaDrift,
        double carry,
        double years,
        double volatility)
    {
        var root = Math.Sqrt(years);
        var vega = Bounded(cashDensity * root);
        var plain = new OptionValue(Bounded(price), Bounded(delta), 0, vega, Bounded(drift), Bounded(rho), 0, 0, Bounded(deltaDrift), 0);
        if (!(density > 0))
        {
            return plain;
        }

        if (volatility * root < BlackTerms<Lane1>.NoVolatility)
        {
            return plain with { Vanna = Bounded(density * root / 2) }; // at the kink of the payoff d2/sigma tends to -sqrt(T)/2
        }

        var (d1, d2, inverse) = (terms.D1.Value, terms.D2.Value, terms.InverseVolatility.Value);
        var gamma = Bounded(density * inverse / x);
        var perVolatility = d2 * (root * inverse); // d2/sigma
        var d1PerYear = Bounded(carry * inverse) - Bounded(d2 / (2 * years));
        return plain with
        {
            Gamma = gamma,
            Theta = Bounded(Math.FusedMultiplyAdd(-Bounded(cashDensity * 0.5), Bounded(volatility * volatility * inverse), plain.Theta)),
            Vanna = Bounded(-density * perVolatility),
            Volga = Bounded(vega * Bounded(d1 * perVolatility)),
            Charm = Bounded(plain.Charm - Bounded(density * d1PerYear)),
            Speed = Bounded(-Bounded(gamma * (1 + (d1 * inverse))) / x),
        };
    }

    internal static double Bounded(double value) => Math.Clamp(value, double.MinValue, double.MaxValue);
}
