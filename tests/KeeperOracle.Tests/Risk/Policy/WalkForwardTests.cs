using System.Collections.Immutable;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class WalkForwardTests
{
    private static readonly PolicyCandidate Champion = new(new AppliedVolatility(0.94, 0.25, 0.7), new UpdateSettings(LoosenDeviation: 0.05));

    [Theory]
    [InlineData(364, 365, "WalkForwardSettingsInvalid")]
    [InlineData(365, 364, "WalkForwardSettingsInvalid")]
    [InlineData(365, 365, "TooFewObservations")]
    public void Run_WithoutEnough_RefusedByName(int train, int test, string refusal) =>
        Assert.Equal(refusal, Refusal(new double[1095], [Champion], WalkForwardSettings.Default with { TrainDays = train, TestDays = test }));

    [Fact]
    public void Run_NoCandidate_Refused() => Assert.Equal("NoCandidate", Refusal(new double[3000], [], WalkForwardSettings.Default));

    [Fact]
    public void Run_JustEnough_IsOneRoundInWhichTheChampionNeedsNoJudging()
    {
        var round = Assert.Single(Run(Noise(1096, 3), Champion, [Champion], WalkForwardSettings.Default with { TrainDays = 365, TestDays = 365 }));

        Assert.Equal((730, 1095), (round.TrainedTo, round.TestedTo));
        Assert.Null(round.Result);
        Assert.Same(Champion, round.ChampionAfter);
    }

    /// <summary>What a round decides does not depend on the days after it.</summary>
    [Fact]
    public void Run_LongerHistory_BeginsWithTheSameRounds()
    {
        var returns = Noise(2600, 5);
        var settings = WalkForwardSettings.Default with { TrainDays = 365, TestDays = 730 };
        PolicyCandidate[] grid = [Champion, Champion with { Volatility = Champion.Volatility with { StressWeight = 0.5 } }];

        var rounds = Run(returns, grid[1], grid, settings);

        Assert.Equal(2, rounds.Length);
        Assert.Equal(rounds[0], Assert.Single(Run(returns[..1900], grid[1], grid, settings)));
    }

    /// <summary>A champion with twice the stress weight it needs, in a market of one volatility: the cheaper is adopted, and
    /// stays.</summary>
    [Fact]
    public void Run_WastefulChampion_IsReplacedOnceAndForGood()
    {
        var wasteful = new PolicyCandidate(new AppliedVolatility(0.97, 1, 0, 1.2), new UpdateSettings());
        var lean = wasteful with { Volatility = wasteful.Volatility with { StressWeight = 0.5 } };
        var limits = new PolicyLimits(PeakToTrough: 100, Rise5Day: 100, MeanCost: 100);
        var settings = WalkForwardSettings.Default with { Limits = limits };

        var rounds = Run(Noise(2600, 9), wasteful, [wasteful, lean], settings);

        // A fixed requirement is never beaten on pro-cyclicality, so the cheaper one is refused there: cheap is not enough.
        Assert.All(rounds, round => Assert.Equal(ChallengeVerdict.RefusedMoreProcyclical, round.Result!.Verdict));

        var jumpy = new PolicyCandidate(new AppliedVolatility(0.80, 0.5, 0, 1.2), new UpdateSettings());
        var smooth = jumpy with { Volatility = jumpy.Volatility with { Lambda = 0.98, StressWeight = 0.25 } };
        rounds = Run(Noise(4200, 9), jumpy, [jumpy, smooth], settings);
        Assert.Equal(ChallengeVerdict.Adopted, rounds[0].Result!.Verdict);
        Assert.All(rounds, round => Assert.Same(smooth, round.ChampionAfter));
        Assert.All(rounds.Skip(1), round => Assert.Null(round.Result));
    }

    /// <summary>
    /// On bitcoin, beginning with the barest policy the rule allows: what does better on the training days is never shown to be
    /// better after them without costing more, so nothing is adopted. The last round was judged on 2023-08 to 2025-08.
    /// </summary>
    [SharedDataFact("data", "1d", "btc-usdt_1d_binance-spot.csv")]
    public void Run_Bitcoin_AdoptsNothingThatIsNotShown()
    {
        var returns = DailyHistory.Read("btc-usdt_1d_binance-spot.csv").Returns;
        PolicyCandidate[] grid =
        [
            .. PolicySelection.Grid(new UpdateSettings()).Where(one =>
                one.Volatility is { Lambda: 0.94, StressWeight: <= 0.3 } && one.Update.LoosenDeviation < 0.1),
        ];

        var rounds = Run(returns, grid[0], grid, WalkForwardSettings.Default with { TrainDays = 365, TestDays = 730 });

        Assert.Equal([null, ChallengeVerdict.RefusedCostsMore, ChallengeVerdict.RefusedCostsMore], rounds.Select(round => round.Result?.Verdict));
        Assert.All(rounds, round => Assert.Equal(grid[0], round.ChampionAfter));
    }

    private static ImmutableArray<WalkForwardRound> Run(
        double[] returns, PolicyCandidate champion, PolicyCandidate[] grid, WalkForwardSettings settings) =>
        WalkForward.Run(returns, champion, grid, settings, PolicyReplay.PlainBounds);

    private static string Refusal(double[] returns, PolicyCandidate[] grid, WalkForwardSettings settings) =>
        Assert.Throws<RiskInputException>(() => Run(returns, Champion, grid, settings)).Refusal;

    private static double[] Noise(int count, ulong seed)
    {
        var random = new SeededRandom(seed);
        return [.. Enumerable.Range(0, count).Select(_ => 0.035 * random.NextNormal())];
    }
}
