using System.Globalization;
using System.Text.Json;
using KeeperOracle.Risk.Volatility;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Volatility;

public sealed class Garch11Tests
{
    [SharedDataFact("data", "garch", "dem2gbp.csv")]
    public void Fit_MarkPound_GivesPublishedBenchmark()
    {
        var fit = Garch11.Fit(MarkPound());
        Assert.Equal(-1106.607881, fit.LogLikelihood, 6);
        Assert.Equal(GarchStatus.Converged, fit.Status);
        Assert.Equal("-0.00619041", Digits(fit.Mu));
    }

    private static string Digits(double value) => value.ToString("G6", CultureInfo.InvariantCulture);

    internal static double[] MarkPound() =>
        [.. File.ReadLines(SharedDataFactAttribute.PathOf("data", "garch", "dem2gbp.csv")).Skip(1).Select(line => double.Parse(line.Split(',')[1], CultureInfo.InvariantCulture))];
}
