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

/// <summary>What a node has read beside the prices' past; the default is nothing.</summary>
/// <param name="ImpliedVolatility">at the money, annualised, from a fresh surface; zero where there is none</param>
/// <param name="PoolSlippage">of selling the model's size in the real pool; zero where none is named</param>
/// <param name="Divergence">of the sources' prices, (largest - smallest) / median</param>
public readonly record struct MarketInputs(double ImpliedVolatility, double PoolSlippage, double Divergence);

/// <summary>What one node would attest for one asset, and the way there: point, applied, proposed, and why they differ.</summary>
/// <param name="PointVolatility">EWMA, or the implied volatility where that is larger; annualised</param>
/// <param name="AppliedVolatility">blended with stress</param>
/// <param name="Volatility">the next value that the bounds admit on the way to the applied one</param>
/// <param name="Slippage">likewise</param>
/// <param name="Reason">empty where applied and proposed are equal, else which bound holds it and by how much</param>
public sealed record RiskProposal(double PointVolatility, double AppliedVolatility, Wad Volatility, Wad Slippage, string Reason)
{
    /// <summary>What it was made from beside the prices' past.</summary>
    public MarketInputs Inputs { get; init; }
}

/// <summary>
/// From a price history to the value a node signs. The chain rejects a report outside its bounds or steps whole, and clamps nothing; so
/// the node itself proposes the next admissible value towards the target and says which bound held it.
/// <code>
/// sigma_point = max(EWMA, implied where there is one)
/// sigma       = (1-w) sigma_point + w sigma_stress
/// s           = max(2/3 sigma sqrt(1/365) sqrt(Q/V), slippage of Q in the pool)
/// attested s' = s + d (1-s),  d the divergence of the sources, so 1 - s' = (1-s)(1-d)
/// </code>
/// so that LT and BF, which are proportional to 1 - s', count a collateral at the worst of its sources, as <see cref="HybridRequirement"/> does.
/// </summary>
public static class RiskPolicy
{
    /// <summary>Seed of the EWMA: the first day of hourly returns.</summary>
    private const int SeedSamples = 24;

    /// <summary>Null where the history has fewer than <see cref="SeedSamples"/> returns: too little to estimate from.</summary>
    public static RiskProposal? Propose(
        IReadOnlyList<PriceObservation> history, ulong asOf, in RiskModel model, in AttestedSnapshot attested, in BoundsSnapshot bounds, in MarketInputs inputs = default)
    {
        var returns = PriceSampling.LogReturns(history, asOf, model.SampleSeconds, model.HistorySamples);
        if (returns.Length < SeedSamples)
        {
            return null;
        }

        var point = Math.Max(Ewma.Annualise(Ewma.Variance(returns, model.Lambda, SeedSamples), model.SampleSeconds), inputs.ImpliedVolatility);
        var applied = StressBlend.Apply(point, model.StressVolatility, model.StressWeight);
        var sold = Math.Min(1, Math.Max(Slippage.SquareRootImpact(applied, model.SellSize, model.DailyVolume), inputs.PoolSlippage));
        var slippage = sold + (Math.Min(1, inputs.Divergence) * (1 - sold));
        var (volatility, volatilityReason) = Admit(Wad.FromDoubleUp(applied), VolatilityRange(attested, bounds), "volatility");
        var (impact, slippageReason) = Admit(Wad.FromDoubleUp(slippage), SlippageRange(attested, bounds), "slippage");
        var reason = string.Join("; ", new[] { volatilityReason, slippageReason }.Where(text => text.Length > 0));
        return new RiskProposal(point, applied, volatility, impact, reason) { Inputs = inputs };
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
