namespace KeeperOracle.Risk.Models;

/// <summary>The models by name, as the command line knows them.</summary>
public static class ModelCatalogue
{
    /// <summary>
    /// Chosen by <see cref="Backtesting.ModelSelection"/> on BTC/USD and ETH/USD to the end of 2021: candidate `ewma.90-w.25-fhs500`, no
    /// rejection in 16 tests and the lowest joint score of those without. EWMA of lambda .90, a quarter of the weight on the stressed
    /// volatility, and the last 500 standardised losses as they were.
    /// </summary>
    public static TailModel Production { get; } =
        new("production", new StressedVolatility(new EwmaVolatility(0.90), 0.25), new EmpiricalResiduals(500));

    public static IReadOnlyList<TailModel> All { get; } =
    [
        new("static", new StaticVolatility(), new NormalResiduals()),
        new("ewma-normal", new EwmaVolatility(0.94), new NormalResiduals()),
        new("ewma-t", new EwmaVolatility(0.94), new StudentTResiduals()),
        new("garch-normal", new GarchVolatility(), new NormalResiduals()),
        new("garch-t", new GarchVolatility(), new StudentTResiduals()),
        new("fhs-ewma", new EwmaVolatility(0.94), new EmpiricalResiduals()),
        new("fhs-garch", new GarchVolatility(), new EmpiricalResiduals()),
        new("evt-garch", new GarchVolatility(), new ParetoResiduals()),
        Production,
    ];

    /// <summary>The model of this name, or a refusal that lists the names there are.</summary>
    public static TailModel Named(string name) =>
        All.FirstOrDefault(model => model.Name == name)
        ?? throw new RiskInputException(
            "UnknownModel", $"There is no model '{name}'; there are {string.Join(", ", All.Select(m => m.Name))}.");
}
