namespace KeeperOracle.Risk.Pricing;

/// <summary>European option, by what its holder may do.</summary>
public enum OptionKind
{
    Call,
    Put,
}
