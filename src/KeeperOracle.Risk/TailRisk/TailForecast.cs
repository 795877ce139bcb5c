namespace KeeperOracle.Risk.TailRisk;

/// <summary>
/// Value at risk and expected shortfall of one period at one level, as positive losses in the unit of the returns or the P&amp;L.
/// </summary>
public readonly record struct TailForecast(double Var, double Es);
