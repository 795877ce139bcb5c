using System.Globalization;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.Risk.Volatility;

/// <summary>
/// Does the fit converge, and to the same parameters at every scale? A few hundred simulated series here; 10,000 with
/// `scripts/campaign-garch`, which sets KEEPERORACLE_GARCH_SERIES and runs this one test.
/// </summary>
public sealed class GarchCampaignTests(ITestOutputHelper output)
{
    private static readonly GarchParameters[] Truths =
    [
        // Daily prices.
        new(0.05, 0.05, 0.05, 0.90), new(0.05, 0.05, 0.10, 0.85), new(0, 0.01, 0.02, 0.97), new(1, 0.005, 0.08, 0.915),

        // Near and over integrated.
        new(0.05, 0.001, 0.05, 0.949), new(0.05, 0.005, 0.10, 0.895), new(0.05, 1e-6, 0.06, 0.94), new(0, 0.001, 0.1, 0.91),

        // Little alpha, or none.
        new(0.05, 0.01, 0.01, 0.98), new(0, 0.01, 0.001, 0.99), new(0.05, 0.7, 0.02, 0.3), new(0.05, 0.5, 0, 0.5),

        // Strong, and short of memory.
        new(0.05, 0.1, 0.30, 0.60), new(-2, 0.6, 0.20, 0.20), new(0.05, 0.2, 0.50, 0.30), new(0.05, 1, 0.03, 0),
    ];

    private static readonly double[] Scales = [1e-6, 1e-4, 1e-2, 1e3];

    private static readonly string? Given = Environment.GetEnvironmentVariable("KEEPERORACLE_GARCH_SERIES");

    private static readonly int Series = int.TryParse(Given, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 320;

    [Fact]
    public void Fit_SimulatedSeriesAtEveryScale_ConvergesToTheSameScaledParameters()
    {
        var random = new SeededRandom(2024);
        var workspace = new GarchWorkspace();
        var (failed, ends) = (new List<string>(), new SortedDictionary<string, int>(StringComparer.Ordinal));
        for (var i = 0; i < Series; i++)
        {
            var truth = Truths[i % Truths.Length];
            var returns = SimulatedGarch.Draw(random, truth, 500 + random.NextInt(1501), i % 3 == 0 ? 5 : 0);
            var fit = Garch11.Fit(returns, workspace);
            var scale = Scales[i % Scales.Length];
            var scaled = Garch11.Fit([.. returns.Select(r => r * scale)], workspace);
            var end = $"{fit.Status} {fit.Reason}";
            ends[end] = ends.GetValueOrDefault(end) + 1;
            if (!fit.Converged || scaled.Status != fit.Status)
            {
                failed.Add($"series {i} of {truth}: {fit.Status}, at scale {scale} {scaled.Status}; {fit.Reason}");
            }

            Assert.True(
                Distance(fit, scaled, scale) < 1e-7, $"series {i} of {truth}: {fit.Parameters}, at scale {scale} {scaled.Parameters}");
        }

        foreach (var (end, count) in ends)
        {
            output.WriteLine($"{count} {end}");
        }

        Assert.True(failed.Count <= Series / 1000, $"{failed.Count} of {Series} failed:\n{string.Join('\n', failed)}");
    }

    /// <summary>The largest difference of alpha, beta, mu in standard deviations and omega in variances.</summary>
    private static double Distance(Garch11Fit plain, Garch11Fit scaled, double scale)
    {
        var variance = plain.PresampleVariance;
        double[] differences =
        [
            (scaled.Mu / scale - plain.Mu) / Math.Sqrt(variance), ((scaled.Omega / scale / scale) - plain.Omega) / variance,
            scaled.Alpha - plain.Alpha, scaled.Beta - plain.Beta,
        ];
        return differences.Max(Math.Abs);
    }
}
