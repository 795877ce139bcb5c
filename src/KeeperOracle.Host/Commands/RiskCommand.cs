using System.CommandLine;
using System.ComponentModel;
using System.Globalization;
using KeeperOracle.Host.Files;
using KeeperOracle.Risk;
using KeeperOracle.Risk.TailRisk;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Host.Commands;

/// <summary>`risk var`: VaR and ES of a history by one method, in the unit of the file.</summary>
internal sealed class RiskCommand
{
    private readonly SeriesOptions _series = new();

    private readonly Option<string?> _method = FileCommand.Choice(
        "--method", "How VaR and ES are estimated.", [.. TailMethods.Names], "historical");

    private readonly Option<double[]> _levels = new Option<double[]>("--level")
    {
        Description = "Levels between 0 and 1; several may follow.",
        HelpName = "LEVEL",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [0.95, 0.975, 0.99],
    }.Checked(levels => Array.TrueForAll(levels, level => level is > 0 and < 1) ? null : "lies between 0 and 1, such as 0.99.");

    private readonly Option<int> _horizon = new Option<int>("--horizon")
    {
        Description = "Samples ahead.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    }.Checked(horizon => horizon is >= 1 and <= 10_000 ? null : "lies from 1 to 10000.");

    private readonly Option<string?> _filter = FileCommand.Choice(
        "--filter",
        "Volatility that fhs and conditional-evt filter by. A fit of garch11 with alpha + beta over 1 is refused: its variance explodes.",
        ["ewma", "garch11"],
        "ewma");

    private readonly Option<double> _lambda = new Option<double>("--lambda")
    {
        Description = "Of the EWMA filter.",
        DefaultValueFactory = _ => TailOptions.Default.Lambda,
    }.Checked(lambda => lambda is > 0 and < 1 ? null : "lies between 0 and 1, such as 0.94.");

    private readonly Option<double> _threshold = new Option<double>("--threshold")
    {
        Description = "Quantile of losses at which the tail of evt and conditional-evt begins.",
        HelpName = "QUANTILE",
        DefaultValueFactory = _ => TailOptions.Default.ThresholdQuantile,
    }.Checked(threshold => threshold is > 0 and < 1 ? null : "lies between 0 and 1, such as 0.9.");

    private readonly Option<int> _paths = new Option<int>("--paths")
    {
        Description = "Paths of monte-carlo, and of fhs over several samples.",
        HelpName = "N",
        DefaultValueFactory = _ => TailOptions.Default.Paths,
    }.Checked(paths => paths is >= 2 and <= 10_000_000 ? null : "lies from 2 to 10000000.");

    private readonly Option<ulong> _seed = new("--seed")
    {
        Description = "Of simulated paths.",
        DefaultValueFactory = _ => TailOptions.Default.Seed,
    };

    private RiskCommand()
    {
    }

    public static Command Build()
    {
        var own = new RiskCommand();
        var var = FileCommand.Build(
            "var",
            "Value at risk and expected shortfall of a history, as positive losses in the unit of the file.",
            [
                "risk var --method historical --returns returns.csv --level 0.99 -o json",
                "risk var --method fhs --filter garch11 --prices prices.csv.gz --horizon 5",
            ],
            [.. own._series.All, own._method, own._levels, own._horizon, own._filter, own._lambda, own._threshold, own._paths, own._seed],
            own._series.Check,
            own.Compute,
            Print);
        return new Command("risk", "Tail risk of a history in a file.") { var };
    }

    private RiskVarResult Compute(ParseResult parsed, OutputFormat format)
    {
        var series = _series.Read(parsed, format);
        var returns = series.Returns();
        var method = parsed.GetValue(_method)!;
        var forecast = TailMethods.Fit(method, returns, Options(parsed, method, returns));
        var levels = parsed.GetRequiredValue(_levels).Select(level => RiskVarLevel.Of(level, forecast(level)));
        return new RiskVarResult(method, series.Unit, returns.Length, parsed.GetValue(_horizon), [.. levels]);
    }

    private TailOptions Options(ParseResult parsed, string method, double[] returns) => new(
        parsed.GetValue(_horizon),
        parsed.GetValue(_lambda),
        parsed.GetValue(_filter) == "garch11" && TailMethods.Filters(method) ? FittedRecursion(returns) : null,
        parsed.GetValue(_threshold),
        parsed.GetValue(_paths),
        parsed.GetValue(_seed));

    private static VarianceRecursion FittedRecursion(double[] returns)
    {
        var fit = Garch11.Fit(returns);
        return fit.Converged
            ? new VarianceRecursion(fit.Omega, fit.Alpha, fit.Beta)
            : throw new RiskInputException("FitNotConverged", $"GARCH(1,1) has no fit to filter by. {fit.Reason} Take --filter ewma.");
    }

    private static void Print(RiskVarResult result)
    {
        Console.Out.WriteLine(
            $"{result.Method} on {result.Observations} returns in {(result.Unit == ReturnUnit.Percent ? "percent" : "fractions")}, "
                + $"{result.Horizon} ahead");
        Output.Table(
            ["level", "VaR", "ES", ""],
            result.Levels.Select(level => new[]
            {
                (level.Level * 100).ToString("0.####", CultureInfo.InvariantCulture) + " %",
                Display.Figure(level.Var),
                Display.Figure(level.Es),
                level.Reason ?? "",
            }));
    }
}

[Description("VaR and ES of a history: positive losses, in the unit of the file")]
internal sealed record RiskVarResult(
    string Method,
    [Description("of the returns and of the figures")] ReturnUnit Unit,
    int Observations,
    [Description("samples ahead")] int Horizon,
    IReadOnlyList<RiskVarLevel> Levels);

internal sealed record RiskVarLevel(
    double Level,
    [Description("loss that is not exceeded with this probability; null where the method has no answer")] double? Var,
    [Description("mean loss beyond the VaR")] double? Es,
    TailStatus Status,
    [Description("why there is no figure")] string? Reason)
{
    public static RiskVarLevel Of(double level, TailAnswer answer) => answer.IsAnswered
        ? new RiskVarLevel(level, answer.Forecast.Var, answer.Forecast.Es, answer.Status, null)
        : new RiskVarLevel(level, null, null, answer.Status, ReasonOf(answer.Status));

    private static string ReasonOf(TailStatus status) => status switch
    {
        TailStatus.NotMonotone => "skew and kurtosis are outside the domain of the expansion: take another method",
        TailStatus.TooFewExceedances => "too few losses over the threshold: lower --threshold or give more returns",
        TailStatus.LevelBelowThreshold => "the level is under the threshold, where the tail says nothing: lower --threshold",
        TailStatus.InfiniteMean => "the fitted tail is so heavy that its mean is infinite",
        TailStatus.NoMaximum => "the likelihood has no maximum inside its domain",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "This status has an answer."),
    };
}
