using System.Collections.Immutable;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Risk.Policy;

/// <summary>
/// From daily returns to the applied volatility that a report would carry, day by day.
/// <code>
/// point    p_t = EWMA of daily squared returns, annualised; or the fresh implied volatility where that is larger
/// stress   S_t = highest one-year average of the EWMA so far, unless governance sets it
/// long run L_t = average of the EWMA over ten years, or as long as there is
/// applied      = max((1-w) p + w S, f L)         Art. 28(1)(b) and (c) of EMIR RTS 153/2013, on the volatility
/// margin     M = 1 - exp(-m applied sqrt(h))     = 1 - LT without slippage and bonus: the requirement per unit of notional
/// </code>
/// The tools act on the volatility, not on M: everything derived on-chain then follows from one number. M is concave in it, so a rise of M
/// is smaller than that of the volatility. The EWMA starts from the mean square of the first <see cref="SeedReturns"/> returns.
/// </summary>
/// <param name="Lambda">EWMA weight a day, inside (0, 1)</param>
/// <param name="StressWeight">w, .25 to 1</param>
/// <param name="FloorShare">f, 0 (no floor) to 1 (Art. 28(1)(c) in full)</param>
/// <param name="StressVolatility">annualised, where governance sets it</param>
public sealed record AppliedVolatility(double Lambda, double StressWeight, double FloorShare, double? StressVolatility = null)
{
    /// <summary>Returns needed before there is a first reading.</summary>
    public const int SeedReturns = 30;

    /// <summary>Five days.</summary>
    public const double HorizonSeconds = 5 * Conventions.SecondsPerDay;

    /// <exception cref="RiskInputException">LambdaOutOfRange, StressWeightOutOfRange, FloorShareOutOfRange,
    /// StressVolatilityOutOfRange</exception>
    public AppliedVolatility Validated()
    {
        if (Lambda is not (> 0 and < 1))
        {
            throw new RiskInputException("LambdaOutOfRange", $"Lambda {Lambda}: it lies inside (0, 1), .94 for daily returns.");
        }

        AntiProcyclicality.RequireWeight(StressWeight);
        if (FloorShare is not (>= 0 and <= 1))
        {
            throw new RiskInputException("FloorShareOutOfRange", $"A floor share of {FloorShare}: it lies between 0 (no floor) and 1.");
        }

        if (StressVolatility is { } stress && (!(stress > 0) || !double.IsFinite(stress)))
        {
            throw new RiskInputException("StressVolatilityOutOfRange", $"A stress volatility of {stress}: give one over zero, annualised.");
        }

        return this;
    }

    /// <summary>One more day.</summary>
    /// <exception cref="RiskInputException">NotFinite</exception>
    public AppliedVolatilityState Step(AppliedVolatilityState state, double logReturn)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (!double.IsFinite(logReturn))
        {
            throw new RiskInputException("NotFinite", $"A log return of {logReturn}: give finite returns of prices over zero.");
        }

        if (state.Seed.Length < SeedReturns - 1)
        {
            return state with { Seed = state.Seed.Add(logReturn) };
        }

        var variance = state.Variance is { } known
            ? Ewma.Update(known, logReturn, Lambda)
            : Ewma.Variance([.. state.Seed, logReturn], Lambda, SeedReturns);
        var point = Ewma.Annualise(variance, Conventions.SecondsPerDay);
        return state with { Variance = variance, Stress = state.Stress.Add(point), LongRun = state.LongRun.Add(point) };
    }

    /// <summary>What the state says today; null while it warms up.</summary>
    /// <param name="state">after today's return</param>
    /// <param name="impliedVolatility">annualised, only where it is fresh</param>
    /// <exception cref="RiskInputException">NotFinite</exception>
    public VolatilityReading? Read(AppliedVolatilityState state, double? impliedVolatility = null)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Variance is not { } variance)
        {
            return null;
        }

        if (impliedVolatility is { } implied && (!double.IsFinite(implied) || implied < 0))
        {
            throw new RiskInputException("NotFinite", $"An implied volatility of {implied}: give a finite one of at least 0, or none.");
        }

        var realised = Ewma.Annualise(variance, Conventions.SecondsPerDay);
        var point = Math.Max(realised, impliedVolatility ?? 0);
        var stress = StressVolatility ?? state.Stress.Level;
        var blended = StressBlend.Apply(point, stress, StressWeight);
        var floor = FloorShare * state.LongRun.Mean;
        return new VolatilityReading(realised, point, stress, state.LongRun.Mean, Math.Max(blended, floor), floor > blended);
    }

    /// <summary>M of an annualised volatility: 1 - exp(-m sigma sqrt(h)).</summary>
    public static double Margin(
        double volatility, double tailMultiplier = Conventions.NormalTailMultiplier, double horizonSeconds = HorizonSeconds) =>
        1 - CollateralFactors.LiquidationThreshold(volatility, 0, new FactorParameters(tailMultiplier, horizonSeconds, 0, 0));
}

/// <summary>All that is kept between two days.</summary>
/// <param name="Seed">the first returns, while they are too few</param>
/// <param name="Variance">EWMA of daily squared returns; null while there are too few</param>
public sealed record AppliedVolatilityState(ImmutableArray<double> Seed, double? Variance, StressLevel Stress, TrailingMean LongRun)
{
    public static AppliedVolatilityState Empty { get; } = new([], null, StressLevel.Empty, AntiProcyclicality.LongRun);
}

/// <summary>One day's volatilities, annualised.</summary>
/// <param name="Realised">EWMA</param>
/// <param name="Point">the larger of realised and fresh implied</param>
/// <param name="Floored">whether the long-run floor is what applies</param>
public readonly record struct VolatilityReading(
    double Realised, double Point, double Stress, double LongRun, double Applied, bool Floored);
