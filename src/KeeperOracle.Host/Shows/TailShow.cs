using KeeperOracle.Risk.Backtesting;
using KeeperOracle.Risk.Cascade;
using KeeperOracle.Risk.Correlation;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 7: tails that are fatter than normal, and liquidations that move the price that liquidates more. Known from elsewhere:
/// the normal multiplier phi(z)/(1-a) = 2.6652142 of published tables; expected shortfall as the average of value at risk over the levels
/// beyond (Acerbi and Tasche 2002); losses sorted and counted; simulation against the closed form; debts and tokens added up.
/// </summary>
internal static class TailShow
{
    private const double Level = .99;
    private const ulong Seed = 7;
    private const ulong CrashSeed = 2;

    public static Show Show => new("7", "Tail models and contagion", Steps);

    private static IEnumerable<ShowStep> Steps()
    {
        yield return FatTail();
        yield return Methods();
        yield return Simulated();
        yield return Crash(CrashScenario.Seeded(CrashSeed));
        yield return ManyCrashes();
        yield return Insurance(CrashScenario.Seeded(CrashSeed));
    }

    private static ShowStep FatTail()
    {
        const double degrees = 4;
        const int slices = 4000;
        var (normal, student) = (TailMultiplier.Normal(Level), TailMultiplier.Student(Level, degrees));
        var average = 0.0;
        for (var i = 0; i < slices; i++)
        {
            var w = (i + .5) / slices; // levels 1 - (1-a) w^2: closer together where losses are largest
            average += StudentT.Quantile(1 - ((1 - Level) * w * w), degrees) * 2 * w / slices;
        }

        average *= Math.Sqrt((degrees - 2) / degrees);
        return ShowStep.Of(
            $"Of two markets of the same volatility the mean loss on the worst day in a hundred is {normal:N4} standard deviations where "
            + $"returns are normal and {student:N4} where they have the fat tails of a Student-t with {degrees} degrees of freedom.",
            new { level = Level, degrees },
            new { normal, student },
            $"the normal one is 2.6652142 in tables; the average of the t's quantiles over {slices:N0} levels beyond 99 % is "
            + $"{average:N4}; t over normal",
            Math.Abs(normal - 2.6652142) < 5e-8 && ShowStep.Near(student, average, 1e-4) && student > normal);
    }

    private static ShowStep Methods()
    {
        var returns = Backtest.LogReturns(SyntheticMarket.Prices(Seed, 1500));
        var answers = TailMethods.Names.ToDictionary(name => name, name => TailMethods.Forecast(name, returns, Level, new TailOptions(Paths: 50_000)));
        var figures = answers.Where(pair => pair.Value.IsAnswered).ToDictionary(pair => pair.Key, pair => pair.Value.Forecast);
        var (historical, worst) = (figures["historical"], returns.Order().Take(returns.Length / 100).Average(one => -one));
        var refused = answers.Where(pair => !pair.Value.IsAnswered).Select(pair => $"{pair.Key} declines ({pair.Value.Status})");
        return ShowStep.Of(
            $"Expected shortfall at 99 % of {returns.Length:N0} generated days by every method: "
            + $"{string.Join(", ", figures.Select(pair => $"{pair.Key} {pair.Value.Es:P2}").Concat(refused))}.",
            new { returns, level = Level },
            new { forecasts = figures },
            $"the mean of the {returns.Length / 100} worst days, sorted and averaged, is {worst:P2}; every ES is at least its VaR; t "
            + "over normal",
            ShowStep.Near(historical.Es, worst, 1e-9) && figures.Values.All(one => one.Es >= one.Var) && figures["student-t"].Es > figures["normal"].Es);
    }

    private static ShowStep Simulated()
    {
        const int seeds = 25, pairs = 10_000;
        double[] exposures = [10e6, 5e6, -4e6], deviations = [.02, .01, .03];
        double[] matrix = [1, .3, .5, .3, 1, .2, .5, .2, 1];
        var correlation = new CorrelationMatrix(3, matrix);
        var closed = LinearBook.Forecast(exposures, deviations, correlation, Level).Es;
        var runs = Enumerable.Range(1, seeds)
            .Select(seed => MonteCarlo.Forecast(exposures, [0, 0, 0], deviations, correlation, Level, pairs, (ulong)seed).Es).ToList();
        var mean = runs.Average();
        var error = Math.Sqrt(runs.Sum(run => (run - mean) * (run - mean)) / (seeds - 1) / seeds);
        return ShowStep.Of(
            $"Three positions that move together: the shortfall of the book is {closed:N0} by the closed form.",
            new { exposures, deviations, correlation = matrix, level = Level, seeds, pairs },
            new { closed, simulated = mean, standardError = error },
            $"{seeds} simulations of {2 * pairs:N0} draws give {mean:N0}, {Math.Abs(mean - closed) / error:N1} standard errors away (at "
            + "most 3)",
            Math.Abs(mean - closed) <= 3 * error);
    }

