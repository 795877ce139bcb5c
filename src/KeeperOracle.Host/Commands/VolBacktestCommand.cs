using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using KeeperOracle.Host.Files;
using KeeperOracle.Host.Reports;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Backtesting;
using KeeperOracle.Risk.Models;

namespace KeeperOracle.Host.Commands;

/// <summary>
/// `vol backtest`: the tests of VaR and ES, over the walk-forward forecasts of one of our models on a history, over somebody's own
/// forecasts from a file, or over counts alone, as published samples give them.
/// </summary>
internal sealed class VolBacktestCommand
{
    private const string DefaultModel = "production";

    private const double LowerLevel = 0.975;

    private const string NoException = "without an exception Z1 has no value";

    private readonly SeriesOptions _series = new();

    private readonly Option<string?> _model = FileCommand.Choice(
        "--model",
        "What forecasts, each period from the ones before it.",
        [.. ModelCatalogue.All.Select(model => model.Name)],
        DefaultModel);

    private readonly Option<double> _level = new Option<double>("--level")
    {
        Description = "Level of VaR and ES, between 0 and 1.",
        HelpName = "LEVEL",
        DefaultValueFactory = _ => 0.99,
    }.Checked(level => level is > 0 and < 1 ? null : "lies between 0 and 1, such as 0.99.");

    private readonly Option<string?> _from = new Option<string?>("--from")
    {
        Description = "First period tested: a date, or its number among the returns. Default: the first that the model can forecast.",
        HelpName = "DATE|N",
    }.Checked(from => TimeText.TryParse(from!, out _) || IsNumber(from!, out _)
        ? null
        : $"'{from}' is neither a date in ISO-8601 nor a number from 1.");

