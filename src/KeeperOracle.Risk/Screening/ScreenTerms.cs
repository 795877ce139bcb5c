using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Risk.Screening;

/// <summary>
/// What of a snapshot every bound depends on. The unit of value is 1e-18 of the unit of account, as in the contracts. NaN anywhere means that
/// the snapshot holds what no bound is proved for: then every account it touches is let through.
/// </summary>
/// <param name="Weights">by asset: what one token unit holds up for maintenance, from below</param>
/// <param name="Slop">what the roundings of the exact capacity and debt take at most, doubled</param>
/// <param name="DebtScale">value that one share of debt must be covered by, from above, before the debt is rounded up to a unit: what is owed times <paramref name="Health"/></param>
/// <param name="Health">under which accounts are let through</param>
internal sealed record ScreenTerms(double[] Weights, double Slop, double DebtScale, double Health)
{
    /// <summary>1 - 2^-40 and 1 + 2^-40: more than all roundings of doubles here together, see <see cref="AccountScreen"/>.</summary>
    public const double Down = 1 - (1.0 / (1L << 40));

    public const double Up = 1 + (1.0 / (1L << 40));

    /// <summary>Sums of more terms are not covered by the margin.</summary>
    private const int MostAssets = 1024;

    /// <summary>A weight is cut to this and dropped under that: both make it smaller, and neither overflow nor loss of digits is left.</summary>
    private const double LargestWeight = 1e120;
    private const double SmallestWeight = 1e-200;

    private const int MostStableDecimals = 18;

    public static ScreenTerms Of(ChainSnapshot snapshot, Wad least)
    {
        var health = Fraction(least.Raw);
        var weights = snapshot.Assets.Select(asset => snapshot.Assets.Length > MostAssets ? double.NaN : WeightDown(asset)).ToArray();
        var decimals = snapshot.Market.StableDecimals;
        var unit = decimals is >= 0 and <= MostStableDecimals ? (double)BigInteger.Pow(10, MostStableDecimals - decimals) : double.NaN;
        var roundings = snapshot.Assets.Aggregate(0.0, (sum, asset) => sum + 1 + Math.Ceiling(Fraction(asset.LiquidationThreshold.Raw)));
        return new ScreenTerms(weights, 2 * (roundings + (unit * health)), unit * UnitsPerShare(snapshot.Market) * Up * health, health);
    }

    /// <summary>
    /// The assets whose weight is another; null where every bound must be made anew. Bounds made with a larger slop hold under a smaller one.
    /// </summary>
    public List<int>? MovedTo(ScreenTerms next)
    {
        if (!(next.Slop <= Slop))
        {
            return null;
        }

        return [.. Enumerable.Range(0, Weights.Length).Where(i => !Weights[i].Equals(next.Weights[i]))];
    }

    private static double UnitsPerShare(MarketSnapshot market) =>
        market.BorrowIndex.Sign < 0 ? double.NaN : (double)market.BorrowIndex / (double)MarketSnapshot.ShareScale;

    private static double WeightDown(AssetSnapshot asset)
    {
        var price = (asset.HasPrice() ? asset.Price : asset.MaxPrice).PerToken.Raw;
        if (price.Sign < 0 || asset.LiquidationThreshold.Raw.Sign < 0 || asset.Decimals is < 0 or > byte.MaxValue)
        {
            return double.NaN;
        }

        var weight = (double)price * Fraction(asset.LiquidationThreshold.Raw) / (double)BigInteger.Pow(10, asset.Decimals) * Down;
        return weight > LargestWeight ? LargestWeight : weight < SmallestWeight ? 0 : weight;
    }

    private static double Fraction(BigInteger wad) => (double)wad / 1e18;
}