    private static ShowStep Crash(CascadeScenario scenario)
    {
        var (off, on) = (CascadeSimulator.Run(scenario, CascadeControls.Off), CascadeSimulator.Run(scenario, CascadeControls.On));
        var debt = scenario.Accounts.Sum(account => account.Debt);
        double[] tokens = [.. scenario.Market.Assets.Select((_, i) => scenario.Accounts.Sum(account => account.Amounts[i]))];
        bool Conserves(CascadeOutcome one) => ShowStep.Near(one.OpenDebt + one.RepaidDebt + one.InsurancePaid + one.LendersLoss, debt, 1e-9)
            && tokens.Select((start, i) => ShowStep.Near(one.SoldAmounts[i] + one.HeldAmounts[i], start, 1e-9)).All(same => same);
        return ShowStep.Of(
            $"A crash of a fifth within four hours over {scenario.Accounts.Count} accounts that owe {debt:N0}. Without brakes "
            + $"liquidations sell {off.SoldValue:N0} in up to {off.DeepestRounds} rounds an hour and leave {off.BadDebt:N0} of bad debt; "
            + $"with partial liquidation, gliding thresholds and a breaker they sell {on.SoldValue:N0} and leave {on.BadDebt:N0}.",
            new { seed = CrashSeed, scenario, controls = CascadeControls.On },
            new { off = Figures(off), on = Figures(on) },
            "less bad debt with the brakes on; in both runs debt paid, open and lost is the debt at the start, and no token is gained "
            + "or lost",
            on.BadDebt < off.BadDebt && Conserves(off) && Conserves(on));
    }

    private static ShowStep ManyCrashes()
    {
        const int crashes = 20;
        var runs = Enumerable.Range(1, crashes).Select(seed =>
        {
            var scenario = CrashScenario.Seeded((ulong)seed);
            var rounding = 1e-9 * scenario.Accounts.Sum(account => account.Debt);
            var (off, on) = (CascadeSimulator.Run(scenario, CascadeControls.Off).BadDebt, CascadeSimulator.Run(scenario, CascadeControls.On).BadDebt);
            return (Off: off, On: on, Better: on < off - rounding, Worse: on > off + rounding);
        }).ToList();
        var (better, worse) = (runs.Count(run => run.Better), runs.Count(run => run.Worse));
        return ShowStep.Of(
            $"The same in {crashes} crashes: the brakes leave less bad debt in {better} and more in {worse}; "
            + $"{runs.Sum(run => run.Off):N0} of bad debt in all becomes {runs.Sum(run => run.On):N0}. Where a price goes on falling, to "
            + "wait with a liquidation costs: brakes are no cure for that.",
            new { seeds = Enumerable.Range(1, crashes), shape = new CrashShape() },
            new { better, worse, off = runs.Select(run => run.Off), on = runs.Select(run => run.On) },
            "better in more than half of them, worse in none",
            better > crashes / 2 && worse == 0);
    }

    private static ShowStep Insurance(CascadeScenario scenario)
    {
        var without = CascadeSimulator.Run(scenario, CascadeControls.Off);
        var fund = .4 * without.RealisedDeficit;
        var with = CascadeSimulator.Run(scenario, CascadeControls.Off with { InsuranceFund = fund });
        return ShowStep.Of(
            $"Closed accounts leave {without.RealisedDeficit:N0} unpaid. An insurance fund of {fund:N0} pays first: lenders lose "
            + $"{with.LendersLoss:N0}.",
            new { seed = CrashSeed, scenario, fund },
            new { with.RealisedDeficit, with.InsurancePaid, with.LendersLoss },
            $"the fund is used up, and what is left is {without.RealisedDeficit:N0} less {fund:N0}",
            without.RealisedDeficit > 0 && ShowStep.Near(with.InsurancePaid, fund, 1e-9)
            && ShowStep.Near(with.LendersLoss, without.RealisedDeficit - fund, 1e-9));
    }

    private static object Figures(CascadeOutcome one) => new
    {
        one.BadDebt,
        one.RealisedDeficit,
        one.OpenShortfall,
        one.SoldValue,
        one.RepaidDebt,
        one.OpenDebt,
        one.LiquidatedAccounts,
        one.DeepestRounds,
    };
}
