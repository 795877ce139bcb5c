using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Risk.Policy;

/// <summary>How one asset's applied volatility and slippage are made from its price history.</summary>
/// <param name="SampleSeconds">grid of the returns</param>
/// <param name="Lambda">EWMA weight per sample</param>
/// <param name="StressVolatility">annualised; set by governance</param>
/// <param name="StressWeight">at least .25</param>
/// <param name="SellSize">largest position to be sold at once, in units of account</param>
/// <param name="DailyVolume">in units of account</param>
/// <param name="HistorySamples">most returns used</param>
public readonly record struct RiskModel(
    uint SampleSeconds,
    double Lambda,
    double StressVolatility,
    double StressWeight,
    double SellSize,
    double DailyVolume,
    int HistorySamples);

/// <summary>What one node would attest for one asset, and the way there: point, applied, proposed, and why they differ.</summary>
/// <param name="PointVolatility">EWMA, annualised</param>
/// <param name="AppliedVolatility">blended with stress</param>
/// <param name="Volatility">the next value that the bounds admit on the way to the applied one</param>
/// <param name="Slippage">likewise</param>
/// <param name="Reason">empty where applied and proposed are equal, else which bound holds it and by how much</param>
public sealed record RiskProposal(double PointVolatility, double AppliedVolatility, Wad Volatility, Wad Slippage, string Reason);

/// <summary>
/// From a price history to the value a node signs. The chain rejects a report outside its bounds or steps whole, and clamps nothing; so
/// the node itself proposes the next admissible value towards the target and says which bound held it.
/// </summary>
public static class RiskPolicy
{
    /// <summary>Seed of the EWMA: the first day of hourly returns.</summary>
    private const int SeedSamples = 24;

    /// <summary>Null where the history has fewer than <see cref="SeedSamples"/> returns: too little to estimate from.</summary>
    public static RiskProposal? Propose(
        IReadOnlyList<PriceObservation> history, ulong asOf, in RiskModel model, in AttestedSnapshot attested, in BoundsSnapshot bounds)
    {
        var returns = PriceSampling.LogReturns(history, asOf, model.SampleSeconds, model.HistorySamples);
        if (returns.Length < SeedSamples)
        {
            return null;
        }

        var point = Ewma.Annualise(Ewma.Variance(returns, model.Lambda, SeedSamples), model.SampleSeconds);
        var applied = StressBlend.Apply(point, model.StressVolatility, model.StressWeight);
        var slippage = Slippage.SquareRootImpact(applied, model.SellSize, model.DailyVolume);
        var (volatility, volatilityReason) = Admit(Wad.FromDoubleUp(applied), VolatilityRange(attested, bounds), "volatility");
        var (impact, slippageReason) = Admit(Wad.FromDoubleUp(slippage), SlippageRange(attested, bounds), "slippage");
        var reason = string.Join("; ", new[] { volatilityReason, slippageReason }.Where(text => text.Length > 0));
        return new RiskProposal(point, applied, volatility, impact, reason);
    }

    /// <summary>What the next report may say of an asset's volatility.</summary>
    public static (Wad Low, Wad High) VolatilityRange(in AttestedSnapshot attested, in BoundsSnapshot bounds) =>
        (Max(bounds.VolatilityFloor, attested.Volatility - attested.Volatility.MultiplyDown(bounds.LoosenStep)),
         Min(bounds.VolatilityCap, attested.Volatility + attested.Volatility.MultiplyDown(bounds.TightenStep)));

    /// <summary>What the next report may say of an asset's slippage.</summary>
    public static (Wad Low, Wad High) SlippageRange(in AttestedSnapshot attested, in BoundsSnapshot bounds) =>
        (Max(Wad.Zero, attested.Slippage - bounds.SlippageStep), Min(bounds.SlippageCap, attested.Slippage + bounds.SlippageStep));

    /// <summary>The value nearest the target inside a range, and which end held it; no reason where none did.</summary>
    internal static (Wad Value, string Reason) Admit(Wad target, (Wad Low, Wad High) range, string name) =>
        target < range.Low ? (range.Low, $"{name} {target} is under the least admissible next value {range.Low}")
        : target > range.High ? (range.High, $"{name} {target} is over the largest admissible next value {range.High}")
        : (target, "");

    private static Wad Max(Wad a, Wad b) => a > b ? a : b;

    private static Wad Min(Wad a, Wad b) => a < b ? a : b;
}