    private readonly Option<ulong> _seed = new("--seed")
    {
        Description = "Of the simulated p-values of Z1 and Z2.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<int> _paths = new Option<int>("--paths")
    {
        Description = "Samples simulated for them.",
        HelpName = "N",
        DefaultValueFactory = _ => ShortfallTests.DefaultPaths,
    }.Checked(paths => paths is >= 1 and <= 1_000_000 ? null : "lies from 1 to 1000000.");

    private readonly Option<string?> _forecasts = new("--forecasts")
    {
        Description = "Own forecasts instead of a model: CSV with return,var[,es] (a VaR is a positive loss; _pct for percent), or with "
            + "hit (1 or 0).",
        HelpName = "FILE",
    };

    private readonly Option<string?> _law = new Option<string?>("--law")
    {
        Description = "What own forecasts assume of losses, for the p-values of Z1 and Z2: normal, or t and its degrees of freedom, "
            + "such as t5.",
        HelpName = "LAW",
    }.Checked(law => Law(law!) is not null ? null : $"'{law}' is neither normal nor t and degrees of freedom over 1, such as t5.");

    private readonly Option<string?> _report = new("--report")
    {
        Description = "Also writes a page with plots on every model beside this one, and its JSON twin under the same name. "
            + "Without a history it shows a made one.",
        HelpName = "FILE.html",
    };

    private readonly Option<int?> _exceptions = new("--exceptions") { Description = "Counts alone: exceptions.", HelpName = "N" };

    private readonly Option<int?> _observations = new("--observations") { Description = "Counts alone: periods.", HelpName = "N" };

    private readonly Option<string?> _transitions = new Option<string?>("--transitions")
    {
        Description = "Counts alone: how often no exception followed none, an exception none, none an exception, an exception an "
            + "exception.",
        HelpName = "N00,N01,N10,N11",
    }.Checked(transitions => Transitions(transitions!) is not null ? null : $"'{transitions}' is not four counts, such as 932,53,53,4.");

    private readonly Option<int?> _first = new("--first-exception")
    {
        Description = "Counts alone: the period of the first exception, from 1.",
        HelpName = "N",
    };

    private VolBacktestCommand()
    {
    }

    public static Command Build()
    {
        var own = new VolBacktestCommand();
        return FileCommand.Build(
            "backtest",
            "Tests forecasts of VaR and ES: coverage (POF, TUFF, Basel's traffic light), independence (CCI, CC) and shortfall (Z1, Z2).",
            [
                "vol backtest --prices prices.csv --model ewma-normal --level 0.99 --from 2022-01-01 -o json",
                "vol backtest --prices prices.csv.gz --from 2022-01-01 --report report.html",
                "vol backtest --forecasts forecasts.csv --level 0.975 --law t5",
                "vol backtest --observations 1043 --exceptions 57 --transitions 932,53,53,4 --level 0.95",
            ],
            [
                .. own._series.All, own._model, own._level, own._from, own._seed, own._paths, own._report, own._forecasts, own._law,
                own._observations, own._exceptions, own._transitions, own._first,
            ],
            own.Check,
            own.Compute,
            VolBacktestResult.Print);
    }

    private string? Check(CommandResult result)
    {
        var counts = result.GetValue(_observations) is not null || result.GetValue(_exceptions) is not null;
        var sources = (_series.IsGiven(result) ? 1 : 0) + (result.GetValue(_forecasts) is not null ? 1 : 0) + (counts ? 1 : 0);
        var page = result.GetValue(_report);
        return sources switch
        {
            0 when page is null => "Name what is tested: --prices or --returns FILE, --forecasts FILE, or --observations N with --exceptions N.",
            > 1 => "A history, --forecasts and counts are three ways to say what is tested: give one of them.",
            _ when counts && (result.GetValue(_observations) is null || result.GetValue(_exceptions) is null) =>
                "--observations and --exceptions are given together.",
            _ when page is not null && !page.EndsWith(".html", StringComparison.OrdinalIgnoreCase) =>
                "--report names a page: it ends in .html.",
            _ when page is not null && sources > 0 && !_series.IsGiven(result) =>
                "--report needs a history: --prices or --returns FILE, or none at all for a made one.",
            _ when _series.IsGiven(result) => _series.Check(result),
            _ => null,
        };
    }

    private VolBacktestResult Compute(ParseResult parsed, OutputFormat format) =>
        parsed.GetValue(_forecasts) is { } file ? OfForecasts(parsed, ForecastFile.Read(file))
        : parsed.GetValue(_observations) is { } observations ? OfCounts(parsed, format, observations)
        : _series.IsGiven(parsed.CommandResult) ? OfModel(parsed, format, _series.Read(parsed, format))
        : OfMadeHistory(parsed, format);

    /// <summary>Without data: what a report looks like, on a path made from a seed.</summary>
    private VolBacktestResult OfMadeHistory(ParseResult parsed, OutputFormat format)
    {
        FileCommand.WriteNote(
            format, "MadeHistory",
            "no history was named: this is a path made from a seed (GARCH-t with one crash), and says nothing of any market.");
        return OfModel(parsed, format, ReportFiles.MadeHistory());
    }

    private VolBacktestResult OfModel(ParseResult parsed, OutputFormat format, MarketSeries series)
    {
        var model = ModelCatalogue.Named(parsed.GetValue(_model)!);
        var returns = series.Fractions();
        var first = parsed.GetValue(_from) is { } from ? First(series, from) : model.MinimumHistory;
        var result = Backtest.Run(model, returns, first, parsed.GetValue(_level), parsed.GetValue(_seed), parsed.GetValue(_paths)).Result;
        var times = series.ReturnTimes();
        if (parsed.GetValue(_report) is { } page)
        {
            WriteReport(parsed, format, series, first, page);
        }

        var coverage = new CoverageOutcomes(result.Pof, result.Cci, result.Cc, result.Tuff, result.TrafficLight);
        return VolBacktestResult.Of(model.Name, result.Level, result.Observations, result.Exceptions, coverage) with
        {
            Z1 = ShortfallFigure.Of(result.Z1, NoException),
            Z2 = ShortfallFigure.Of(result.Z2, null),
            From = times is null ? null : TimeText.Write(times[first]),
            To = times is null ? null : TimeText.Write(times[^1]),
            AverageCapital = result.AverageCapital,
            WorstCapital = result.WorstCapital,
            JointScore = result.JointScore,
        };
    }

    /// <summary>
    /// The page and its twin. The level asked for is the one that is plotted; 97.5 % stands beside it where that is lower.
    /// </summary>
    private void WriteReport(ParseResult parsed, OutputFormat format, MarketSeries series, int first, string page)
    {
        var level = parsed.GetValue(_level);
        var history = ReportFiles.Series(series, Path.GetFileName(series.File).Split('.', 2)[0]);
        var options = new ReportOptions(
            parsed.GetValue(_model)!,
            level > LowerLevel ? [LowerLevel, level] : [level],
            parsed.GetValue(_from) is null ? null : history.Labels[first + 1],
            parsed.GetValue(_seed),
            parsed.GetValue(_paths));
        var report = BacktestReportBuilder.Build([history], options);
        var twin = ReportFiles.Write(report, page);
        FileCommand.WriteNote(format, "ReportWritten", $"{page} and {twin}, sha256 {ReportJson.Hash(report)}.");
    }

    private VolBacktestResult OfForecasts(ParseResult parsed, ForecastSample sample)
    {
        var level = parsed.GetValue(_level);
        var result = VolBacktestResult.Of(
            "forecasts", level, sample.Exceptions.Length, sample.Exceptions.Count(hit => hit), Backtest.Coverage(sample.Exceptions, level));
        if (!sample.HasShortfall)
        {
            return result;
        }

        if (parsed.GetValue(_law) is { } name)
        {
            var laws = Enumerable.Repeat(Law(name)!, sample.Exceptions.Length).ToArray();
            var tested = ShortfallTests.Run(sample.Losses, sample.Forecasts, level, laws, parsed.GetValue(_seed), parsed.GetValue(_paths));
            return result with { Z1 = ShortfallFigure.Of(tested.Z1, NoException), Z2 = ShortfallFigure.Of(tested.Z2, null) };
        }

        const string NoLaw = "a p-value needs to know what the forecasts assume of losses: say it with --law";
        var (z1, z2) = ShortfallTests.Statistics(sample.Losses, sample.Forecasts, level);
        return result with
        {
            Z1 = new ShortfallFigure(z1, null, null, null, z1 is null ? NoException : NoLaw),
            Z2 = new ShortfallFigure(z2, null, null, null, NoLaw),
        };
    }

    private VolBacktestResult OfCounts(ParseResult parsed, OutputFormat format, int observations)
    {
        var (level, exceptions, first) = (parsed.GetValue(_level), parsed.GetValue(_exceptions)!.Value, parsed.GetValue(_first));
        var transitions = Transitions(parsed.GetValue(_transitions) ?? "");
        if (transitions is { } given && (long)given.N00 + given.N01 + given.N10 + given.N11 != observations - 1L)
        {
            FileCommand.WriteNote(
                format, "TransitionsDoNotAddUp", $"the transitions are {(long)given.N00 + given.N01 + given.N10 + given.N11}, and "
                    + $"{observations} periods have {observations - 1}.");
        }

        var coverage = Backtest.Coverage(observations, exceptions, level, transitions ?? default, first);
        var result = VolBacktestResult.Of("counts", level, observations, exceptions, coverage);
        const string NoTransitions = "it needs --transitions";
        return result with
        {
            Cci = transitions is null ? result.Cci.Without(NoTransitions) : result.Cci,
            Cc = transitions is null ? result.Cc.Without(NoTransitions) : result.Cc,
            Tuff = exceptions > 0 && first is null ? result.Tuff.Without("it needs --first-exception") : result.Tuff,
        };
    }

    /// <summary>The place of the first period tested among the returns, from 0.</summary>
    private static int First(MarketSeries series, string from)
    {
        if (IsNumber(from, out var number))
        {
            return Math.Max(0, number - 1);
        }

        if (series.ReturnTimes() is not { } times)
        {
            throw new RiskInputException("NoTimes", $"{series.File} has no timestamp column: give --from as the number of a return.");
        }

        var place = TimeText.TryParse(from, out var date) ? times.TakeWhile(time => time < date).Count() : times.Count;
        return place < times.Count
            ? place
            : throw new RiskInputException(
                "TooFewObservations", $"{series.File} ends at {TimeText.Write(times[^1])}, before --from {from}.");
    }

    private static bool IsNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;

    private static ExceptionTransitions? Transitions(string text)
    {
        var counts = text.Split(',');
        var numbers = new int[4];
        bool IsCount((int Index, string Item) count) =>
            int.TryParse(count.Item, NumberStyles.None, CultureInfo.InvariantCulture, out numbers[count.Index]);
        return counts.Length == 4 && counts.Index().All(IsCount)
            ? new ExceptionTransitions(numbers[0], numbers[1], numbers[2], numbers[3])
            : null;
    }

    private static ResidualLaw? Law(string text)
    {
        if (text == "normal")
        {
            return new NormalLaw();
        }

        var number = text.StartsWith('t') ? text[1..] : "";
        var parsed = double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var degrees);
        return parsed && degrees is > 1 and < 1e6 ? new StudentTLaw(degrees, 1) : null;
    }
}
