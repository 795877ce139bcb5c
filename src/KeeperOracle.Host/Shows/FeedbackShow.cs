using System.Collections.Immutable;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Backtesting;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System C: learning that does not fool itself, and margin that does not drive the market that drives it. Known from elsewhere: the
/// buffer of EMIR RTS 153/2013 Art. 28(1)(a) by hand; pro-cyclicality by its definition (Murphy, Vasios and Vause 2014), days compared
/// one by one; the days judged averaged again.
/// </summary>
internal static class FeedbackShow
{
    private const ulong Seed = 9;

    public static Show Show => new("C", "Algorithm: feedback without pro-cyclicality", Steps);

    private static IEnumerable<ShowStep> Steps()
    {
        yield return Adopted();
        yield return Refused();
        yield return Procyclicality();
        yield return Buffer();
        yield return Breaker();
    }

    private static ShowStep Adopted()
    {
        var champion = new PolicyCandidate(new AppliedVolatility(.80, .5, 0, 1.2), new UpdateSettings());
        var challenger = champion with { Volatility = champion.Volatility with { Lambda = .98, StressWeight = .25 } };
        var (round, old, young) = FirstRound(champion, challenger);
        return ShowStep.Of(
            $"A jumpy rule is in force. Another was better on {round.TrainedTo - 365:N0} days; on the "
            + $"{round.TestedTo - round.TrainedTo:N0} days after those, which it was not chosen on, it asks for {young.Mean:P2} of a "
            + $"position instead of {old.Mean:P2} and its margin swings by a factor of {young.Peak:N2} instead of {old.Peak:N2}: "
            + $"{round.Result!.Verdict}.",
            new { seed = Seed, champion, challenger, trainedTo = round.TrainedTo, testedTo = round.TestedTo },
            new { round.Result.Verdict, champion = old, challenger = young },
            "means and swings of the days after, taken again: both better, so adopted",
            round.Result.Verdict == ChallengeVerdict.Adopted && round.ChampionAfter == challenger && young.Mean < old.Mean && young.Peak < old.Peak
            && Agrees(round.Result, old, young));
    }

    private static ShowStep Refused()
    {
        var champion = new PolicyCandidate(new AppliedVolatility(.97, 1, 0, 1.2), new UpdateSettings());
        var challenger = champion with { Volatility = champion.Volatility with { StressWeight = .5 } };
        var (round, old, young) = FirstRound(champion, challenger);
        return ShowStep.Of(
            $"Cheap is not enough: another challenger asks for {young.Mean:P2} instead of {old.Mean:P2}, but its margin swings by a "
            + $"factor of {young.Peak:N2} instead of {old.Peak:N2}: {round.Result!.Verdict}.",
            new { seed = Seed, champion, challenger, trainedTo = round.TrainedTo, testedTo = round.TestedTo },
            new { round.Result.Verdict, champion = old, challenger = young },
            "means and swings taken again: cheaper and more pro-cyclical, so the champion stays",
            round.Result.Verdict == ChallengeVerdict.RefusedMoreProcyclical && round.ChampionAfter == champion && young.Mean < old.Mean
            && young.Peak > old.Peak && Agrees(round.Result, old, young));
    }

    private static ShowStep Procyclicality()
    {
        const ulong market = 5;
        var returns = Backtest.LogReturns(SyntheticMarket.Prices(market, 1800));
        var policy = PolicySelection.Production;
        var days = PolicyReplay.Run(returns, policy.Volatility, policy.Update, PolicyReplay.PlainBounds);
        var track = PolicyTrack.Of(days.AsSpan(), returns, 365, returns.Length);
        var (margins, plain) = (track.Margins, track.Unmitigated);
        var (metrics, bare) = (track.Metrics(), ProcyclicalityMetrics.Measure(plain.AsSpan()));
        var (peak, rise) = (margins.Max() / margins.Min(), Rise(margins, 5));
        return ShowStep.Of(
            $"The production policy through a crash of 35 % in a day: its margin swings by a factor of {metrics.PeakToTrough:N2} over "
            + $"{margins.Length:N0} days and never rises by more than {metrics.WorstRise5Day:P0} in five; a plain moving average swings "
            + $"by {bare.PeakToTrough:N2} and rises by {bare.WorstRise5Day:P0}. That costs {metrics.MeanCost:P0} more margin on average.",
            new { marketSeed = market, policy, margins, plain },
            new { metrics, plain = bare },
            $"largest over smallest {peak:N2}, worst of all five-day rises {rise:P0}, taken day by day; rise at most half, both under "
            + "the plain ones",
            ShowStep.Near(metrics.PeakToTrough, peak, 1e-12) && ShowStep.Near(metrics.WorstRise5Day!.Value, rise, 1e-12)
            && ShowStep.Near(bare.PeakToTrough, plain.Max() / plain.Min(), 1e-12) && ShowStep.Near(bare.WorstRise5Day!.Value, Rise(plain, 5), 1e-12)
            && rise <= .5 + 1e-9 && peak < bare.PeakToTrough && rise < bare.WorstRise5Day);
    }

