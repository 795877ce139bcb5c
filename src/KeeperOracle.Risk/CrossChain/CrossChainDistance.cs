using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Margin;

namespace KeeperOracle.Risk.CrossChain;

/// <summary>How far the nearest price is at which the linked accounts' health crosses 1.</summary>
/// <param name="Asset">which moves; null where all move together</param>
/// <param name="Up">whether the price rises to it</param>
public readonly record struct NearestBarrier(string? Asset, bool Up, LiquidationBarrier Barrier);

/// <summary>
/// How far linked accounts are from liquidation, in percent and in sigma-days, and how likely they get there within a horizon.
/// <code>
/// barrier   where maintenance health crosses 1 (<see cref="LiquidationPrice"/>): all assets by their own daily deviations, and each alone
/// p         FirstPassage(1/m_down) + FirstPassage(m_up)/m_up, at most 1, m the multipliers of the price at the barriers
/// </code>
/// The second term is the probability that a geometric Brownian motion without drift rises m_up-fold: measured in the asset itself its
/// inverse has none either, and falls to 1/m_up. p is the largest over the joint move and every asset alone; 1 where health is under 1 now.
/// Ages have no part in any of it: silence brings nobody nearer to liquidation.
/// <para>
/// Limit: one factor at a time. Assets that move against each other are in no p; each alone and all together are.
/// </para>
/// </summary>
/// <param name="Down">all assets together, falling</param>
/// <param name="Nearest">by sigma-days; null where no price searched changes anything</param>
/// <param name="BreachProbability">p, 0 to 1</param>
public sealed record CrossChainDistance(
    LiquidationBarrier Down,
    LiquidationBarrier Up,
    IReadOnlyList<AssetLiquidationPrice> Assets,
    NearestBarrier? Nearest,
    double BreachProbability)
{
    /// <param name="horizonYears">of the probability, 365-day years</param>
    public static CrossChainDistance Of(CrossChainAssessment assessment, ScaledParameters? parameters, double horizonYears)
    {
        ArgumentNullException.ThrowIfNull(assessment);
        var portfolio = assessment.Maintained;
        var requirement = portfolio.Legs.Count == 0 ? null : AccountMargin.Scaled(parameters);
        var volatilities = LiquidationPrice.Volatilities(portfolio);
        var (down, up) = LiquidationPrice.Joint(portfolio, requirement);
        var assets = LiquidationPrice.PerAsset(portfolio, requirement);
        var joint = Breach(down, up, volatilities.Values.DefaultIfEmpty().Max(), horizonYears);
        var alone = assets.Select(asset => Breach(asset.Down, asset.Up, volatilities[asset.Asset], horizonYears));
        return new CrossChainDistance(down, up, assets, NearestOf(down, up, assets), alone.Append(joint).Max());
    }

    private static double Breach(LiquidationBarrier down, LiquidationBarrier up, double volatility, double years)
    {
        if (down.Status is BarrierStatus.HealthyAgainAt or BarrierStatus.AlwaysLiquidatable)
        {
            return 1;
        }

        var falls = down.Multiplier is { } low ? TailRisk.BreachProbability.FirstPassage(1 / low, volatility, years) : 0;
        var rises = up.Multiplier is { } high ? TailRisk.BreachProbability.FirstPassage(high, volatility, years) / high : 0;
        return Math.Min(1, falls + rises);
    }

    private static NearestBarrier? NearestOf(LiquidationBarrier down, LiquidationBarrier up, IReadOnlyList<AssetLiquidationPrice> assets) => assets
        .SelectMany(asset => new NearestBarrier[] { new(asset.Asset, false, asset.Down), new(asset.Asset, true, asset.Up) })
        .Prepend(new NearestBarrier(null, true, up))
        .Prepend(new NearestBarrier(null, false, down))
        .Where(one => one.Barrier.Multiplier is not null)
        .OrderBy(one => one.Barrier.SigmaDays ?? double.PositiveInfinity)
        .ThenBy(one => Math.Abs(one.Barrier.Distance!.Value))
        .Select(one => (NearestBarrier?)one)
        .FirstOrDefault();
}
