using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Margin;

/// <summary>What `scaled` asks for the legs on one underlying. Losses and requirements positive, units of account.</summary>
/// <param name="MarkToMarket">of the legs, unrealised P&amp;L of perpetuals included</param>
/// <param name="WorstLoss">largest damped loss of the grid, at least zero</param>
/// <param name="WorstScenario">index into the grid</param>
/// <param name="Contingency">for naked options and perpetuals, maintenance; the depth add-on included</param>
/// <param name="InitialContingency">on top of it, initial only</param>
public readonly record struct ScaledRisk(
    double MarkToMarket, double WorstLoss, int WorstScenario, double Contingency, double InitialContingency)
{
    public double Requirement => Math.Max(0, WorstLoss - MarkToMarket + Contingency);

    public double InitialRequirement => Math.Max(0, WorstLoss - MarkToMarket + Contingency + InitialContingency);
}

/// <summary>The figures of an account, without allocation. Net margins positive = healthy.</summary>
/// <param name="LiquidationCapacity">sum of q P LT (1 - l), and cash held</param>
/// <param name="BorrowCapacity">sum of q P BF (1 - l), and cash held</param>
/// <param name="Debt">borrowed, and cash owed</param>
public readonly record struct ScaledFigures(
    double MarkToMarket,
    double WorstLoss,
    double Requirement,
    double InitialRequirement,
    double LiquidationCapacity,
    double BorrowCapacity,
    double Debt)
{
    /// <summary>Net: capacity less debt and requirement; liquidation starts under zero.</summary>
    public double MaintenanceMargin => LiquidationCapacity - Debt - Requirement;

    /// <summary>Net; borrowing and withdrawing need it at zero or over.</summary>
    public double InitialMargin => BorrowCapacity - Debt - InitialRequirement;

    /// <summary>H = LiquidationCapacity / (D + R); null where nothing is owed and nothing required.</summary>
    public double? Health => Debt + Requirement > 0 ? LiquidationCapacity / (Debt + Requirement) : null;
}

/// <summary>Everything about one underlying.</summary>
/// <param name="Range">of the grid, a fraction of spot</param>
/// <param name="Gains">of each scenario, damped, gains positive</param>
public sealed record ScaledUnderlying(
    string Name, double Range, ScaledRisk Risk, string WorstScenario, IReadOnlyList<ScenarioGain> Gains, NetGreeks Greeks);

/// <summary>Result of <see cref="ScaledMargin"/>.</summary>
/// <param name="Figures">of the account; requirements of several underlyings add up</param>
/// <param name="LegGains">what each leg gains in its underlying's worst scenario, damped; they sum to minus the worst losses</param>
public sealed record ScaledAssessment(ScaledFigures Figures, IReadOnlyList<ScaledUnderlying> Underlyings, IReadOnlyList<double> LegGains);
