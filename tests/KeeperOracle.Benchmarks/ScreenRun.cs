using System.Diagnostics;
using System.Globalization;
using KeeperOracle.Keeper;
using KeeperOracle.Risk.Screening;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Benchmarks;

/// <summary>
/// `--screen`: accounts re-valued a second with one market a core, as lanes share nothing. Each figure is the best of several rounds, all cores at
/// once; the exhaustive valuation is what was done before there was a screen.
/// </summary>
internal static class ScreenRun
{
    private const int AccountsEach = 200_000;
    private const int Rounds = 9;
    private const int MeasuredExactly = 10_000;

    public static void Run()
    {
        var cores = Environment.ProcessorCount;
        var markets = Enumerable.Range(0, cores).AsParallel().WithDegreeOfParallelism(cores).Select(core => ScreenInputs.Market(AccountsEach, 20266 + core)).ToArray();
        var screens = markets.Select(AccountScreen.Build).ToArray();
        var allMoved = markets.Select(market => ScreenInputs.Next(market, ScreenInputs.Assets, 999)).ToArray();
        var oneMoved = markets.Select(market => ScreenInputs.Next(market, 1, 999)).ToArray();
        var states = markets.Select(market => KeeperStep.Step(KeeperState.Start(new Started(ScreenInputs.Settings, [])), new ChainObserved(market)).State).ToArray();
        var events = markets.Zip(allMoved, ChainAdvanced.Between).ToArray();
        var judged = screens.Zip(allMoved, (screen, next) => screen.Advance(next, []).ToJudge(screen).Length).Sum();
        Console.WriteLine($"{cores} cores, {cores} markets of {AccountsEach:N0} accounts, {ScreenInputs.Assets} assets, 3 held each; {judged} accounts let through");
        Print(cores, "screened, every price moved", AccountsEach, core => screens[core].Advance(allMoved[core], []));
        Print(cores, "screened, one price moved (accounts of the market)", AccountsEach, core => screens[core].Advance(oneMoved[core], []));
        Print(cores, "re-valued: screened, and who is let through exactly", AccountsEach, core => Revalue(screens[core], allMoved[core]));
        Print(cores, "a whole step of the keeper by difference", AccountsEach, core => KeeperStep.Step(states[core], events[core]));
        Print(cores, "columns made from the snapshot", AccountsEach, core => AccountScreen.Build(markets[core]));
        Print(cores, "every account valued exactly, as before", MeasuredExactly, core =>
        {
            for (var i = 0; i < MeasuredExactly; i++)
            {
                _ = SnapshotValuation.Value(allMoved[core], allMoved[core].Accounts[i]);
            }
        });
    }

    private static void Revalue(AccountScreen screen, ChainSnapshot next)
    {
        foreach (var position in screen.Advance(next, []).ToJudge(screen))
        {
            _ = SnapshotValuation.Value(next, next.Accounts[position]);
        }
    }

    private static void Print(int cores, string what, int accountsEach, Action<int> work)
    {
        var best = double.PositiveInfinity;
        for (var round = 0; round < Rounds; round++)
        {
            using var ready = new Barrier(cores + 1);
            var threads = Enumerable.Range(0, cores).Select(core => new Thread(() =>
            {
                ready.SignalAndWait();
                work(core);
                ready.SignalAndWait();
            })).ToList();
            threads.ForEach(thread => thread.Start());
            SpinWait.SpinUntil(() => ready.ParticipantsRemaining == 1);
            var start = Stopwatch.GetTimestamp(); // nobody has begun
            ready.SignalAndWait();
            ready.SignalAndWait();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            threads.ForEach(thread => thread.Join());
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-52} {cores * accountsEach / best,16:N0} accounts/s {best * 1000,10:N2} ms"));
    }
}
