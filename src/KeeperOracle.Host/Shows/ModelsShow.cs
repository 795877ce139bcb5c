using System.Collections.Immutable;
using KeeperOracle.Risk.Backtesting;
using KeeperOracle.Risk.Models;
using KeeperOracle.Risk.Policy;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 8: several models behind one shape, held against what came. The market is generated (SyntheticMarket: fat tails, clusters, a crash);
/// `vol backtest --prices FILE` does the same on a real one. Known from elsewhere: the sample and statistics in the documentation of
/// MATLAB's Risk Management Toolbox, varbacktest (S&amp;P 500, normal VaR at 95 %); the zones of Basel's traffic light (1996); exceptions
/// counted and Kupiec's likelihood ratio written out.
/// </summary>
internal static class ModelsShow
{
    private const int Days = 2600;
    private const int First = 1000;
    private const double Level = .99;
    private const int Paths = 2000;
    private const ulong Seed = 8;
    private const string Bad = "ewma-normal";

    public static Show Show => new("8", "Dynamic margin models: backtests, champion and challenger", Steps);

    private static IEnumerable<ShowStep> Steps()
    {
        yield return Published();
        yield return Zones();
        var returns = Backtest.LogReturns(SyntheticMarket.Prices(Seed, Days));
        var all = ModelComparison.Run(ModelCatalogue.All, returns, First, [Level], Seed, Paths).Select(one => one.Backtest).ToList();
        yield return Compared(all);
        yield return Rejected(all.Single(one => one.Result.Model == Bad));
        yield return Kept(all.Single(one => one.Result.Model == ModelCatalogue.Production.Name));
        yield return Challenged(all);
    }

    private static ShowStep Published()
    {
        var transitions = new ExceptionTransitions(932, 53, 53, 4);
        var outcome = Backtest.Coverage(1043, 57, .95, transitions, 58);
        return ShowStep.Of(
            $"A published sample first: 57 exceptions in 1,043 days at 95 %. Kupiec's statistic is {outcome.Pof.Statistic:N5}, "
            + $"Christoffersen's for independence {outcome.Cci.Statistic:N5}, both together {outcome.Cc.Statistic:N5}.",
            new { observations = 1043, exceptions = 57, level = .95, transitions },
            new { pof = outcome.Pof.Statistic, cci = outcome.Cci.Statistic, cc = outcome.Cc.Statistic },
            "MATLAB's documentation has .46147, .25866 and .72013",
            Close(outcome.Pof.Statistic, .46147) && Close(outcome.Cci.Statistic, .25866) && Close(outcome.Cc.Statistic, .72013));
    }

    private static ShowStep Zones()
    {
        var zones = Enumerable.Range(0, 12).Select(exceptions => TrafficLight.Judge(250, exceptions, .01).Zone).ToList();
        return ShowStep.Of(
            $"A year of 250 days at 99 %: up to {zones.LastIndexOf(TrafficLightZone.Green)} exceptions are green, up to "
            + $"{zones.LastIndexOf(TrafficLightZone.Yellow)} yellow, from then on red.",
            new { observations = 250, probability = .01, exceptions = Enumerable.Range(0, 12) },
            new { zones },
            "Basel's table: green to 4, yellow to 9, red from 10",
            zones.LastIndexOf(TrafficLightZone.Green) == 4 && zones.LastIndexOf(TrafficLightZone.Yellow) == 9 && zones[10] == TrafficLightZone.Red);
    }

    private static ShowStep Compared(List<ModelBacktest> all)
    {
        var figures = all.Select(one => new
        {
            one.Result.Model,
            one.Result.Exceptions,
            kupiec = one.Result.Pof.PValue,
            shortfall = one.Result.Z2.PValue,
            one.Result.AverageCapital,
        }).ToList();
        var days = all[0].Losses.Length;
        return ShowStep.Of(
            $"{all.Count} models forecast {days:N0} days, each from the days before it only; {days * (1 - Level):N0} losses over the "
            + $"forecast are promised. There were: {string.Join(", ", figures.Select(one => $"{one.Model} {one.Exceptions}"))}.",
            new { seed = Seed, days = Days, first = First, level = Level, losses = all[0].Losses },
            new { models = figures, forecasts = all.ToDictionary(one => one.Result.Model, one => one.Forecasts.Select(forecast => forecast.Var)) },
            "losses over the forecast counted, and Kupiec's ratio from the count by its formula, are what the tests say of every model",
            all.All(one => Count(one) == one.Result.Exceptions && ShowStep.Near(one.Result.Pof.Statistic!.Value, Kupiec(days, Count(one)), 1e-9)));
    }

