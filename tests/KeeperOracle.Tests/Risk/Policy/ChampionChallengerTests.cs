using System.Collections.Immutable;
using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class ChampionChallengerTests
{
    private const int Days = 960; // sixteen blocks

    private static readonly ChallengeSettings Settings = new();

    [Theory]
    [InlineData(0, 0.1, 60, 0.001)]
    [InlineData(0.02, 0, 60, 0.001)]
    [InlineData(0.02, 0.1, 5, 0.001)]
    [InlineData(0.02, 0.1, 60, 0)]
    [InlineData(0.02, 0.1, 60, 0.5)]
    public void Judge_SettingsWithoutSense_Refused(double cost, double procyclicality, int days, double significance) =>
        Assert.Equal("ChallengeSettingsInvalid", Assert.Throws<RiskInputException>(
            () => ChampionChallenger.Judge(Track(1), Track(1), new ChallengeSettings(cost, procyclicality, days, significance))).Refusal);

    [Fact]
    public void Judge_DifferentDays_Refused() =>
        Assert.Equal("LengthMismatch", Assert.Throws<RiskInputException>(
            () => ChampionChallenger.Judge(Track(1), Track(1) with { Margins = [1] }, Settings)).Refusal);

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(0, 7, 1)]
    [InlineData(10, 10, 1.0 / 1024)]
    [InlineData(9, 10, 11.0 / 1024)]
    [InlineData(15, 16, 17.0 / 65536)]
    [InlineData(2, 3, 0.5)]
    public void SignTest_Binomial_Exact(int wins, int tosses, double expected) => Assert.Equal(expected, ChampionChallenger.SignTest(wins, tosses), 14);

    [Fact]
    public void SignTest_ManyTosses_StaysFinite()
    {
        Assert.InRange(ChampionChallenger.SignTest(2500, 5000), 0.5, 0.51);
        Assert.Equal("InconsistentCounts", Assert.Throws<RiskInputException>(() => ChampionChallenger.SignTest(3, 2)).Refusal);
    }

    [Fact]
    public void Judge_ItsOwnEqual_IsNotAdopted() =>
        Assert.Equal(ChallengeVerdict.RefusedNotShown, ChampionChallenger.Judge(Track(1), Track(1), Settings).Verdict);

    [Theory]
    [InlineData(0.981, ChallengeVerdict.RefusedNotShown)] // every block cheaper, but not by the margin
    [InlineData(0.979, ChallengeVerdict.Adopted)]
    [InlineData(1.001, ChallengeVerdict.RefusedCostsMore)]
    public void Judge_CheaperThroughout_AdoptedFromTheMargin(double scale, ChallengeVerdict verdict)
    {
        var result = ChampionChallenger.Judge(Track(1), Track(scale), Settings);

        Assert.Equal(verdict, result.Verdict);
        Assert.Equal(verdict == ChallengeVerdict.Adopted, result.Cost.Better);
    }

    [Fact]
    public void Judge_CheaperByUnderCovering_IsRefused()
    {
        // 9.6 of 960 days are expected; 16 are still not rejected at 5 %, 17 are.
        Assert.Equal(ChallengeVerdict.Adopted, ChampionChallenger.Judge(Track(1, 9), Track(0.8, 16), Settings).Verdict);
        Assert.Equal(ChallengeVerdict.RefusedUnderCovers, ChampionChallenger.Judge(Track(1, 9), Track(0.8, 17), Settings).Verdict);
    }

    [Fact]
    public void Judge_BothUnderCover_OnlyAFewerIsNotWorse()
    {
        Assert.Equal(ChallengeVerdict.RefusedUnderCovers, ChampionChallenger.Judge(Track(1, 40), Track(0.9, 40), Settings).Verdict);
        Assert.Equal(ChallengeVerdict.Adopted, ChampionChallenger.Judge(Track(1, 40), Track(0.9, 30), Settings).Verdict);
    }

    [Fact]
    public void Judge_CoversWhatTheChampionDoesNot_IsAdoptedAtTheSameCost()
    {
        var result = ChampionChallenger.Judge(Track(1, 30), Track(1, 8), Settings);

        Assert.Equal(ChallengeVerdict.Adopted, result.Verdict);
        Assert.True(result.Coverage.Better);
        Assert.Equal(ChallengeVerdict.RefusedNotShown, ChampionChallenger.Judge(Track(1, 19), Track(1, 12), Settings).Verdict); // seven days are luck
    }

    [Fact]
    public void Judge_SmootherAtTheSameMean_IsAdopted()
    {
        var result = ChampionChallenger.Judge(Wave(0.30), Wave(0.15), Settings);

        Assert.Equal(ChallengeVerdict.Adopted, result.Verdict);
        Assert.True(result.PeakToTrough.Better && result.Rise5Day.Better && !result.Cost.Better);
        Assert.Equal(ChallengeVerdict.RefusedMoreProcyclical, ChampionChallenger.Judge(Wave(0.15), Wave(0.30), Settings).Verdict);
    }

    /// <summary>The same peak and trough, and less on average, but all of the rise in one day.</summary>
    [Fact]
    public void Judge_SteeperAtTheSamePeakAndTrough_IsRefused()
    {
        var ramp = Track(1) with { Margins = [.. Enumerable.Range(0, Days).Select(day => 1 + (0.02 * Math.Min(day % 60, 60 - (day % 60))))] };
        var spike = Track(1) with { Margins = [.. Enumerable.Range(0, Days).Select(day => day % 60 == 30 ? 1.6 : 1.0)] };

        Assert.Equal(ChallengeVerdict.RefusedMoreProcyclical, ChampionChallenger.Judge(ramp, spike, Settings).Verdict);
    }

    [Theory]
    [InlineData(0, false)] // Kupiec rejects that too, but for caution
    [InlineData(16, false)]
    [InlineData(17, true)]
    public void UnderCovers_OnlyForTooManyExceptions(int exceptions, bool underCovers) =>
        Assert.Equal(underCovers, Track(1, exceptions).UnderCovers);

    [Fact]
    public void Judge_CheaperInOneLuckyStretch_IsNotShown()
    {
        // A tenth cheaper on average, all of it in a third of the days: five blocks of five, where ten of ten are asked for.
        var margins = Enumerable.Range(0, Days).Select(day => day < 300 ? 0.7 : 1.0).ToImmutableArray();
        var champion = Track(1) with { Margins = [.. Enumerable.Range(0, Days).Select(day => day % 60 == 59 ? 0.6 : 1.0)] };

        var result = ChampionChallenger.Judge(champion, Track(1) with { Margins = [.. margins.Zip(champion.Margins, Math.Min)] }, Settings);

        Assert.Equal((ChallengeVerdict.RefusedNotShown, 1.0 / 32), (result.Verdict, result.Cost.PValue));
    }

    /// <summary>
    /// Candidates that differ by noise alone, in requirement and in exceptions: the best of four on one half of the days, picked as a
    /// recalibration would pick it, is never adopted on the other half.
    /// </summary>
    [Fact]
    public void Judge_IdenticallyDistributedCandidates_NeverAdopted()
    {
        for (ulong seed = 0; seed < 100; seed++)
        {
            var random = new SeededRandom(seed);
            var candidates = Enumerable.Range(0, 5).Select(_ => (Train: Noise(random), Test: Noise(random))).ToList();
            var best = candidates.Skip(1).MinBy(one => one.Train.Metrics().MeanMargin);

            var result = ChampionChallenger.Judge(candidates[0].Test, best.Test, Settings);

            Assert.True(result.Verdict != ChallengeVerdict.Adopted, $"seed {seed}: {result.Detail}");
        }
    }

    /// <summary>Adoption is strict: never both ways.</summary>
    [Fact]
    public void Judge_AnyTwo_NeverEachBetterThanTheOther() =>
        Gen.Select(Gen.ULong, Gen.Double[0.5, 1.5]).Sample((seed, scale) =>
        {
            var random = new SeededRandom(seed);
            var (a, b) = (Noise(random), Noise(random));
            b = b with { Margins = [.. b.Margins.Select(margin => margin * scale)] };

            Assert.False(
                ChampionChallenger.Judge(a, b, Settings).Verdict == ChallengeVerdict.Adopted
                && ChampionChallenger.Judge(b, a, Settings).Verdict == ChallengeVerdict.Adopted);
        }, iter: 25);

    private static PolicyTrack Track(double margin, int exceptions = 9) => new(
        [.. Enumerable.Repeat(margin, Days)],
        [.. Enumerable.Repeat(1.0, Days)],
        [.. Enumerable.Range(0, Days).Select(day => day < exceptions)]);

    /// <summary>A cycle of thirty days about 1.</summary>
    private static PolicyTrack Wave(double height) =>
        Track(1) with { Margins = [.. Enumerable.Range(0, Days).Select(day => 1 + (height * Math.Sin(day * Math.PI / 15)))] };

    /// <summary>A persistent log requirement and one exception in a hundred days.</summary>
    private static PolicyTrack Noise(SeededRandom random)
    {
        var level = 0.0;
        var margins = ImmutableArray.CreateBuilder<double>(Days);
        var exceptions = ImmutableArray.CreateBuilder<bool>(Days);
        for (var day = 0; day < Days; day++)
        {
            level = (0.9 * level) + (0.1 * random.NextNormal());
            margins.Add(0.2 * Math.Exp(level));
            exceptions.Add(random.NextUniform() < 0.01);
        }

        return new PolicyTrack(margins.ToImmutable(), [.. Enumerable.Repeat(0.2, Days)], exceptions.ToImmutable());
    }
}
