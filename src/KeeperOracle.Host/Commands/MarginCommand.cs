using System.CommandLine;
using KeeperOracle.Host.Files;
using KeeperOracle.Risk.Margin;

namespace KeeperOracle.Host.Commands;

/// <summary>`margin assess`: the margin of a portfolio in a file, with every scenario, by one of the models; `margin cross` beside it.</summary>
internal static class MarginCommand
{
    private static readonly Dictionary<string, Func<JsonInput, Func<MarginResult>>> Models = new(StringComparer.Ordinal)
    {
        ["scaled"] = Scaled,
        ["derive-pm2"] = DerivePm2,
        ["span"] = Span,
    };

    public static Command Build() => new("margin", "Margin of a portfolio in a file.") { Assess(), CrossMarginCommand.Build() };

    private static Command Assess()
    {
        var model = FileCommand.Choice("--model", "How the margin is calculated.", [.. Models.Keys], "scaled");
        var portfolio = new Option<string?>("--portfolio")
        {
            Description = "The portfolio: JSON, also gzipped; for derive-pm2 also a case file of Derive; - for stdin.",
            HelpName = "FILE",
        };
        return FileCommand.Build(
            "assess",
            "Assesses the margin of a portfolio: initial, maintenance, mark to market and every scenario. Positive net margin is healthy.",
            [
                "margin assess --model scaled --portfolio portfolio.json",
                "margin assess --model derive-pm2 --portfolio derive-case.json -o json",
                "margin assess --schema portfolio",
            ],
            [model, portfolio],
            result => result.GetValue(portfolio) is null ? "--portfolio FILE is needed." : null,
            (parsed, _) => Assess(parsed.GetValue(model)!, parsed.GetValue(portfolio)!),
            MarginResult.Print,
            ("portfolio", PortfolioSchema.Write));
    }

    /// <summary>All that is wrong with the file is refused together, before the model is asked.</summary>
    private static MarginResult Assess(string model, string file) => JsonInput.Read(file, root =>
    {
        if (root.Has("chains"))
        {
            root.Skip("chains");
            root.Refuse("OtherCommand", "chains", "accounts on chains with an age of their own are assessed by margin cross.");
        }

        if (model == "derive-pm2" || !DeriveCaseFile.IsCase(root))
        {
            return Models[model](root);
        }

        root.Refuse("WrongFormat", "Scenario", "this is a case file of Derive: assess it with --model derive-pm2.");
        root.SkipRest();
        return () => throw new InvalidOperationException("A refused file has no result.");
    })();

    private static Func<MarginResult> Scaled(JsonInput root)
    {
        var (portfolio, parameters) = PortfolioFile.Read(root, own => own.FixedRange is null, ParameterReader.Read<ScaledParameters>);
        return () => MarginResult.Of(ScaledMargin.Assess(portfolio, parameters), IsolatedMargin.Compare(portfolio, parameters));
    }

    private static Func<MarginResult> DerivePm2(JsonInput root)
    {
        if (DeriveCaseFile.IsCase(root))
        {
            var account = DeriveCaseFile.Read(root);
            return () => MarginResult.Of(DerivePm2Margin.Assess(account));
        }

        var (portfolio, parameters) = PortfolioFile.Read(root, _ => false, ParameterReader.Read<DerivePm2Parameters>);
        return () => MarginResult.Of(DerivePm2Margin.Assess(portfolio, parameters));
    }

    private static Func<MarginResult> Span(JsonInput root)
    {
        var (portfolio, parameters) = PortfolioFile.Read(root, own => own.FixedRange is null, ParameterReader.Read<SpanParameters>);
        return () => MarginResult.Of(SpanMargin.Assess(portfolio, parameters));
    }
}
