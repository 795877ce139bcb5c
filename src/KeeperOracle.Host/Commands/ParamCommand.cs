using System.CommandLine;
using KeeperOracle.Host.Files;
using KeeperOracle.Host.Reports;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Commands;

/// <summary>`param recommend`: what should be attested of one asset by its daily history, with the reason of every step.</summary>
internal sealed class ParamCommand
{
    private readonly SeriesOptions _series = new();

    private readonly Option<double> _sellSize = new Option<double>("--sell-size")
    {
        Description = "Largest position to be sold at once, in units of account: sets the slippage.",
        HelpName = "AMOUNT",
    }.Checked(size => size >= 0 && double.IsFinite(size) ? null : "is zero or over it.");

    private readonly Option<double?> _dailyVolume = new Option<double?>("--daily-volume")
    {
        Description = "Units of account traded a day, instead of the median of the file's last 30 days.",
        HelpName = "AMOUNT",
    }.Checked(volume => volume > 0 && double.IsFinite(volume.Value) ? null : "is over zero.");

    private readonly Option<double?> _implied = new Option<double?>("--implied-volatility")
    {
        Description = "Where a fresh one is known, a fraction a year.",
        HelpName = "FRACTION",
    }.Checked(volatility => volatility is > 0 and < 100 ? null : "is a fraction over zero: 0.6 is 60 %.");

    private readonly Option<double?> _currentVolatility = new Option<double?>("--current-volatility")
    {
        Description = "What is attested now: then the next admissible step and the update policy's verdict are given too.",
        HelpName = "FRACTION",
    }.Checked(volatility => volatility is > 0 and < 100 ? null : "is a fraction over zero: 0.6 is 60 %.");

    private readonly Option<double> _currentSlippage = new Option<double>("--current-slippage")
    {
        Description = "Likewise.",
        HelpName = "FRACTION",
    }.Checked(slippage => slippage is >= 0 and < 1 ? null : "lies from 0 to under 1.");

    private readonly Option<string?> _bounds = new("--bounds")
    {
        Description = "Governance's bounds as JSON (--schema bounds); what it leaves out is as in the local deployment.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _backtest = new("--backtest")
    {
        Description = "JSON twin of the backtest report that the parameters rest on (`vol backtest --report`); the recommendation carries "
            + "its hash.",
        HelpName = "REPORT.json",
    };

    private ParamCommand()
    {
    }

    public static Command Build()
    {
        var own = new ParamCommand();
        var recommend = FileCommand.Build(
            "recommend",
            "Recommends the parameters of one asset from its daily prices: volatility, slippage, factors, with the reason of every step.",
            [
                "param recommend --prices prices.csv --sell-size 5000000",
                "param recommend --prices prices.csv.gz --bounds bounds.json --current-volatility 0.6 -o json",
                "param recommend --prices prices.csv --backtest report.json",
            ],
            [
                .. own._series.All.Where(option => option.Name != "--returns"),
                own._sellSize, own._dailyVolume, own._implied, own._currentVolatility, own._currentSlippage, own._bounds,
                own._backtest,
            ],
            own._series.CheckPrices,
            own.Recommend,
            ParamRecommendation.Print,
            ("bounds", () => ResultSchema.Text(typeof(ParameterBounds), "Bounds for `keeperoracle param recommend`")));
        return new Command("param", "Parameters of the protocol.") { recommend };
    }

    private ParamRecommendation Recommend(ParseResult parsed, OutputFormat format)
    {
        var series = _series.Read(parsed, format);
        if (series.Spacing != TimeSpan.FromDays(1))
        {
            var spacing = series.Spacing is { } found ? TimeText.Write(found) : "an unknown time";
            throw new RiskInputException("NotDaily", $"{series.File} has a price every {spacing}: the policy is made for daily closes.");
        }

        var bounds = parsed.GetValue(_bounds) is { } file
            ? JsonInput.Read(file, root => ParameterReader.Read<ParameterBounds>(root))
            : new ParameterBounds();
        var backtestHash = parsed.GetValue(_backtest) is { } twin ? ReportTwin.HashOf(twin) : null;
        var size = parsed.GetValue(_sellSize);
        if (size == 0)
        {
            FileCommand.WriteNote(format, "NoSellSize", "without --sell-size nothing is sold, and the slippage is zero.");
        }

        // Without a size the depth does not matter, so that prices alone are enough.
        var depth = parsed.GetValue(_dailyVolume) ?? (size == 0 && series.Volumes is null ? 1.0 : null);
        var inputs = new RecommendationInputs(series.Prices!, series.Volumes, depth, size, parsed.GetValue(_implied), Current(parsed));
        var recommendation = ParameterRecommendation.From(inputs, RecommendationParameters.Under(bounds.ToSnapshot()));
        return ParamRecommendation.Of(recommendation, TimeText.Write(series.Times![^1]), series.Prices!.Length, bounds, backtestHash);
    }

    private AttestedSnapshot? Current(ParseResult parsed)
    {
        if (parsed.GetValue(_currentVolatility) is not { } volatility)
        {
            return null;
        }

        var (attested, slippage) = (ParameterBounds.Exactly(volatility), ParameterBounds.Exactly(parsed.GetValue(_currentSlippage)));
        return new AttestedSnapshot(attested, slippage, attested, slippage, Wad.Zero, 0);
    }
}
