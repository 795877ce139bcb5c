using KeeperOracle.Primitives;

namespace KeeperOracle.Risk.Factors;

/// <summary>
/// Liquidation threshold and borrow factor from volatility and slippage; the twin of contracts/libraries/FactorMath.sol, held against it
/// by tests/vectors/factors.json and ramp.json to 1e-9.
/// <code>
/// LT = min(exp(-m sigma sqrt(h)) (1-s)/(1+b), 1 - jump)      maintenance, before the ramp
/// BF = LT exp(-z99 sigma sqrt(1 day))                        initial: a new loan survives a bad day
/// </code>
/// Times in years of 365 days, volatility annualised, all results fractions.
/// </summary>
public static class CollateralFactors
{
    /// <summary>ln LT: the ramp is linear in it.</summary>
    public static double LnLiquidationThreshold(double volatility, double slippage, in FactorParameters parameters)
    {
        RequireFraction(slippage, nameof(slippage));
        if (!(volatility >= 0) || !double.IsFinite(volatility))
        {
            throw new ArgumentOutOfRangeException(nameof(volatility), volatility, "Volatility is finite and not negative.");
        }

        var loss = parameters.TailMultiplier * volatility * Math.Sqrt(parameters.HorizonSeconds / Conventions.SecondsPerYear);
        var modelled = Elementary.Log(1 - slippage) - Elementary.Log(1 + parameters.Bonus) - loss;
        return Math.Min(modelled, Elementary.Log(1 - parameters.Jump));
    }

    /// <summary>LT without a ramp.</summary>
    public static double LiquidationThreshold(double volatility, double slippage, in FactorParameters parameters) =>
        Elementary.Exp(LnLiquidationThreshold(volatility, slippage, parameters));

    /// <summary>BF on top of a liquidation threshold.</summary>
    public static double BorrowFactor(double liquidationThreshold, double volatility) =>
        liquidationThreshold * Elementary.Exp(-OneDayMove(volatility));

    /// <summary>z99 sigma sqrt(1 day): the log fall of one bad day, and ln(LT/BF).</summary>
    public static double OneDayMove(double volatility) =>
        Conventions.Z99 * volatility * Math.Sqrt(Conventions.SecondsPerDay / Conventions.SecondsPerYear);

    /// <summary>ln LT in force <paramref name="elapsedSeconds"/> after a report: from its start towards the target at a fixed rate.</summary>
    public static double Ramp(double lnStart, double lnTarget, double ratePerDay, double elapsedSeconds)
    {
        var reach = ratePerDay * elapsedSeconds / Conventions.SecondsPerDay;
        return lnTarget < lnStart ? Math.Max(lnTarget, lnStart - reach) : Math.Min(lnTarget, lnStart + reach);
    }

    /// <summary>Both factors in force, rounded down.</summary>
    /// <param name="fallback">where the oracle has been silent past its heartbeat: the borrow factor is the stricter of that at the last and at
    /// these inputs; null where it has not</param>
    public static CollateralFactorPair InForce(
        in AttestedRisk attested, in FactorParameters parameters, ulong now, FallbackRisk? fallback = null)
    {
        var elapsed = now <= attested.UpdatedAt ? 0 : now - attested.UpdatedAt;
        var lnTarget = LnLiquidationThreshold(attested.Volatility, attested.Slippage, parameters);
        var maintenance = Elementary.Exp(Ramp(attested.LnThresholdAtUpdate, lnTarget, attested.RampPerDay, elapsed));
        var initial = Initial(maintenance, attested.InitialVolatility, attested.InitialSlippage, parameters);
        if (fallback is { } approved)
        {
            initial = Math.Min(initial, Initial(maintenance, approved.Volatility, approved.Slippage, parameters));
        }

        return new CollateralFactorPair(Wad.FromDoubleDown(maintenance), Wad.FromDoubleDown(initial));
    }

    private static double Initial(double maintenance, double volatility, double slippage, in FactorParameters parameters) =>
        BorrowFactor(Math.Min(maintenance, LiquidationThreshold(volatility, slippage, parameters)), volatility);

    private static void RequireFraction(double value, string name)
    {
        if (value is not (>= 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(name, value, "A fraction lies between 0 and 1.");
        }
    }
}

/// <summary>What the chain holds for one asset, as fractions; ln LT at the last whole report and its chain time in seconds.</summary>
public readonly record struct AttestedRisk(
    double Volatility,
    double Slippage,
    double InitialVolatility,
    double InitialSlippage,
    double LnThresholdAtUpdate,
    ulong UpdatedAt,
    double RampPerDay);

/// <summary>What initial margin is also measured at while the oracle is silent, as fractions.</summary>
public readonly record struct FallbackRisk(double Volatility, double Slippage);

/// <summary>Maintenance and initial.</summary>
public readonly record struct CollateralFactorPair(Wad LiquidationThreshold, Wad BorrowFactor);
