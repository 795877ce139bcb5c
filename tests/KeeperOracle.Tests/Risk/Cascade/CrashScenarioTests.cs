using KeeperOracle.Risk;
using KeeperOracle.Risk.Cascade;

namespace KeeperOracle.Tests.Risk.Cascade;

public sealed class CrashScenarioTests
{
    public static TheoryData<CrashShape> BadShapes => new()
    {
        new CrashShape(Accounts: 0),
        new CrashShape(CrashSteps: 0),
        new CrashShape(CrashSteps: 9, TotalSteps: 8),
        new CrashShape(Fall: 0),
        new CrashShape(Fall: 1),
        new CrashShape(Fall: double.NaN),
        new CrashShape(Bounce: -1),
        new CrashShape(DebtToDailyVolume: 0),
        new CrashShape(HorizonDays: 0),
    };

    [Theory]
    [MemberData(nameof(BadShapes))]
    public void Seeded_ShapeOutsideItsRange_Refused(CrashShape shape) =>
        Assert.Equal("CrashShapeOutOfRange", Assert.Throws<RiskInputException>(() => CrashScenario.Seeded(1, shape)).Refusal);

    [Fact]
    public void Seeded_CrashWithoutStepsAfterIt_Ends()
    {
        var scenario = CrashScenario.Seeded(1, new CrashShape(CrashSteps: 5, TotalSteps: 5));

        Assert.Equal(5, scenario.LogReturns.Count);
        Assert.All(scenario.LogReturns.SelectMany(step => step), log => Assert.True(double.IsFinite(log)));
    }

    [Fact]
    public void Seeded_EveryAccount_StartsHealthy()
    {
        var scenario = CrashScenario.Seeded(3);
        var assets = scenario.Market.Assets;

        Assert.Equal(100, scenario.Accounts.Count);
        Assert.All(scenario.Accounts, account => Assert.InRange(
            account.Amounts.Select((amount, i) => amount * assets[i].Price * assets[i].LiquidationThreshold).Sum() / account.Debt,
            1.02 - 1e-12,
            2));
        Assert.Equal(20, scenario.Accounts.Sum(account => account.Debt) / assets.Sum(asset => asset.DailyVolume), 9);
    }

    [Fact]
    public void Run_SeededCrashOverAHundredAccounts_LeavesLessBadDebtWithControlsThanWithout()
    {
        var scenario = CrashScenario.Seeded(2);

        var (off, on) = (CascadeSimulator.Run(scenario, CascadeControls.Off), CascadeSimulator.Run(scenario, CascadeControls.On));

        // 55,626 of 11.9 million against nothing.
        Assert.True(off.BadDebt > 50_000, $"off {off.BadDebt}");
        Assert.True(on.BadDebt < 1, $"on {on.BadDebt}");
        Assert.True(on.SoldValue < off.SoldValue);
    }

    [Fact]
    public void Run_FiftySeeds_ControlsHelpInMostAndInNoneDoTheyHarm()
    {
        var (better, worse, off, on) = Sweep(new CrashShape());

        Assert.True(better >= 38 && worse == 0, $"better in {better}, worse in {worse} of 50");
        Assert.True(on < off / 30, $"off {off}, on {on}");
    }

    /// <summary>What the head of the simulator says of brakes that wait: where the fall goes on, they cost.</summary>
    [Fact]
    public void Run_LongFallThatIsNotMadeGood_PartialLiquidationHelpsAndWaitingCosts()
    {
        var fall = new CrashShape(Fall: .4, CrashSteps: 12, Bounce: 0);

        var (_, worse, off, partial) = Sweep(fall, new CascadeControls(PartialLiquidation: true));
        var (_, _, _, on) = Sweep(fall);
        var (_, _, _, capped) = Sweep(fall, CascadeControls.On with { VolumeCap = 12 });

        Assert.Equal(0, worse);
        Assert.True(partial < off && off < on && on < capped, $"partial {partial}, off {off}, on {on}, capped {capped}");
    }

    private static (int Better, int Worse, double Off, double On) Sweep(CrashShape shape, CascadeControls? controls = null)
    {
        var (better, worse, sumOff, sumOn) = (0, 0, 0.0, 0.0);
        for (ulong seed = 1; seed <= 50; seed++)
        {
            var scenario = CrashScenario.Seeded(seed, shape);
            var off = CascadeSimulator.Run(scenario, CascadeControls.Off).BadDebt;
            var on = CascadeSimulator.Run(scenario, controls ?? CascadeControls.On).BadDebt;
            var rounding = 1e-9 * scenario.Accounts.Sum(account => account.Debt);
            better += on < off - rounding ? 1 : 0;
            worse += on > off + rounding ? 1 : 0;
            sumOff += off;
            sumOn += on;
        }

        return (better, worse, sumOff, sumOn);
    }
}
