using System.Collections.Immutable;
using System.Globalization;

namespace KeeperOracle.Risk.Volatility;

/// <summary>One expiry of a surface.</summary>
/// <param name="Expiry">chain time in seconds</param>
public sealed record SurfaceSlice(ulong Expiry, SviSlice Slice);

/// <summary>The implied volatilities of one underlying at one time, by expiry, nearest first.</summary>
/// <param name="Spot">that the forwards are over; in their unit</param>
public sealed record VolatilitySurface(double Spot, ImmutableArray<SurfaceSlice> Slices)
{
    /// <summary>A shorter time than this says little about the volatility of the days to come.</summary>
    private const double LeastYears = 1.0 / 365;

    /// <summary>Why no market could have these volatilities, by <see cref="SviArbitrage"/>; null where one could.</summary>
    public string? Arbitrage()
    {
        foreach (var one in Slices)
        {
            if (SviArbitrage.Butterfly(one.Slice) is { Free: false } found)
            {
                return Words($"butterfly arbitrage at expiry {one.Expiry}: the density at log-moneyness {found.LogMoneyness:0.###} is {found.Least:0.###}");
            }
        }

        foreach (var (earlier, later) in Slices.Zip(Slices.Skip(1)))
        {
            if (SviArbitrage.Calendar(earlier.Slice, later.Slice) is { Free: false } found)
            {
                return Words($"calendar arbitrage from expiry {earlier.Expiry} to {later.Expiry}: total variance at log-moneyness {found.LogMoneyness:0.###} rises by {found.Least:0.######}");
            }
        }

        return null;
    }

    /// <summary>Implied volatility at the forward, and forward over spot; null where the surface does not have the expiry.</summary>
    public (double ImpliedVolatility, double ForwardRatio)? At(ulong expiry) =>
        Slices.FirstOrDefault(one => one.Expiry == expiry)?.Slice is { } slice ? (slice.Volatility(slice.Forward), slice.Forward / Spot) : null;

    /// <summary>The largest implied volatility at the money of the expiries more than a day ahead; zero where there are none.</summary>
    public double LargestAtTheMoney => Slices.Where(one => one.Slice.Years > LeastYears).Select(one => one.Slice.Volatility(one.Slice.Forward)).DefaultIfEmpty(0).Max();

    private static string Words(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
