using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Tests.Risk.Policy;

public sealed class RegimeMachineTests
{
    private const ulong Day = 86_400;

    private static readonly RegimeInputs Calm = new(0.5, 0.001, 1, 0);

    [Theory]
    [InlineData("VolatilityRank")]
    [InlineData("Divergence")]
    [InlineData("Jump")]
    [InlineData("DepthShortage")]
    public void F25_Step_InputNotANumber_RefusedByName(string name)
    {
        var error = Assert.Throws<RiskInputException>(() => Step(RegimeState.Start(0), With(name, double.NaN), 0));

        Assert.Equal("NotFinite", error.Refusal);
        Assert.Contains(name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Step_TimeRunningBackwards_Refused() =>
        Assert.Equal("TimeRunsBackwards", Assert.Throws<RiskInputException>(() => Step(RegimeState.Start(10), Calm, 9)).Refusal);

    [Theory]
    [InlineData(0.8, 0.81, 0.95, 0.85)] // out over in
    [InlineData(0.8, 0.7, 0.79, 0.75)] // stressed begins before elevated
    [InlineData(0.8, 0.7, 0.95, 0.69)] // stressed lets go after elevated does
    [InlineData(double.NaN, 0.7, 0.95, 0.85)]
    public void Settings_BandsOutOfOrder_Refused(double elevatedIn, double elevatedOut, double stressedIn, double stressedOut)
    {
        var bands = new RegimeBands(new(elevatedIn, elevatedOut), new(stressedIn, stressedOut), RegimeBand.Never);
        var settings = RegimeSettings.Default with { VolatilityRank = bands };

        Assert.Equal("RegimeBandInvalid", Assert.Throws<RiskInputException>(settings.Validated).Refusal);
        Assert.Same(RegimeSettings.Default, RegimeSettings.Default.Validated());
    }

    [Theory]
    [InlineData("VolatilityRank", 0.7999, Regime.Normal)]
    [InlineData("VolatilityRank", 0.80, Regime.Elevated)]
    [InlineData("VolatilityRank", 0.9499, Regime.Elevated)]
    [InlineData("VolatilityRank", 0.95, Regime.Stressed)]
    [InlineData("VolatilityRank", 1.0, Regime.Stressed)] // volatility alone never halts
    [InlineData("Divergence", 0.00499, Regime.Normal)]
    [InlineData("Divergence", 0.005, Regime.Elevated)]
    [InlineData("Divergence", 0.01, Regime.Stressed)]
    [InlineData("Divergence", 0.02, Regime.Halted)]
    [InlineData("Jump", 2.99, Regime.Normal)]
    [InlineData("Jump", 3, Regime.Elevated)]
    [InlineData("Jump", 5, Regime.Stressed)]
    [InlineData("Jump", 10, Regime.Halted)]
    [InlineData("DepthShortage", 0.499, Regime.Normal)]
    [InlineData("DepthShortage", 0.5, Regime.Elevated)]
    [InlineData("DepthShortage", 0.75, Regime.Stressed)]
    [InlineData("DepthShortage", 0.95, Regime.Halted)]
    public void Step_OneInputAtALevel_GoesUpAtOnceAndNamesIt(string name, double value, Regime expected)
    {
        var (state, decision) = Step(RegimeState.Start(0), With(name, value), 5);

        Assert.Equal(expected, state.Regime);
        Assert.Equal(expected != Regime.Normal, decision.Moved);
        Assert.Equal(expected == Regime.Normal ? ("", 0) : (name, value), (decision.Cause, decision.Value));
    }

    [Theory]
    [InlineData(0.70, Regime.Elevated)] // at the way out it still holds
    [InlineData(0.6999, Regime.Normal)]
    public void Step_Hysteresis_LeavesOnlyUnderTheWayOutAndAfterTheDwell(double rank, Regime after)
    {
        var (state, _) = Step(RegimeState.Start(0), Calm with { VolatilityRank = 0.8 }, 0);
        (state, _) = Step(state, Calm with { VolatilityRank = rank }, 10);
        (state, var decision) = Step(state, Calm with { VolatilityRank = rank }, 10 + Day - 1);
        Assert.False(decision.Moved);

        (state, _) = Step(state, Calm with { VolatilityRank = rank }, 10 + Day);
        Assert.Equal(after, state.Regime);
    }

    [Fact]
    public void Step_CalmInterrupted_DwellBeginsAgain()
    {
        var (state, _) = Step(RegimeState.Start(0), Calm with { Jump = 3 }, 0);
        (state, _) = Step(state, Calm, 10);
        (state, _) = Step(state, Calm with { Jump = 2 }, Day);
        (state, _) = Step(state, Calm, Day + 10);
        Assert.Equal(Regime.Elevated, Step(state, Calm, (2 * Day) + 9).State.Regime);
        Assert.Equal(Regime.Normal, Step(state, Calm, (2 * Day) + 10).State.Regime);
    }

    [Fact]
    public void Step_FromHalted_ComesDownOneLevelADwell()
    {
        var trip = new BreakerVerdict([new BreakerTrip(BreakerTripName.Stale, 9000, 7200, "old")], 0.5);
        var (state, decision) = RegimeMachine.Step(RegimeState.Start(0), Calm, trip, 0, RegimeSettings.Default);
        Assert.Equal((Regime.Halted, "Stale", 9000.0, 7200.0), (state.Regime, decision.Cause, decision.Value, decision.Threshold));

        var seen = new List<Regime>();
        for (var day = 1ul; day <= 5; day++)
        {
            (state, _) = Step(state, Calm, day * Day);
            seen.Add(state.Regime);
        }

        Assert.Equal([Regime.Halted, Regime.Stressed, Regime.Elevated, Regime.Normal, Regime.Normal], seen);
    }

    /// <summary>However an adversary moves the inputs, there are at most as many ways down as dwell times, and so at most three times
    /// that up.</summary>
    [Fact]
    public void F29_Step_AnyMarket_GoesDownAtMostOnceADwell() =>
        Gen.Select(Gen.Double[0, 1], Gen.ULong[1, 50_000]).Array[1, 200].Sample(steps =>
        {
            var state = RegimeState.Start(0);
            ulong now = 0, lastDown = 0;
            foreach (var (rank, seconds) in steps)
            {
                now += seconds;
                var before = state.Regime;
                (state, var decision) = Step(state, Calm with { VolatilityRank = rank }, now);
                Assert.Equal(before != state.Regime, decision.Moved);
                if (state.Regime < before)
                {
                    Assert.Equal(before - 1, state.Regime);
                    Assert.True(now - lastDown >= Day);
                    lastDown = now;
                }
            }
        });

    [Fact]
    public void Rank_ByHand()
    {
        Assert.Equal(0.5, RegimeMachine.Rank([], 1));
        Assert.Equal(0.625, RegimeMachine.Rank([1, 2, 3, 4], 3));
        Assert.Equal(1, RegimeMachine.Rank([1, 2], 3));
        Assert.Equal(0, RegimeMachine.Rank([1, 2], 0.5));
        Assert.Equal("NotFinite", Assert.Throws<RiskInputException>(() => RegimeMachine.Rank([double.NaN], 1)).Refusal);
    }

    private static RegimeInputs With(string name, double value) => name switch
    {
        "VolatilityRank" => Calm with { VolatilityRank = value },
        "Divergence" => Calm with { Divergence = value },
        "Jump" => Calm with { Jump = value },
        _ => Calm with { DepthShortage = value },
    };

    private static (RegimeState State, RegimeDecision Decision) Step(RegimeState state, RegimeInputs inputs, ulong now) =>
        RegimeMachine.Step(state, inputs, null, now, RegimeSettings.Default);
}
