using KeeperOracle.Risk.Backtesting;
using KeeperOracle.Risk.Models;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System A: value at risk and expected shortfall set the margin, beside a static baseline. The market is generated (SyntheticMarket), its days
/// are replayed; `vol backtest --prices FILE` does the same on a real one. Known from elsewhere: ten losses by hand (quantile of type 7,
/// mean of the worst), and days and averages counted.
/// </summary>
internal static class CoverageShow
{
    private const int Days = 2600;
    private const int First = 1000;
    private const double Level = .99;
    private const ulong Seed = 8;

    public static Show Show => new("A", "Adjustment: VaR and ES calibrate the margin, beside a static one", Steps);

    private static IEnumerable<ShowStep> Steps()
    {
        yield return TenLosses();
        var returns = Backtest.LogReturns(SyntheticMarket.Prices(Seed, Days));
        TailModel[] models = [ModelCatalogue.Production, ModelCatalogue.Named("static")];
        var compared = ModelComparison.Run(models, returns, First, [Level], Seed, paths: 200);
        var volatility = new EwmaVolatility(.94).Walk(returns).Scale[First..^1];
        yield return Coverage(compared[0].Backtest);
        yield return Calm(compared[0], compared[1], volatility);
        yield return Worst(compared[0].Backtest, compared[1].Backtest);
    }

    private static ShowStep TenLosses()
    {
        double[] losses = [3, 1, 7, 10, 2, 9, 4, 8, 5, 6];
        var forecast = HistoricalTail.Forecast([.. losses.Select(loss => -loss)], .80);
        return ShowStep.Of(
            $"Ten days lost 1 to 10. Four days in five lose no more than {forecast.Var:N1} (value at risk at 80 %); the fifth loses "
            + $"{forecast.Es:N1} on average (expected shortfall).",
            new { losses, level = .80 },
            new { forecast.Var, forecast.Es },
            "between the 8th and the 9th at 8 + .2 x (9 - 8) = 8.2; the two worst, (9 + 10)/2 = 9.5",
            ShowStep.Near(forecast.Var, 8.2, 1e-9) && ShowStep.Near(forecast.Es, 9.5, 1e-9));
    }

    private static ShowStep Coverage(ModelBacktest model)
    {
        var margins = model.Forecasts.Select(forecast => forecast.Es).ToArray();
        var covered = model.Losses.Where((loss, day) => loss <= margins[day]).Count();
        var share = (double)covered / model.Losses.Length;
        return ShowStep.Of(
            $"Margin at the expected shortfall of the production model, replayed over {model.Losses.Length:N0} days with a crash in "
            + $"them: the next day's loss was covered on {covered:N0} of them, {share:P2}.",
            new { losses = model.Losses, margins, seed = Seed, days = Days, first = First, level = Level },
            new { covered, share },
            "counted day by day, at least 99 %",
            share >= .99);
    }

    private static ShowStep Calm(ComparedModel model, ComparedModel fixedOne, double[] volatility)
    {
        var median = volatility.Order().ElementAt((volatility.Length - 1) / 2);
        IEnumerable<double> Margins(ComparedModel one) => one.Backtest.Forecasts.Select(forecast => forecast.Es);
        double Average(ComparedModel one) => Margins(one).Where((_, day) => volatility[day] <= median).Average();
        var (byHand, fixedByHand) = (Average(model), Average(fixedOne));
        return ShowStep.Of(
            $"On the calmer half of the days it asks for {model.CalmCapital:P2} of a position on average; a static margin, set for the "
            + $"worst two years so far, for {fixedOne.CalmCapital:P2}.",
            new { volatility, margins = Margins(model), staticMargins = Margins(fixedOne) },
            new { dynamicMargin = model.CalmCapital, staticMargin = fixedOne.CalmCapital },
            $"averages over the days of a volatility up to the median by hand: {byHand:P2} and {fixedByHand:P2}, the first less",
            ShowStep.Near(model.CalmCapital, byHand, 1e-9) && ShowStep.Near(fixedOne.CalmCapital, fixedByHand, 1e-9) && byHand < fixedByHand);
    }

    private static ShowStep Worst(ModelBacktest model, ModelBacktest fixedOne)
    {
        var wildest = Enumerable.Range(0, model.Losses.Length).MaxBy(day => model.Losses[day]);
        var (after, before) = (wildest + 1, wildest);
        return ShowStep.Of(
            $"The price of that: around the worst day, a loss of {model.Losses[wildest]:P1}, the dynamic margin goes from "
            + $"{model.Forecasts[before].Es:P1} to {model.Forecasts[after].Es:P1} overnight, the static one from "
            + $"{fixedOne.Forecasts[before].Es:P1} to {fixedOne.Forecasts[after].Es:P1}. How such a rise is held back is the show of "
            + "system C.",
            new { losses = model.Losses },
            new
            {
                day = wildest,
                loss = model.Losses[wildest],
                dynamicMargin = new[] { model.Forecasts[before].Es, model.Forecasts[after].Es },
                staticMargin = new[] { fixedOne.Forecasts[before].Es, fixedOne.Forecasts[after].Es },
            },
            "the worst day is the crash that was put in, ln(1/.65) = 43.1 %, and the margin answers it by rising",
            ShowStep.Near(model.Losses[wildest], Math.Log(1 / .65), 1e-9) && model.Forecasts[after].Es > model.Forecasts[before].Es);
    }
}
