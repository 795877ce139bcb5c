using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Margin;

/// <summary>One account and the parameters to assess it by: what a case file of Derive holds.</summary>
public sealed record DerivePm2Case(Portfolio Portfolio, DerivePm2Parameters Parameters);

/// <summary>Result of <see cref="DerivePm2Margin"/>. Net margin positive = healthy; gains positive.</summary>
/// <param name="InitialMargin">net; a new risk is allowed at zero or over</param>
/// <param name="MaintenanceMargin">net; liquidation starts under zero</param>
/// <param name="MarkToMarket">of everything, cash included</param>
/// <param name="OptionValue">marked to market, the sum of <paramref name="ExpiryValues"/></param>
/// <param name="PerpValue">unrealised P&amp;L and funding of the perpetuals</param>
/// <param name="CollateralValue">in stable units</param>
/// <param name="ExpiryValues">marked to market, in the order of the portfolio's expiries</param>
/// <param name="Gains">of each scenario, damped and discounted, in the order of the parameters</param>
/// <param name="WorstGain">the least of the gains and of the basis contingency; at most zero unless every scenario gains</param>
/// <param name="WorstScenario">its name; "basis contingency" where that is the worst</param>
/// <param name="WorstIndex">into <paramref name="Gains"/>; their count for the basis contingency</param>
/// <param name="InitialFactor">on the worst gain, the loss of the peg included</param>
/// <param name="Contingencies">positive amounts that are subtracted</param>
/// <param name="LegGains">what each leg of the portfolio gains in the worst scenario, damped, before any static discount and before a skew
/// counts gains as losses; zeros where the basis contingency is the worst</param>
public sealed record DerivePm2Assessment(
    double InitialMargin,
    double MaintenanceMargin,
    double MarkToMarket,
    double OptionValue,
    double PerpValue,
    double CollateralValue,
    IReadOnlyList<double> ExpiryValues,
    IReadOnlyList<ScenarioGain> Gains,
    double WorstGain,
    string WorstScenario,
    int WorstIndex,
    double InitialFactor,
    DerivePm2Contingencies Contingencies,
    IReadOnlyList<double> LegGains);

/// <summary>One scenario's gain, positive when money is made.</summary>
public readonly record struct ScenarioGain(Scenario Scenario, double Gain);

/// <summary>What is subtracted besides the worst loss. The initial ones come on top of the maintenance ones.</summary>
/// <param name="Basis">at most zero: it competes with the scenarios instead of being subtracted</param>
/// <param name="Confidence">for feeds that are unsure, initial only</param>
public sealed record DerivePm2Contingencies(
    double Basis,
    double PerpMaintenance,
    double PerpInitial,
    double OptionMaintenance,
    double OptionInitial,
    double CollateralMaintenance,
    double CollateralInitial,
    double Confidence)
{
    public double Maintenance => PerpMaintenance + OptionMaintenance + CollateralMaintenance;

    public double Initial => PerpInitial + OptionInitial + CollateralInitial + Confidence;
}
