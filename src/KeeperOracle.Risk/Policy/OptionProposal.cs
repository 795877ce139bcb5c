using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.Policy;

/// <summary>Governance's bounds of an asset's option inputs, scaled by 1e18: contracts/interfaces/IRiskOracle.sol.</summary>
public readonly record struct OptionBoundsSnapshot(Wad ImpliedFloor, Wad ImpliedCap, Wad ImpliedStep, Wad ForwardStep, Wad ForwardFloor, Wad ForwardCap);

/// <summary>The option inputs of one expiry: implied volatility, and forward over spot.</summary>
public readonly record struct OptionInputsSnapshot(Wad ImpliedVolatility, Wad ForwardRatio);

/// <summary>What one node would attest for one expiry.</summary>
/// <param name="Reason">which bound holds it; empty where none does</param>
public sealed record OptionProposal(ulong Expiry, OptionInputsSnapshot Inputs, string Reason)
{
    /// <summary>
    /// The values nearest the surface's that the bounds and the steps from the last ones admit. An expiry that has passed is attested on as it was, for its options are valued
    /// without it.
    /// </summary>
    /// <param name="surface">null for an expiry that has passed</param>
    public static OptionProposal Of(ulong expiry, (double ImpliedVolatility, double ForwardRatio)? surface, OptionInputsSnapshot last, OptionBoundsSnapshot bounds)
    {
        if (surface is not { } aim)
        {
            return new OptionProposal(expiry, last, "it has passed");
        }

        var (implied, ratio) = (last.ImpliedVolatility, last.ForwardRatio);
        var step = implied.MultiplyDown(bounds.ImpliedStep);
        var (volatility, why) = RiskPolicy.Admit(
            Wad.FromDoubleDown(aim.ImpliedVolatility), (Larger(bounds.ImpliedFloor, implied - step), Smaller(bounds.ImpliedCap, implied + step)), "implied volatility");
        var (forward, whyNot) = RiskPolicy.Admit(
            Wad.FromDoubleDown(aim.ForwardRatio), (Larger(bounds.ForwardFloor, ratio - bounds.ForwardStep), Smaller(bounds.ForwardCap, ratio + bounds.ForwardStep)), "forward over spot");
        return new OptionProposal(expiry, new OptionInputsSnapshot(volatility, forward), string.Join("; ", new[] { why, whyNot }.Where(text => text.Length > 0)));
    }

    private static Wad Larger(Wad a, Wad b) => a > b ? a : b;

    private static Wad Smaller(Wad a, Wad b) => a < b ? a : b;
}