    private static ShowStep Rejected(ModelBacktest bad)
    {
        var (result, promised) = (bad.Result, bad.Losses.Length * (1 - Level));
        var ratio = Kupiec(bad.Losses.Length, Count(bad));
        return ShowStep.Of(
            $"A bad model fails: {Bad} follows volatility but believes in normal tails. It had {result.Exceptions} exceptions for "
            + $"{promised:N0} promised; Kupiec's test gives that a chance of {result.Pof.PValue:P2}, the test of expected shortfall "
            + $"(Acerbi and Szekely) {result.Z2.PValue:P2}.",
            new { losses = bad.Losses, forecasts = bad.Forecasts, level = Level, pathsOfTheShortfallTest = Paths, seed = Seed },
            new { result.Exceptions, kupiec = result.Pof, shortfall = result.Z2, zone = result.TrafficLight.Zone },
            $"more exceptions than promised; the likelihood ratio {ratio:N2} by hand is over 6.635, the 1 % point of chi-square; "
            + "rejected by both at 1 %",
            Count(bad) > promised && ratio > 6.635 && !result.Pof.Passes(.01) && !result.Z2.Passes(.01));
    }

    private static ShowStep Kept(ModelBacktest good)
    {
        var (result, ratio) = (good.Result, Kupiec(good.Losses.Length, Count(good)));
        return ShowStep.Of(
            $"The production model keeps its promise here: {result.Exceptions} exceptions, Kupiec {result.Pof.PValue:P0}, shortfall "
            + $"{result.Z2.PValue:P0}.",
            new { losses = good.Losses, forecasts = good.Forecasts, level = Level },
            new { result.Exceptions, kupiec = result.Pof, shortfall = result.Z2, zone = result.TrafficLight.Zone },
            $"the likelihood ratio {ratio:N2} by hand is under 3.841, the 5 % point of chi-square; neither test rejects at 5 %",
            ratio < 3.841 && result.Pof.Passes() && result.Z2.Passes());
    }

    private static ShowStep Challenged(List<ModelBacktest> all)
    {
        ModelBacktest Named(string name) => all.Single(one => one.Result.Model == name);
        var (champion, challenger) = (Named(ModelCatalogue.Production.Name), Named(Bad));
        var result = ChampionChallenger.Judge(Track(champion), Track(challenger), new ChallengeSettings());
        var (dear, cheap) = (champion.Forecasts.Average(one => one.Es), challenger.Forecasts.Average(one => one.Es));
        return ShowStep.Of(
            $"The bad model challenges the production model. It asks for less, {cheap:P2} of a position on average against {dear:P2}, "
            + $"and is refused: {result.Verdict}.",
            new { champion = champion.Result.Model, challenger = challenger.Result.Model, settings = new ChallengeSettings() },
            new { result.Verdict, result.Coverage, result.Cost },
            "cheaper by the averages, and refused for its coverage all the same",
            cheap < dear && result.Verdict == ChallengeVerdict.RefusedUnderCovers);
    }

    private static PolicyTrack Track(ModelBacktest one)
    {
        ImmutableArray<double> margins = [.. one.Forecasts.Select(forecast => forecast.Es)];
        return new PolicyTrack(margins, margins, [.. one.Losses.Zip(one.Forecasts, (loss, forecast) => loss > forecast.Var)]);
    }

    private static int Count(ModelBacktest one) => one.Losses.Where((loss, day) => loss > one.Forecasts[day].Var).Count();

    private static double Kupiec(int days, int exceptions)
    {
        var (p, share) = (1 - Level, (double)exceptions / days);
        return 2 * (((days - exceptions) * Math.Log((1 - share) / (1 - p))) + (exceptions == 0 ? 0 : exceptions * Math.Log(share / p)));
    }

    private static bool Close(double? statistic, double published) => Math.Abs(statistic!.Value - published) < 5e-6;
}
