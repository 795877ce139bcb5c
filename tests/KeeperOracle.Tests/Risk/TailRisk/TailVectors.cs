using System.Text.Json;
using KeeperOracle.Risk;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Tests.Risk.TailRisk;

/// <summary>What the tests of this folder ask again and again.</summary>
internal static class TailVectors
{
    /// <summary>The 500 returns of tests/vectors/tail-risk.json.</summary>
    public static readonly double[] Returns = Column("returns");

    public static double[] Column(params string[] path)
    {
        using var vectors = new Vectors("tail-risk.json");
        return [.. Vectors.Doubles(Parent(vectors.Root, path), path[^1])];
    }

    public static double Number(params string[] path)
    {
        using var vectors = new Vectors("tail-risk.json");
        var value = Parent(vectors.Root, path).GetProperty(path[^1]);
        return value.ValueKind == JsonValueKind.Number ? value.GetDouble() : Vectors.Double(value.GetString()!);
    }

    /// <summary>Equal to a relative tolerance.</summary>
    public static void Close(double expected, double actual, double relative) =>
        Assert.True(
            Math.Abs(expected - actual) <= relative * Math.Max(Math.Abs(expected), 1e-300), $"expected {expected:R}, actual {actual:R}");

    public static void Refuses(string name, Action action) => Assert.Equal(name, Assert.Throws<RiskInputException>(action).Refusal);

    /// <summary>Each level's forecast against the columns `var` and `es` of a section.</summary>
    public static void AgreesWith(string section, Func<double, TailForecast> forecast, double relative, string levels = "levels")
    {
        var at = levels == "levels" ? Column(levels) : Column(section, levels);
        var (var, es) = (Column(section, "var"), Column(section, "es"));
        Assert.Equal(at.Length, var.Length);
        for (var i = 0; i < at.Length; i++)
        {
            var actual = forecast(at[i]);
            Close(var[i], actual.Var, relative);
            Close(es[i], actual.Es, relative);
        }
    }

    private static JsonElement Parent(JsonElement root, string[] path) =>
        path[..^1].Aggregate(root, (element, name) => element.GetProperty(name));
}
