using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;

namespace KeeperOracle.Host.Signer.Rules;

/// <summary>Every value lies inside its bounds, both included: whatever the worker was made to believe, no more than that is attested.</summary>
internal static class BoundsRule
{
    public static SignRefusal? Check(ObservationPolicy policy, AskedObservation asked)
    {
        foreach (var risk in asked.Observation.Vector)
        {
            var bounds = policy.Assets.First(asset => asset.Asset == risk.Asset);
            if (Problem(risk, bounds) is { } problem)
            {
                return new SignRefusal(SignRefusalCode.ValueOutOfBounds, $"{Eip55.Format(risk.Asset)}: {problem} (18 decimals)");
            }
        }

        return null;
    }

    private static string? Problem(AssetRisk risk, AssetPolicy bounds) =>
        risk.Volatility < bounds.LeastVolatility || risk.Volatility > bounds.MostVolatility
            ? $"a volatility of {risk.Volatility} is outside {bounds.LeastVolatility} to {bounds.MostVolatility}"
        : risk.Slippage > bounds.MostSlippage ? $"a slippage of {risk.Slippage} is over {bounds.MostSlippage}"
        : risk.Expiries.Select(expiry => Problem(expiry, bounds)).FirstOrDefault(problem => problem is not null);

    private static string? Problem(ExpiryRisk expiry, AssetPolicy bounds) =>
        bounds.MostImpliedVolatility is not { } most ? $"the expiry {expiry.Expiry} has no bounds"
        : expiry.ImpliedVolatility > most ? $"an implied volatility of {expiry.ImpliedVolatility} is over {most}"
        : expiry.ForwardRatio < bounds.LeastForward || expiry.ForwardRatio > bounds.MostForward
            ? $"a forward ratio of {expiry.ForwardRatio} is outside {bounds.LeastForward} to {bounds.MostForward}"
        : null;
}
