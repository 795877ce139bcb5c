namespace KeeperOracle.Risk.Margin;

/// <summary>What the revaluation of one option needs, hoisted.</summary>
/// <param name="Sign">1 for a call, -1 for a put</param>
/// <param name="Scale">amount times discount factor</param>
internal readonly record struct OptionTerms(double Strike, double LnStrike, double InverseStrike, double Sign, double Scale);

/// <summary>
/// The inner loop: one option by Black-76 at many forwards and standard deviations side by side.
/// <code>
/// value = scale sign (F N(sign d1) - K N(sign d2)),  d1 = ln(F/K)/sd + sd/2,  d2 = d1 - sd
/// </code>
/// Where sd is zero (expired, or volatility shocked to nothing) that is the intrinsic value.
/// </summary>
internal static class LegRevaluation
{
    /// <summary>Smaller deviations count as this one, which puts d1 and d2 beyond any normal quantile unless F = K, where both are worth nothing.</summary>
    private const double LeastDeviation = 1e-30;

    public static void Row(
        ReadOnlySpan<double> forward, ReadOnlySpan<double> lnForward, ReadOnlySpan<double> deviation, in OptionTerms option, Span<double> row)
    {
        for (var lane = 0; lane < row.Length; lane++)
        {
            var sd = Math.Max(deviation[lane], LeastDeviation);
            var d1 = ((lnForward[lane] - option.LnStrike) / sd) + (0.5 * sd);
            var d2 = d1 - sd;
            var value = (forward[lane] * Elementary.NormalCdf(option.Sign * d1)) - (option.Strike * Elementary.NormalCdf(option.Sign * d2));
            row[lane] = option.Scale * option.Sign * value;
        }
    }
}
