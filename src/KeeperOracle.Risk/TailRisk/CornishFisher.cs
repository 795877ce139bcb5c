namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Cornish-Fisher expansion to the fourth moment. With the skewness S and excess kurtosis K of the *loss* (minus the skewness of returns),
/// w(z) = z + S (z^2 - 1)/6 + K (z^3 - 3z)/24 - S^2 (2z^3 - 5z)/36 and VaR = -m + s w(z).
///
/// ES integrates that quantile, 1/q times the integral of w(z) phi(z) over z > z_level; with the integrals of z, z^2 - 1, z^3 - 3z and
/// 2z^3 - 5z times phi, which are phi, z phi, (z^2 - 1) phi and (2z^2 - 1) phi, it is
/// ES = -m + s phi(z)/q [1 + S z/6 + K (z^2 - 1)/24 - S^2 (2z^2 - 1)/36]. (Not the Edgeworth form of Boudt, Peterson and Croux.)
///
/// Domain: w is a quantile function only where it never falls, w'(z) = (K/8 - S^2/6) z^2 + (S/3) z + 1 - K/8 + 5 S^2/36 >= 0 for all z,
/// that is S^2/9 &lt;= 4 (K/8 - S^2/6)(1 - K/8 + 5 S^2/36) with both factors at least zero (Maillard 2012). Outside the answer is
/// `NotMonotone`: a number there would be no quantile of anything. Daily crypto returns are mostly outside. S and K are parameters of the
/// expansion; the distribution it makes has them only nearly. VaR and ES of it are not sub-additive over books.
/// </summary>
public static class CornishFisher
{
    /// <summary>Whether the expansion is a quantile function for these; the sign of the skewness does not matter.</summary>
    public static bool IsMonotone(double skewness, double excessKurtosis)
    {
        var square = skewness * skewness;
        var quadratic = (excessKurtosis / 8) - (square / 6);
        var constant = 1 - (excessKurtosis / 8) + (5 * square / 36);
        return quadratic >= 0 && constant >= 0 && square / 9 <= 4 * quadratic * constant;
    }

    /// <param name="moments">of returns or P&amp;L over the horizon</param>
    /// <returns>the forecast, or `NotMonotone`</returns>
    /// <exception cref="RiskInputException">`LevelOutOfRange`, `NotFinite`, `Negative`</exception>
    public static TailAnswer Forecast(ReturnMoments moments, double level)
    {
        TailInput.RequireLevel(level);
        TailInput.RequireNumber("mean", moments.Mean);
        TailInput.RequireAtLeastZero("standard deviation", moments.StandardDeviation);
        TailInput.RequireNumber("skewness", moments.Skewness);
        TailInput.RequireNumber("excess kurtosis", moments.ExcessKurtosis);
        if (!IsMonotone(moments.Skewness, moments.ExcessKurtosis))
        {
            return TailAnswer.Refused(TailStatus.NotMonotone);
        }

        var (skew, kurtosis) = (-moments.Skewness, moments.ExcessKurtosis);
        var z = Elementary.NormalQuantile(level);
        var quantile = z + (skew * ((z * z) - 1) / 6) + (kurtosis * z * ((z * z) - 3) / 24) - (skew * skew * z * ((2 * z * z) - 5) / 36);
        var density = 1 + (skew * z / 6) + (kurtosis * ((z * z) - 1) / 24) - (skew * skew * ((2 * z * z) - 1) / 36);
        var shortfall = Elementary.NormalDensity(z) / (1 - level) * density;
        return TailAnswer.Of(TailInput.Finished(
            (moments.StandardDeviation * quantile) - moments.Mean, (moments.StandardDeviation * shortfall) - moments.Mean));
    }
}
