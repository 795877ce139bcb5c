using System.Collections.Immutable;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Risk.Policy;

/// <summary>How often a challenge is made and on what.</summary>
/// <param name="TrainDays">least days that a challenger is chosen on, at least 365</param>
/// <param name="TestDays">the days after those, on which both are judged, at least 365</param>
public sealed record WalkForwardSettings(int TrainDays, int TestDays, PolicyLimits Limits, ChallengeSettings Challenge)
{
    public static WalkForwardSettings Default { get; } = new(730, 730, new PolicyLimits(), new ChallengeSettings());
}

/// <summary>One challenge.</summary>
/// <param name="TrainedTo">index of the first return that the challenger was not chosen on</param>
/// <param name="TestedTo">index after the last return judged</param>
/// <param name="Result">null where the best on the training days is the champion itself</param>
/// <param name="ChampionAfter">who is in force from there on</param>
public sealed record WalkForwardRound(
    int TrainedTo,
    int TestedTo,
    PolicyCandidate Champion,
    PolicyCandidate Challenger,
    ChallengeResult? Result,
    PolicyCandidate ChampionAfter);

/// <summary>
/// Recalibration that does not fool itself: at the end of every test period the candidate that was best on all days before it (by the rule
/// of <see cref="PolicySelection"/>) is held against the champion on the period itself, and replaces it only where
/// <see cref="ChampionChallenger"/> says so. One challenger a round, so the significance is that of one test. A candidate that ends a round
/// in force has never been judged on a day it was chosen on.
/// </summary>
public static class WalkForward
{
    /// <param name="returns">daily log returns of one asset, oldest first</param>
    /// <param name="champion">in force at the beginning</param>
    /// <param name="candidates">the stated grid</param>
    /// <param name="bounds">governance's</param>
    /// <exception cref="RiskInputException">TooFewObservations, NoCandidate, WalkForwardSettingsInvalid</exception>
    public static ImmutableArray<WalkForwardRound> Run(
        double[] returns,
        PolicyCandidate champion,
        IReadOnlyList<PolicyCandidate> candidates,
        WalkForwardSettings settings,
        in BoundsSnapshot bounds)
    {
        ArgumentNullException.ThrowIfNull(returns);
        ArgumentNullException.ThrowIfNull(champion);
        ArgumentNullException.ThrowIfNull(candidates);
        ArgumentNullException.ThrowIfNull(settings);
        Require(returns, candidates, settings);
        var limits = bounds;
        var replays = candidates.Append(champion).Distinct()
            .ToDictionary(one => one, one => PolicyReplay.Run(returns, one.Volatility, one.Update, limits));
        PolicyTrack Track(PolicyCandidate one, int from, int to) => PolicyTrack.Of(replays[one].AsSpan(), returns, from, to);

        var rounds = ImmutableArray.CreateBuilder<WalkForwardRound>();
        for (var trained = Warmup + settings.TrainDays; trained + settings.TestDays < returns.Length; trained += settings.TestDays)
        {
            var tested = trained + settings.TestDays;
            var challenger = PolicySelection.Rank(
                candidates.Select(one => PolicySelection.Evaluate(one, [Track(one, Warmup, trained - 1)], settings.Limits)))[0].Candidate;
            var result = challenger == champion
                ? null
                : ChampionChallenger.Judge(Track(champion, trained, tested), Track(challenger, trained, tested), settings.Challenge);
            var after = result is { Verdict: ChallengeVerdict.Adopted } ? challenger : champion;
            rounds.Add(new WalkForwardRound(trained, tested, champion, challenger, result, after));
            champion = after;
        }

        return rounds.ToImmutable();
    }

    /// <summary>A year, in which the stressed level is no stress yet: neither trained on nor tested.</summary>
    private const int Warmup = StressLevel.DaysOfAYear;

    private static void Require(double[] returns, IReadOnlyList<PolicyCandidate> candidates, WalkForwardSettings settings)
    {
        if (settings.TrainDays < 365 || settings.TestDays < 365)
        {
            throw new RiskInputException(
                "WalkForwardSettingsInvalid", $"{settings.TrainDays} days to train and {settings.TestDays} to test: at least a year of "
                + "each.");
        }

        if (candidates.Count == 0)
        {
            throw new RiskInputException("NoCandidate", "There is no candidate to choose a challenger from: give the grid.");
        }

        var needed = Warmup + settings.TrainDays + settings.TestDays + 1;
        if (returns.Length < needed)
        {
            throw new RiskInputException("TooFewObservations", $"{returns.Length} daily returns: one round needs {needed}.");
        }
    }
}
