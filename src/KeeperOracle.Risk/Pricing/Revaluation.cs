using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using KeeperOracle.Risk.Numerics;

namespace KeeperOracle.Risk.Pricing;

/// <summary>
/// Options prepared to be priced again under many scenarios: what does not change from one to the next is worked out once. All arrays of
/// one length.
/// </summary>
/// <param name="sign">1 for a call, -1 for a put; anything else is the caller's mistake and not looked for</param>
/// <param name="forward">per unit, at least zero</param>
/// <param name="strike">in the forward's unit, at least zero</param>
/// <param name="logMoneyness">ln(F/K), as <see cref="Revaluation.LogMoneyness"/> gives it</param>
/// <param name="totalVolatility">sigma sqrt(T), at least zero</param>
public readonly ref struct RevaluedOptions(
    ReadOnlySpan<double> sign,
    ReadOnlySpan<double> forward,
    ReadOnlySpan<double> strike,
    ReadOnlySpan<double> logMoneyness,
    ReadOnlySpan<double> totalVolatility)
{
    public ReadOnlySpan<double> Sign { get; } = sign;

    public ReadOnlySpan<double> Forward { get; } = forward;

    public ReadOnlySpan<double> Strike { get; } = strike;

    public ReadOnlySpan<double> LogMoneyness { get; } = logMoneyness;

    public ReadOnlySpan<double> TotalVolatility { get; } = totalVolatility;

    public int Length => Sign.Length;

    /// <summary>The options from <paramref name="start"/> on, for one account or expiry.</summary>
    public RevaluedOptions Slice(int start, int length) => new(
        Sign.Slice(start, length), Forward.Slice(start, length), Strike.Slice(start, length), LogMoneyness.Slice(start, length),
        TotalVolatility.Slice(start, length));
}

/// <summary>One scenario: every forward times <see cref="Forward"/>, every volatility times <see cref="Volatility"/>.</summary>
public readonly struct MarketShock
{
    /// <param name="forward">multiplier, over zero</param>
    /// <param name="volatility">multiplier, at least zero</param>
    public MarketShock(double forward, double volatility)
    {
        if (!(forward > 0 && double.IsFinite(forward) && volatility >= 0 && double.IsFinite(volatility)))
        {
            throw new RiskInputException(
                "ShockOutOfRange",
                $"The shock multiplies the forward by {forward} and volatility by {volatility}: over zero, and at least zero.");
        }

        (Forward, Volatility, LogForward) = (forward, volatility, Elementary.Log(forward));
    }

    public double Forward { get; }

    public double Volatility { get; }

    /// <summary>ln of the forward's multiplier.</summary>
    public double LogForward { get; }
}

/// <summary>
/// Prices before discounting, s [F N(s d1) - K N(s d2)] as in <see cref="Black76"/>, of many options under one scenario after another:
/// one exponential and no logarithm an option. The same bits in every width and at every place in the array; allocates nothing.
/// Without volatility or at expiry an option is worth max(0, s (F - K)). Inputs are taken as they are: the caller has refused bad ones.
/// </summary>
public static class Revaluation
{
    /// <summary>ln(F/K) for prices of at least zero; 1e200 or -1e200 stands for infinite.</summary>
    public static double LogMoneyness(double forward, double strike) => Black76.LogMoneyness(forward, strike);

    /// <summary>The price of every option under the shock; <paramref name="price"/> is at least as long as the options.</summary>
    public static void Prices(in RevaluedOptions options, MarketShock shock, Span<double> price)
    {
        var length = options.Length;
        if (options.Forward.Length != length || options.Strike.Length != length || options.LogMoneyness.Length != length
            || options.TotalVolatility.Length != length || price.Length < length)
        {
            throw new RiskInputException("UnequalLengths", $"The arrays of {length} options do not all have that length.");
        }

        var done = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            done = Prices<Lanes8>(options, shock, price, done);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            done = Prices<Lanes4>(options, shock, price, done);
        }

        Prices<Lane1>(options, shock, price, done);
    }

    /// <summary>
    /// As many whole lanes as there are from <paramref name="start"/>; returns the first element not done. Compiled in full at its first
    /// call, as in <see cref="LaneLoop"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    internal static int Prices<T>(in RevaluedOptions options, MarketShock shock, Span<double> result, int start)
        where T : struct, ILanes<T>
    {
        ref var sign = ref MemoryMarshal.GetReference(options.Sign);
        ref var forward = ref MemoryMarshal.GetReference(options.Forward);
        ref var strike = ref MemoryMarshal.GetReference(options.Strike);
        ref var logMoneyness = ref MemoryMarshal.GetReference(options.LogMoneyness);
        ref var totalVolatility = ref MemoryMarshal.GetReference(options.TotalVolatility);
        ref var price = ref MemoryMarshal.GetReference(result);
        var end = options.Length - T.Count;
        var i = start;
        for (; i <= end; i += T.Count)
        {
            T.Store(
                Price(
                    T.Load(ref Unsafe.Add(ref sign, i)), T.Load(ref Unsafe.Add(ref forward, i)), T.Load(ref Unsafe.Add(ref strike, i)),
                    T.Load(ref Unsafe.Add(ref logMoneyness, i)), T.Load(ref Unsafe.Add(ref totalVolatility, i)), shock),
                ref Unsafe.Add(ref price, i));
        }

        return i;
    }

    /// <summary>One option a lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T Price<T>(T sign, T forward, T strike, T logMoneyness, T totalVolatility, in MarketShock shock)
        where T : struct, ILanes<T>
    {
        T least = BlackTerms<T>.NoVolatility;
        var v = totalVolatility * shock.Volatility;
        v = T.WhereLess(v, least, least, v);
        return new BlackTerms<T>(sign, forward * shock.Forward, strike, logMoneyness + shock.LogForward, v).Undiscounted;
    }
}
