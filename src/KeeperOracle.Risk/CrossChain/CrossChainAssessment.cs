using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.CrossChain;

/// <summary>Result of <see cref="CrossChainMargin"/>.</summary>
/// <param name="Chains">in the order of the accounts</param>
/// <param name="Maintained">what liquidation looks at: admitted collateral, as old as its chain's finality lag; for searches of
/// prices</param>
public sealed record CrossChainAssessment(CrossChainFigures Figures, IReadOnlyList<ChainMargin> Chains, Portfolio Maintained)
{
    /// <summary>What linking the legs saves: the sum of what each chain's would ask for alone, less what all ask for together;
    /// maintenance.</summary>
    public double Offset => Chains.Sum(chain => chain.Requirement) - Figures.Requirement;
}

/// <summary>Of all chains together, units of account. Requirements and debts positive; net margins positive = healthy.</summary>
public readonly record struct CrossChainFigures
{
    /// <summary>At borrow factors and today's age, silent chains left out; cash held included.</summary>
    public double InitialCapacity { get; init; }

    /// <summary>At liquidation thresholds and finality lags; cash held included.</summary>
    public double MaintenanceCapacity { get; init; }

    /// <summary>Borrowed, and cash owed in excess of cash held.</summary>
    public double Debt { get; init; }

    /// <summary>The same where a silent chain's cash is not held.</summary>
    public double InitialDebt { get; init; }

    public double InitialRequirement { get; init; }

    public double Requirement { get; init; }

    /// <summary>Of all legs.</summary>
    public double MarkToMarket { get; init; }

    /// <summary>New risk needs it at zero or over.</summary>
    public double InitialMargin => InitialCapacity - InitialDebt - InitialRequirement;

    /// <summary>Under zero means that health is under 1.</summary>
    public double MaintenanceMargin => MaintenanceCapacity - Debt - Requirement;

    /// <summary>H; null where nothing is owed and nothing required.</summary>
    public double? Health => Debt + Requirement > 0 ? MaintenanceCapacity / (Debt + Requirement) : null;

    /// <summary>Initial capacity over debt and initial requirement; null likewise.</summary>
    public double? InitialHealth => InitialDebt + InitialRequirement > 0 ? InitialCapacity / (InitialDebt + InitialRequirement) : null;
}

/// <summary>One chain's part; its requirements are of its legs alone, so that they sum to at least those of the whole.</summary>
/// <param name="CountedAgeSeconds">at least the finality lag</param>
public sealed record ChainMargin(string Chain, double CountedAgeSeconds, bool Silent)
{
    /// <summary>Of collateral and cash held.</summary>
    public required double Value { get; init; }

    /// <summary>What of it the cap lets count.</summary>
    public required double Admitted { get; init; }

    public required double? ValueCap { get; init; }

    public required IReadOnlyList<AdmittedCollateral> Collaterals { get; init; }

    /// <summary>Zero while the chain is silent.</summary>
    public required double InitialCapacity { get; init; }

    public required double MaintenanceCapacity { get; init; }

    public required double Debt { get; init; }

    public required double Requirement { get; init; }

    public required double InitialRequirement { get; init; }

    public required double MarkToMarket { get; init; }

    /// <summary>The net initial margin of all chains together if this one fell silent; what it is now where it is.</summary>
    public required double InitialIfSilent { get; init; }

    /// <summary>Net, of this chain alone.</summary>
    public double InitialMargin => InitialCapacity - Debt - InitialRequirement;

    /// <inheritdoc cref="InitialMargin"/>
    public double MaintenanceMargin => MaintenanceCapacity - Debt - Requirement;
}

/// <param name="Value">of all of it, units of account</param>
/// <param name="Admitted">what the chain's cap lets count of it</param>
/// <param name="Capacity">haircuts, and what the admitted value counts for</param>
public readonly record struct AdmittedCollateral(string Asset, double Value, double Admitted, RemoteCapacity Capacity)
{
    /// <summary>Tokens admitted.</summary>
    internal double AmountOf(ChainCollateral held) => Admitted == Value ? held.Amount : Admitted / held.Price;
}
