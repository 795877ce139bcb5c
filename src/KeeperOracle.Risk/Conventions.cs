namespace KeeperOracle.Risk;

/// <summary>Conventions that hold everywhere: 365-day year, seconds, log returns, annualised volatility.</summary>
public static class Conventions
{
    public const double SecondsPerDay = 86_400;

    public const double SecondsPerYear = 365 * SecondsPerDay;

    /// <summary>99 % quantile of the standard normal, as the contracts hold it.</summary>
    public const double Z99 = 2.3263478740;

    /// <summary>m: expected shortfall of the standard normal at 99 %, phi(z99)/.01, as published.</summary>
    public const double NormalTailMultiplier = 2.6652142;
}
