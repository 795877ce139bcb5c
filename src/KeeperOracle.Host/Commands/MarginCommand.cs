using System.CommandLine;
using KeeperOracle.Host.Files;
using KeeperOracle.Risk.Margin;

namespace KeeperOracle.Host.Commands;

/// <summary>`margin assess`: the margin of a portfolio in a file, with every scenario, by one of the models.</summary>
internal static class MarginCommand
{
    private static readonly string[] Models = ["derive-pm2"];

    public static Command Build() => new("margin", "Margin of a portfolio in a file.") { Assess() };

    private static Command Assess()
    {
        var model = FileCommand.Choice("--model", "How the margin is calculated.", Models);
        var portfolio = new Option<string?>("--portfolio")
        {
            Description = "The portfolio: JSON, also gzipped (--portfolio-schema prints its schema), or a case file of Derive for derive-pm2; - for stdin.", HelpName = "FILE",
        };
        return FileCommand.Build(
            "assess",
            "Assesses the margin of a portfolio: initial, maintenance, mark to market and every scenario. Positive net margin is healthy.",
            [
                "margin assess --model derive-pm2 --portfolio portfolio.json",
                "margin assess --model derive-pm2 --portfolio derive-case.json -o json",
            ],
            [model, portfolio],
            result => result.GetValue(model) is null ? $"--model is needed: {string.Join(", ", Models)}."
                : result.GetValue(portfolio) is null ? "--portfolio FILE is needed."
                : null,
            (parsed, _) => AssessDerivePm2(parsed.GetValue(portfolio)!),
            MarginResult.Print);
    }

    private static MarginResult AssessDerivePm2(string file)
    {
        var account = JsonInput.Read(file, root =>
        {
            if (DeriveCaseFile.IsCase(root))
            {
                return DeriveCaseFile.Read(root);
            }

            var (portfolio, parameters) = PortfolioFile.Read(root, volatilityNeeded: false, ParameterReader.Read<DerivePm2Parameters>);
            return new DerivePm2Case(portfolio, parameters);
        });
        return MarginResult.Of(DerivePm2Margin.Assess(account));
    }
}