    private static ShowStep Buffer()
    {
        double[] calculated = [1, 1.1, 1.25, 1.6, 1.6, 1.4, 1.28, 1.0], byHand = [1.25, 1.25, 1.25, 1.6, 1.6, 1.6, 1.6, 1.25];
        var asked = AntiProcyclicality.Buffer(calculated);
        return ShowStep.Of(
            $"The buffer of the European rule, a quarter on top that is used up when margin rises: {string.Join(", ", calculated)} "
            + $"becomes {string.Join(", ", asked)}.",
            new { calculated, buffer = .25 },
            new { asked },
            "by hand min(1.25 M, max(M, yesterday's)): whole, used in part, used up, exhausted, built up again, whole",
            asked.Zip(byHand).All(pair => ShowStep.Near(pair.First, pair.Second, 1e-12)));
    }

    private static ShowStep Breaker()
    {
        ImmutableArray<double> sources = [3000, 3001, 3100], frozen = [.. Enumerable.Repeat(0.0, 48)];
        var verdict = CircuitBreaker.Check(new BreakerInputs(sources, frozen, 3600, 60), new BreakerLimits());
        var divergence = (3100.0 - 3000) / 3001;
        return ShowStep.Of(
            "A feed that has not moved for two days looks calm, and one source of three says 3,100: "
            + $"{string.Join(" and ", verdict.Trips.Select(trip => trip.Name))}. Nothing is loosened, and a volatility of "
            + $"{verdict.Volatility:P0} counts instead of none.",
            new { sources, hoursWithoutAMove = frozen.Length, limits = new BreakerLimits() },
            new { verdict.Trips, verdict.Volatility },
            $"the sources are (3100 - 3000)/3001 = {divergence:P2} apart, over 2 %; no move at all, so the floor of 35 %",
            verdict.Trips.Select(trip => trip.Name).SequenceEqual([BreakerTripName.SourceDivergence, BreakerTripName.ZeroVariance])
            && ShowStep.Near(verdict.Trips[0].Value, divergence, 1e-12) && verdict.Volatility == .35);
    }

    /// <summary>The first round of a walk over generated returns of one volatility, and the days judged, taken again.</summary>
    private static (WalkForwardRound Round, Judged Champion, Judged Challenger) FirstRound(PolicyCandidate champion, PolicyCandidate challenger)
    {
        var random = new SeededRandom(Seed);
        double[] returns = [.. Enumerable.Range(0, 2000).Select(_ => .035 * random.NextNormal())];
        var settings = WalkForwardSettings.Default with { Limits = new PolicyLimits(PeakToTrough: 100, Rise5Day: 100, MeanCost: 100) };
        var round = WalkForward.Run(returns, champion, [champion, challenger], settings, PolicyReplay.PlainBounds)[0];
        Judged Again(PolicyCandidate one)
        {
            var margins = PolicyReplay.Run(returns, one.Volatility, one.Update, PolicyReplay.PlainBounds)
                .Where(day => day.Return >= round.TrainedTo && day.Return < round.TestedTo)
                .Select(day => day.Initial).ToList();
            return new Judged(margins.Average(), margins.Max() / margins.Min(), Rise(margins, 5), margins);
        }

        return (round, Again(champion), Again(challenger));
    }

    private static bool Agrees(ChallengeResult result, Judged old, Judged young) =>
        ShowStep.Near(result.Cost.Value, young.Mean, 1e-12) && ShowStep.Near(result.Cost.Champion, old.Mean, 1e-12)
        && ShowStep.Near(result.PeakToTrough.Value, young.Peak, 1e-12) && ShowStep.Near(result.PeakToTrough.Champion, old.Peak, 1e-12)
        && ShowStep.Near(result.Rise5Day.Value, young.Rise, 1e-12) && ShowStep.Near(result.Rise5Day.Champion, old.Rise, 1e-12);

    private static double Rise(IReadOnlyList<double> margins, int days) =>
        Enumerable.Range(days, margins.Count - days).Max(day => (margins[day] / margins[day - days]) - 1);

    /// <param name="Mean">of the margins, a fraction of the position</param>
    /// <param name="Peak">the largest over the smallest</param>
    /// <param name="Rise">the worst over five days</param>
    private sealed record Judged(double Mean, double Peak, double Rise, IReadOnlyList<double> Margins);
}
