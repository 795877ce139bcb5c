using System.CommandLine;
using KeeperOracle.Host.Files;
using KeeperOracle.Risk.CrossChain;

namespace KeeperOracle.Host.Commands;

/// <summary>`margin cross`: one net margin of accounts on several chains, and how far they are from liquidation.</summary>
internal static class CrossMarginCommand
{
    private const double LongestHorizon = 365;

    public static Command Build()
    {
        var portfolio = new Option<string?>("--portfolio")
        {
            Description = "The accounts: a portfolio as of `margin assess` with chains, JSON, also gzipped; - for stdin.",
            HelpName = "FILE",
        };
        var horizon = new Option<double>("--horizon")
        {
            Description = "Days within which the probability of falling under health 1 is asked.",
            HelpName = "DAYS",
            DefaultValueFactory = _ => 1,
        }.Checked(days => days is > 0 and <= LongestHorizon ? null : $"must be over 0 and at most {LongestHorizon} days.");
        return FileCommand.Build(
            "cross",
            "One net margin of accounts on several chains: latency haircuts, caps, the scenario margin of all legs together, and how far they are "
                + "from liquidation.",
            [
                "margin cross --portfolio portfolio.json",
                "margin cross --portfolio portfolio.json --horizon 7 -o json",
                "margin cross --schema portfolio",
            ],
            [portfolio, horizon],
            result => result.GetValue(portfolio) is null ? "--portfolio FILE is needed." : null,
            (parsed, _) => Assess(parsed.GetValue(portfolio)!, parsed.GetValue(horizon)),
            CrossMarginResult.Print,
            ("portfolio", PortfolioSchema.Write));
    }

    private static CrossMarginResult Assess(string file, double days)
    {
        var (accounts, parameters) = JsonInput.Read(file, LinkedAccountsFile.Read);
        var assessment = CrossChainMargin.Assess(accounts, parameters);
        return CrossMarginResult.Of(accounts, assessment, CrossChainDistance.Of(assessment, parameters, days / 365), days);
    }
}
