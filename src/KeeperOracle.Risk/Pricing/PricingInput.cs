namespace KeeperOracle.Risk.Pricing;

/// <summary>Refusals that all pricing shares.</summary>
internal static class PricingInput
{
    public static void Finite(double value, string what)
    {
        if (!double.IsFinite(value))
        {
            throw new RiskInputException("NotFinite", $"The {what} is {value}: it must be a finite number.");
        }
    }

    public static void AtLeastZero(double value, string what, string refusal)
    {
        Finite(value, what);
        if (value < 0)
        {
            throw new RiskInputException(refusal, $"The {what} is {value}: it must be at least zero.");
        }
    }
}
