using System.Collections.Immutable;

namespace KeeperOracle.Risk.Policy;

/// <summary>When a challenger has shown enough.</summary>
/// <param name="CostMargin">least relative saving that counts as better, over 0</param>
/// <param name="ProcyclicalityMargin">least relative fall of the peak to trough or of the worst 5-day rise that counts as better</param>
/// <param name="BlockDays">days whose differences are judged as one: shorter than the memory of the estimators they would not be
/// independent</param>
/// <param name="Significance">one-sided, of the sign test, inside (0, .5)</param>
public sealed record ChallengeSettings(
    double CostMargin = 0.02, double ProcyclicalityMargin = 0.10, int BlockDays = 60, double Significance = 0.001)
{
    /// <exception cref="RiskInputException">ChallengeSettingsInvalid</exception>
    public ChallengeSettings Validated() =>
        CostMargin > 0 && ProcyclicalityMargin > 0 && BlockDays >= 6 && Significance is > 0 and < 0.5
            ? this
            : throw new RiskInputException(
                "ChallengeSettingsInvalid",
                $"Margins {CostMargin} and {ProcyclicalityMargin} are over 0, blocks of {BlockDays} days at least 6, significance "
                + $"{Significance} inside (0, .5).");
}

/// <summary>Why a challenger is adopted or not; the first that holds, in this order.</summary>
public enum ChallengeVerdict
{
    /// <summary>Kupiec rejects it for too many exceptions, or it has more than a champion that is rejected itself: cheap by not
    /// covering.</summary>
    RefusedUnderCovers,

    /// <summary>It asks for more on average.</summary>
    RefusedCostsMore,

    /// <summary>Its peak to trough or its worst 5-day rise is larger.</summary>
    RefusedMoreProcyclical,

    /// <summary>Not worse on anything, but not shown to be better on anything either: differences that small, or that seldom, are
    /// noise.</summary>
    RefusedNotShown,

    Adopted,
}

/// <summary>What each side of a comparison rests on.</summary>
/// <param name="Value">of the challenger</param>
/// <param name="Champion">the champion's</param>
/// <param name="PValue">of the challenger being better, by the sign test; 1 where nothing differs</param>
/// <param name="Better">by its margin, and the p-value at most the significance</param>
public readonly record struct ChallengeCriterion(double Value, double Champion, double PValue, bool Better);

/// <summary>The verdict with its numbers.</summary>
public sealed record ChallengeResult(
    ChallengeVerdict Verdict,
    ChallengeCriterion Coverage,
    ChallengeCriterion Cost,
    ChallengeCriterion PeakToTrough,
    ChallengeCriterion Rise5Day,
    string Detail);

/// <summary>
/// Whether a challenger replaces the champion, from what both did on the same days, none of which the challenger was chosen on.
/// <code>
/// not worse   coverage: Kupiec (5 %) does not reject it for too many exceptions; or it rejects the champion too, and the
///             challenger has fewer
///             cost: mean requirement at most the champion's
///             pro-cyclicality: peak to trough and worst 5-day rise each at most the champion's
/// better      on at least one of them, by a margin, and not by luck:
///             coverage: Kupiec rejects the champion, and of the days on which only one had an exception enough are the champion's
///             cost: cheaper by the margin, and cheaper in enough blocks of days
///             pro-cyclicality: peak to trough or rise lower by the margin, and so inside enough blocks
/// </code>
/// "Enough" is the exact sign test: were both the same but for noise, each block would be a toss of a coin. At the default significance of
/// .001 a challenger must win ten blocks of ten, or 12 of 12, 15 of 16. So a year of data is never enough, and that is meant.
/// </summary>
public static class ChampionChallenger
{
    /// <exception cref="RiskInputException">LengthMismatch, TooFewObservations, ChallengeSettingsInvalid</exception>
    public static ChallengeResult Judge(PolicyTrack champion, PolicyTrack challenger, ChallengeSettings settings)
    {
        ArgumentNullException.ThrowIfNull(champion);
        ArgumentNullException.ThrowIfNull(challenger);
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validated();
        if (champion.Margins.Length != challenger.Margins.Length || champion.Exceptions.Length != challenger.Exceptions.Length)
        {
            throw new RiskInputException(
                "LengthMismatch", $"The champion has {champion.Margins.Length} days, the challenger {challenger.Margins.Length}: judge "
                + "both on the same.");
        }

        var (old, young) = (champion.Metrics(), challenger.Metrics());
        var coverage = Coverage(champion, challenger, settings);
        (int, int) Blocks(Func<ImmutableArray<double>, double> figure) => BlocksWon(champion, challenger, settings.BlockDays, figure);
        ChallengeCriterion Lower(double value, double against, double margin, Func<ImmutableArray<double>, double> figure) =>
            Criterion(value, against, margin, Blocks(figure), settings.Significance);
        var cost = Lower(young.MeanMargin, old.MeanMargin, settings.CostMargin, Mean);
        var peak = Lower(young.PeakToTrough, old.PeakToTrough, settings.ProcyclicalityMargin, PeakToTrough);
        var rise = Lower(young.WorstRise5Day ?? 0, old.WorstRise5Day ?? 0, settings.ProcyclicalityMargin, Rise5Day);
        var covers = !challenger.UnderCovers || (champion.UnderCovers && challenger.ExceptionCount < champion.ExceptionCount);
        var verdict =
            !covers ? ChallengeVerdict.RefusedUnderCovers
            : cost.Value > cost.Champion ? ChallengeVerdict.RefusedCostsMore
            : peak.Value > peak.Champion || rise.Value > rise.Champion ? ChallengeVerdict.RefusedMoreProcyclical
            : coverage.Better || cost.Better || peak.Better || rise.Better ? ChallengeVerdict.Adopted
            : ChallengeVerdict.RefusedNotShown;
        var detail = $"{verdict} on {challenger.Exceptions.Length} days: {Describe("exceptions", coverage)}, {Describe("mean", cost)}, "
            + $"{Describe("peak to trough", peak)}, {Describe("5-day rise", rise)}";
        return new ChallengeResult(verdict, coverage, cost, peak, rise, detail);
    }

