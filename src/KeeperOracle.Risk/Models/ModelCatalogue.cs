namespace KeeperOracle.Risk.Models;

/// <summary>The models by name, as the command line knows them.</summary>
public static class ModelCatalogue
{
    public static IReadOnlyList<RiskModel> All { get; } =
    [
        new("static", new StaticVolatility(), new NormalResiduals()),
        new("ewma-normal", new EwmaVolatility(0.94), new NormalResiduals()),
        new("ewma-t", new EwmaVolatility(0.94), new StudentTResiduals()),
        new("garch-normal", new GarchVolatility(), new NormalResiduals()),
        new("garch-t", new GarchVolatility(), new StudentTResiduals()),
        new("fhs-ewma", new EwmaVolatility(0.94), new EmpiricalResiduals()),
        new("fhs-garch", new GarchVolatility(), new EmpiricalResiduals()),
        new("evt-garch", new GarchVolatility(), new ParetoResiduals()),
    ];

    /// <summary>The model of this name, or a refusal that lists the names there are.</summary>
    public static RiskModel Named(string name) =>
        All.FirstOrDefault(model => model.Name == name)
        ?? throw new RiskInputException("UnknownModel", $"There is no model '{name}'; there are {string.Join(", ", All.Select(m => m.Name))}.");
}
