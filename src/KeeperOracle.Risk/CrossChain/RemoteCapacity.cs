using KeeperOracle.Risk.Margin;

namespace KeeperOracle.Risk.CrossChain;

/// <summary>
/// What collateral observed on another chain counts for: the twin of contracts/libraries/RemoteMath.sol, held against it by
/// tests/vectors/remote.json.
/// <code>
/// initial      value BF (1 - l(sigma_initial, max(age, lag)))
/// maintenance  value LT (1 - l(sigma, lag))                       whatever the age: silence liquidates nobody
/// </code>
/// Haircuts are fractions, capacities units of account. Check: sigma .60, 20 minutes: l = .861 %.
/// </summary>
public readonly record struct RemoteCapacity(double InitialHaircut, double MaintenanceHaircut, double Initial, double Maintenance)
{
    /// <summary>Seconds that count: none from the future, and at least the finality lag.</summary>
    public static double CountedAge(double ageSeconds, double finalityLagSeconds) => Math.Max(Math.Max(0, ageSeconds), finalityLagSeconds);

    /// <param name="value">units of account, as far as it is admitted</param>
    public static RemoteCapacity Of(double value, ChainCollateral collateral, double ageSeconds, double finalityLagSeconds)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        var age = CountedAge(ageSeconds, finalityLagSeconds);
        var initial = LatencyHaircut.Of(collateral.InitialVolatility ?? collateral.Volatility, age);
        var maintenance = LatencyHaircut.Of(collateral.Volatility, finalityLagSeconds);
        return new RemoteCapacity(
            initial,
            maintenance,
            value * (1 - initial) * collateral.BorrowFactor,
            value * (1 - maintenance) * collateral.LiquidationThreshold);
    }
}