    /// <summary>Probability of at least that many wins of n fair tosses; 1 for n = 0. Exact to rounding.</summary>
    public static double SignTest(int wins, int tosses)
    {
        if (tosses < 0 || wins < 0 || wins > tosses)
        {
            throw new RiskInputException("InconsistentCounts", $"{wins} wins of {tosses} tosses cannot be.");
        }

        // From the middle outwards the terms fall, so summing from the far end adds the small ones first.
        var tail = 0.0;
        for (var k = tosses; k >= wins; k--)
        {
            tail += Elementary.Exp(LnChoose(tosses, k) - (tosses * Elementary.Log(2)));
        }

        return Math.Min(1, tail);
    }

    private static double LnChoose(int n, int k)
    {
        var sum = 0.0;
        for (var i = 1; i <= Math.Min(k, n - k); i++)
        {
            sum += Elementary.Log((n - i + 1.0) / i);
        }

        return sum;
    }

    /// <summary>Days on which only one of the two had an exception: the pairs that tell them apart (McNemar).</summary>
    private static ChallengeCriterion Coverage(PolicyTrack champion, PolicyTrack challenger, ChallengeSettings settings)
    {
        var (wins, differing) = (0, 0);
        for (var i = 0; i < champion.Exceptions.Length; i++)
        {
            if (champion.Exceptions[i] != challenger.Exceptions[i])
            {
                differing++;
                wins += champion.Exceptions[i] ? 1 : 0;
            }
        }

        var p = SignTest(wins, differing);
        var better = champion.UnderCovers && challenger.ExceptionCount < champion.ExceptionCount && p <= settings.Significance;
        return new ChallengeCriterion(challenger.ExceptionCount, champion.ExceptionCount, p, better);
    }

    private static ChallengeCriterion Criterion(
        double value, double champion, double margin, (int Wins, int Differing) blocks, double significance)
    {
        var p = SignTest(blocks.Wins, blocks.Differing);
        var lower = value < champion && value <= champion - (margin * Math.Abs(champion));
        return new ChallengeCriterion(value, champion, p, lower && p <= significance);
    }

    /// <summary>In how many whole blocks the challenger's figure is the smaller, of those in which the two differ.</summary>
    private static (int Wins, int Differing) BlocksWon(
        PolicyTrack champion, PolicyTrack challenger, int blockDays, Func<ImmutableArray<double>, double> figure)
    {
        var (wins, differing) = (0, 0);
        for (var start = 0; start + blockDays <= champion.Margins.Length; start += blockDays)
        {
            var old = figure(champion.Margins.Slice(start, blockDays));
            var young = figure(challenger.Margins.Slice(start, blockDays));
            differing += young != old ? 1 : 0;
            wins += young < old ? 1 : 0;
        }

        return (wins, differing);
    }

    private static double Mean(ImmutableArray<double> margins) => margins.Average();

    private static double PeakToTrough(ImmutableArray<double> margins) => margins.Max() / margins.Min();

    private static double Rise5Day(ImmutableArray<double> margins) => ProcyclicalityMetrics.Measure(margins.AsSpan()).WorstRise5Day!.Value;

    private static string Describe(string name, ChallengeCriterion one) =>
        $"{name} {one.Value:G4} against {one.Champion:G4} (p {one.PValue:G2}{(one.Better ? ", better" : "")})";
}
