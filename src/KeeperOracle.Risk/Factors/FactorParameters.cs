namespace KeeperOracle.Risk.Factors;

/// <summary>Governance's constants of one asset, as fractions.</summary>
/// <param name="TailMultiplier">m: expected shortfall at 99 % in standard deviations (2.6652142 for the normal).</param>
/// <param name="HorizonSeconds">h: time in which a position can be liquidated.</param>
/// <param name="Bonus">b: the largest liquidation bonus.</param>
/// <param name="Jump">Least loss the threshold leaves room for, whatever the volatility.</param>
public readonly record struct FactorParameters(double TailMultiplier, double HorizonSeconds, double Bonus, double Jump);
