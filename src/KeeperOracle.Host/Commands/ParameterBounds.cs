using System.ComponentModel;
using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Commands;

/// <summary>Governance's bounds of one asset as a file gives them. The defaults are those of the local deployment's WETH.</summary>
[Description("Governance's bounds of one asset; fractions unless said otherwise")]
internal sealed record ParameterBounds(
    [Description("annualised")] double VolatilityFloor = 0.35,
    [Description("annualised")] double VolatilityCap = 4,
    double SlippageCap = 0.3,
    [Description("relative rise of volatility in one report")] double TightenStep = 1,
    [Description("relative fall of volatility in one report")] double LoosenStep = 0.1,
    double SlippageStep = 0.1,
    [Description("m of the liquidation threshold: expected shortfall at 99 % in standard deviations, 2.6652142 for the normal")]
    double TailMultiplier = Conventions.NormalTailMultiplier,
    [Description("largest liquidation bonus")] double Bonus = 0.05,
    [Description("least fall the threshold provides for")] double Jump = 0.15,
    [Description("of ln LT of maintenance, a day")] double RampPerDay = 0.021309,
    [Description("liquidation horizon")] double HorizonDays = 5)
{
    /// <exception cref="RiskInputException">BoundsInvalid</exception>
    public BoundsSnapshot ToSnapshot()
    {
        Require(
            VolatilityFloor > 0 && VolatilityFloor <= VolatilityCap && VolatilityCap < 100,
            "volatilityFloor is over 0 and at most volatilityCap, which is under 100");
        Require(SlippageCap is >= 0 and < 1, "slippageCap lies from 0 to under 1");
        Require(TightenStep > 0 && LoosenStep is > 0 and < 1 && SlippageStep > 0, "the steps are over 0, loosenStep under 1");
        Require(TailMultiplier is > 0 and < 100, "tailMultiplier is over 0 and under 100");
        Require(Bonus is >= 0 and < 1 && Jump is >= 0 and < 1, "bonus and jump lie from 0 to under 1");
        Require(RampPerDay > 0, "rampPerDay is over 0");
        Require(HorizonDays is > 0 and <= 365, "horizonDays is over 0 and at most 365");
        return new BoundsSnapshot(
            Exactly(VolatilityFloor),
            Exactly(VolatilityCap),
            Exactly(SlippageCap),
            Exactly(TightenStep),
            Exactly(LoosenStep),
            Exactly(SlippageStep),
            Exactly(TailMultiplier),
            Exactly(Bonus),
            Exactly(Jump),
            Exactly(RampPerDay),
            (uint)Math.Round(HorizonDays * Conventions.SecondsPerDay));
    }

    /// <summary>The decimal that was written, not the binary fraction next to it.</summary>
    internal static Wad Exactly(double value) => new(new BigInteger((decimal)value * 1_000_000_000_000_000_000m));

    private static void Require(bool holds, string rule)
    {
        if (!holds)
        {
            throw new RiskInputException("BoundsInvalid", $"The bounds: {rule}.");
        }
    }
}
