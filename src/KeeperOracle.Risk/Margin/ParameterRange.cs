namespace KeeperOracle.Risk.Margin;

/// <summary>What every parameter of a margin model is held against.</summary>
internal static class ParameterRange
{
    /// <summary>Both ends are allowed; a number that is none is not.</summary>
    /// <exception cref="RiskInputException">`ParameterOutOfRange`, naming the parameter</exception>
    public static void Require(double value, double least, double most, string name)
    {
        if (!(value >= least && value <= most))
        {
            throw new RiskInputException("ParameterOutOfRange", $"{name} is {value}: it must lie from {least} to {most}.");
        }
    }
}
