using System.Collections.Immutable;

namespace KeeperOracle.Risk.Policy;

/// <summary>What trips the breaker. The names are kept for good: alerts depend on them.</summary>
public enum BreakerTripName
{
    SourceDivergence,
    Jump,
    Stale,
    ZeroVariance,
}

/// <summary>One trip with its numbers.</summary>
/// <param name="Value">what was measured, in the unit of <paramref name="Limit"/></param>
public sealed record BreakerTrip(BreakerTripName Name, double Value, double Limit, string Detail);

/// <summary>When the breaker trips.</summary>
/// <param name="Divergence">spread of the sources over their median, a fraction: over it</param>
/// <param name="Jump">absolute log return between two answers: over it</param>
/// <param name="MaxAgeSeconds">age of the newest answer: over it</param>
/// <param name="FrozenVolatility">annualised volatility of the window: at or under it (0: only an unchanged price)</param>
/// <param name="FrozenReturns">least returns in the window for it to say anything, at least 2</param>
/// <param name="VolatilityFloor">annualised; what a frozen feed's volatility is replaced by where it is lower</param>
public sealed record BreakerLimits(
    double Divergence = 0.02,
    double Jump = 0.25,
    ulong MaxAgeSeconds = 7_200,
    double FrozenVolatility = 0.01,
    int FrozenReturns = 24,
    double VolatilityFloor = 0.35)
{
    /// <exception cref="RiskInputException">BreakerLimitsInvalid: a limit that is no number would never trip</exception>
    public BreakerLimits Validated() =>
        Divergence >= 0 && Jump >= 0 && FrozenVolatility >= 0 && FrozenReturns >= 2 && VolatilityFloor >= 0
            ? this
            : throw new RiskInputException(
                "BreakerLimitsInvalid",
                $"Divergence {Divergence}, jump {Jump}, frozen volatility {FrozenVolatility} and floor {VolatilityFloor} are at least 0, "
                + $"{FrozenReturns} frozen returns at least 2.");
}

/// <summary>What it looks at, for one asset at one time.</summary>
/// <param name="SourcePrices">newest answer of each source, units of account, over zero; at least one</param>
/// <param name="Returns">log returns of the window, oldest first, evenly sampled</param>
/// <param name="SampleSeconds">between two of them</param>
/// <param name="AgeSeconds">of the newest answer</param>
public sealed record BreakerInputs(
    ImmutableArray<double> SourcePrices, ImmutableArray<double> Returns, double SampleSeconds, ulong AgeSeconds);

/// <summary>What it found.</summary>
/// <param name="Trips">in the order of <see cref="BreakerTripName"/>; empty when all is well</param>
/// <param name="Volatility">of the window, annualised, at least the floor where the feed is frozen: a feed that says nothing looks
/// calm</param>
public sealed record BreakerVerdict(ImmutableArray<BreakerTrip> Trips, double Volatility);

/// <summary>
/// Watches what prices are made from. All four trips are asked every time, so an alert names all that is wrong. At a limit nothing trips,
/// but for zero variance, where the limit itself (0) is the fault. A trip halts the regime (<see cref="RegimeMachine"/>): nothing is
/// loosened and nothing new is attested, and the chain, left in silence, tightens initial margin by itself.
/// </summary>
public static class CircuitBreaker
{
    /// <exception cref="RiskInputException">NoSource, PriceNotPositive, NotFinite, SampleSecondsNotPositive,
    /// BreakerLimitsInvalid</exception>
    public static BreakerVerdict Check(BreakerInputs inputs, BreakerLimits limits)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(limits);
        limits.Validated();
        var divergence = Divergence(inputs.SourcePrices.AsSpan());
        var volatility = RealisedVolatility(inputs);
        var jump = inputs.Returns.IsEmpty ? 0 : Math.Abs(inputs.Returns[^1]);
        var frozen = inputs.Returns.Length >= limits.FrozenReturns && volatility <= limits.FrozenVolatility;

        var trips = ImmutableArray.CreateBuilder<BreakerTrip>();
        if (divergence > limits.Divergence)
        {
            trips.Add(new(BreakerTripName.SourceDivergence, divergence, limits.Divergence,
                $"{inputs.SourcePrices.Length} sources are {divergence:P2} of their median apart, at most {limits.Divergence:P2} is "
                + "taken"));
        }

        if (jump > limits.Jump)
        {
            trips.Add(new(BreakerTripName.Jump, jump, limits.Jump,
                $"the last log return is {inputs.Returns[^1]:F4}, at most {limits.Jump:F4} either way is taken"));
        }

        if (inputs.AgeSeconds > limits.MaxAgeSeconds)
        {
            trips.Add(new(BreakerTripName.Stale, inputs.AgeSeconds, limits.MaxAgeSeconds,
                $"the newest answer is {inputs.AgeSeconds} s old, at most {limits.MaxAgeSeconds} s is taken"));
        }

        if (frozen)
        {
            trips.Add(new(BreakerTripName.ZeroVariance, volatility, limits.FrozenVolatility,
                $"{inputs.Returns.Length} returns have a volatility of {volatility:P3} a year, at or under {limits.FrozenVolatility:P3}: "
                + $"the feed looks frozen, {limits.VolatilityFloor:P1} counts instead"));
        }

        return new BreakerVerdict(trips.ToImmutable(), frozen ? Math.Max(volatility, limits.VolatilityFloor) : volatility);
    }

    /// <summary>(largest - smallest) / median of the sources' prices; 0 with one source. The median of an even count is the mean of
    /// two.</summary>
    /// <exception cref="RiskInputException">NoSource, PriceNotPositive</exception>
    public static double Divergence(ReadOnlySpan<double> prices)
    {
        if (prices.IsEmpty)
        {
            throw new RiskInputException("NoSource", "No source has a price: give at least one.");
        }

        var sorted = prices.ToArray();
        Array.Sort(sorted);
        if (!(sorted[0] > 0) || !double.IsFinite(sorted[^1]))
        {
            throw new RiskInputException(
                "PriceNotPositive", $"Source prices from {sorted[0]} to {sorted[^1]}: every price is finite and over zero.");
        }

        var median = (sorted[(sorted.Length - 1) / 2] / 2) + (sorted[sorted.Length / 2] / 2);
        return (sorted[^1] - sorted[0]) / median;
    }

    /// <summary>Root mean square of the window's returns, annualised; 0 where there are none.</summary>
    private static double RealisedVolatility(BreakerInputs inputs)
    {
        if (!(inputs.SampleSeconds > 0) || !double.IsFinite(inputs.SampleSeconds))
        {
            throw new RiskInputException(
                "SampleSecondsNotPositive", $"Returns sampled every {inputs.SampleSeconds} s: give a time over zero.");
        }

        var sum = 0.0;
        foreach (var one in inputs.Returns)
        {
            if (!double.IsFinite(one))
            {
                throw new RiskInputException("NotFinite", $"A log return of {one}: give finite returns.");
            }

            sum += one * one;
        }

        return inputs.Returns.IsEmpty ? 0 : Volatility.Ewma.Annualise(sum / inputs.Returns.Length, inputs.SampleSeconds);
    }
}
