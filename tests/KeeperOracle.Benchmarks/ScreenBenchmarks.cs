using BenchmarkDotNet.Attributes;
using KeeperOracle.Keeper;
using KeeperOracle.Risk.Screening;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Benchmarks;

/// <summary>One thread, 100,000 accounts of eight assets, three held each.</summary>
[MemoryDiagnoser]
public class ScreenBenchmarks
{
    private const int Accounts = 100_000;
    private readonly ChainSnapshot _market = ScreenInputs.Market(Accounts, 20265);
    private readonly ChainSnapshot _allMoved;
    private readonly ChainSnapshot _oneMoved;
    private readonly AccountScreen _screen;
    private readonly KeeperState _state;
    private readonly ChainAdvanced _advanced;

    public ScreenBenchmarks()
    {
        (_allMoved, _oneMoved) = (ScreenInputs.Next(_market, ScreenInputs.Assets, 999), ScreenInputs.Next(_market, 1, 999));
        _screen = AccountScreen.Build(_market);
        _state = KeeperStep.Step(KeeperState.Start(new Started(ScreenInputs.Settings, [])), new ChainObserved(_market)).State;
        _advanced = ChainAdvanced.Between(_market, _allMoved);
    }

    [Benchmark(Description = "every price moved: all screened")]
    public AccountScreen All() => _screen.Advance(_allMoved, []);

    [Benchmark(Description = "one price moved: its holders screened")]
    public AccountScreen One() => _screen.Advance(_oneMoved, []);

    [Benchmark(Description = "nothing moved")]
    public AccountScreen None() => _screen.Advance(_market, []);

    [Benchmark(Description = "the columns made from a snapshot")]
    public AccountScreen Build() => AccountScreen.Build(_market);

    [Benchmark(Description = "the difference of two snapshots")]
    public ChainAdvanced Difference() => ChainAdvanced.Between(_market, _allMoved);

    [Benchmark(Description = "a whole step of the keeper by difference, every price moved")]
    public StepResult Step() => KeeperStep.Step(_state, _advanced);
}
