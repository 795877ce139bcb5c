using System.Numerics;

namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Margin that grows with size, as two perpetual exchanges do it; in our own names and in doubles, the published figures are tests.
/// <list type="bullet">
/// <item>Position size (Drift v2): a liability's weight is max(w, .8 w + f sqrt(size)), an asset's min(w, 1.1/(1 + f sqrt(size))); size in
/// whole tokens or contracts, f the size factor. Sub-linear: the root of size, so doubling a position less than doubles the add-on per
/// unit.</item>
/// <item>Open interest of the market (dYdX v4): IMF + (OI - lo)/(hi - lo)(1 - IMF) between the caps, IMF under the lower, 1 from the upper
/// on; an upper cap of zero switches it off. As a fraction in parts per million it is rounded up; a requirement in whole units is worked
/// out exactly and rounded up.</item>
/// </list>
/// </summary>
public static class SizeTiers
{
    private const int PartsPerMillion = 1_000_000;

    /// <summary>At least <paramref name="weight"/>.</summary>
    /// <exception cref="RiskInputException">`NotFinite`, `Negative`</exception>
    public static double LiabilityWeight(double weight, double sizeFactor, double size)
    {
        RequireAll(weight, sizeFactor, size);
        return Math.Max(weight, (0.8 * weight) + (sizeFactor * Math.Sqrt(size)));
    }

    /// <summary>At most <paramref name="weight"/>. A factor of zero leaves it alone, whatever it is.</summary>
    /// <exception cref="RiskInputException">`NotFinite`, `Negative`</exception>
    public static double AssetWeight(double weight, double sizeFactor, double size)
    {
        RequireAll(weight, sizeFactor, size);
        return sizeFactor == 0 ? weight : Math.Min(weight, 1.1 / (1 + (sizeFactor * Math.Sqrt(size))));
    }

    /// <summary>Initial margin fraction at an open interest, in the unit of the caps.</summary>
    /// <param name="initialFraction">IMF in [0, 1]</param>
    /// <exception cref="RiskInputException">`NotFinite`, `Negative`, `FractionOutOfRange`, `CapsOutOfOrder`</exception>
    public static double OpenInterestFraction(double initialFraction, double openInterest, double lowerCap, double upperCap)
    {
        RequireAll(openInterest, lowerCap, upperCap);
        if (initialFraction is not (>= 0 and <= 1))
        {
            throw new RiskInputException(
                "FractionOutOfRange", $"The initial margin fraction is {initialFraction}; it lies between 0 and 1.");
        }

        RequireOrder(lowerCap <= upperCap, lowerCap, upperCap);
        if (upperCap == 0)
        {
            return initialFraction;
        }

        var share = openInterest >= upperCap ? 1 : openInterest <= lowerCap ? 0 : (openInterest - lowerCap) / (upperCap - lowerCap);
        return Math.Min(1, initialFraction + (share * (1 - initialFraction)));
    }

    /// <summary>The same in parts per million from whole numbers, rounded up: never a laxer fraction than the exact one.</summary>
    /// <exception cref="RiskInputException">`Negative`, `FractionOutOfRange`, `CapsOutOfOrder`</exception>
    public static BigInteger OpenInterestPpmRoundedUp(int initialPpm, BigInteger openInterest, BigInteger lowerCap, BigInteger upperCap) =>
        RequirementRoundedUp(PartsPerMillion, initialPpm, openInterest, lowerCap, upperCap);

    /// <summary>
    /// Initial requirement of a position of <paramref name="notional"/> whole units, exact and rounded up; at most the notional.
    /// </summary>
    /// <exception cref="RiskInputException">`Negative`, `FractionOutOfRange`, `CapsOutOfOrder`</exception>
    public static BigInteger RequirementRoundedUp(
        BigInteger notional, int initialPpm, BigInteger openInterest, BigInteger lowerCap, BigInteger upperCap)
    {
        if (initialPpm is < 0 or > PartsPerMillion)
        {
            throw new RiskInputException(
                "FractionOutOfRange", $"The initial margin fraction is {initialPpm} ppm; it lies between 0 and 1,000,000.");
        }

        if (notional < 0 || openInterest < 0 || lowerCap < 0)
        {
            throw new RiskInputException(
                "Negative", $"Notional {notional}, open interest {openInterest} and cap {lowerCap} are at least 0.");
        }

        RequireOrder(lowerCap <= upperCap, lowerCap, upperCap);
        if (upperCap.IsZero || openInterest <= lowerCap)
        {
            // At a cap that is both bounds in one, the upper one decides.
            return !upperCap.IsZero && openInterest >= upperCap ? notional : DivideRoundingUp(notional * initialPpm, PartsPerMillion);
        }

        if (openInterest >= upperCap)
        {
            return notional;
        }

        var range = upperCap - lowerCap;
        var scaled = (initialPpm * range) + ((openInterest - lowerCap) * (PartsPerMillion - initialPpm));
        return DivideRoundingUp(notional * scaled, PartsPerMillion * range);
    }

    private static BigInteger DivideRoundingUp(BigInteger dividend, BigInteger divisor) =>
        BigInteger.DivRem(dividend, divisor, out var rest) + (rest.IsZero ? 0 : 1);

    private static void RequireAll(double first, double second, double third)
    {
        TailInput.RequireAtLeastZero("first value", first);
        TailInput.RequireAtLeastZero("second value", second);
        TailInput.RequireAtLeastZero("third value", third);
    }

    private static void RequireOrder<T>(bool inOrder, T lowerCap, T upperCap)
    {
        if (!inOrder)
        {
            throw new RiskInputException("CapsOutOfOrder", $"The lower cap {lowerCap} lies over the upper cap {upperCap}.");
        }
    }
}
