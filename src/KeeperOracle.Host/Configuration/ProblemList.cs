namespace KeeperOracle.Host.Configuration;

/// <summary>Collects everything that is wrong, so that a person mends it in one go.</summary>
internal sealed class ProblemList
{
    private readonly List<ConfigurationProblem> _problems = [];

    internal IReadOnlyList<ConfigurationProblem> Problems => _problems;

    internal static string Full(string path) => path.Length == 0 ? KeyTable.Section : $"{KeyTable.Section}:{path}";

    internal void Add(string path, string? value, string problem, string fix) =>
        AddOnce(new ConfigurationProblem(Full(path), value, problem, fix));

    /// <summary>A section that is wrong as a whole would be found at each of its leaves.</summary>
    internal void AddOnce(ConfigurationProblem problem)
    {
        if (!_problems.Contains(problem))
        {
            _problems.Add(problem);
        }
    }

    /// <summary>Whether this key was refused already: a second complaint about a value that was never read would mislead.</summary>
    internal bool Has(string path) => _problems.Exists(problem => string.Equals(problem.KeyPath, Full(path), StringComparison.OrdinalIgnoreCase));
}
