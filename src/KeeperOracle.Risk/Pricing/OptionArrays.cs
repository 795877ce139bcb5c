namespace KeeperOracle.Risk.Pricing;

/// <summary>
/// Options side by side, one array a quantity, all of one length.
/// </summary>
/// <param name="sign">1 for a call, -1 for a put</param>
/// <param name="forward">per unit, at least zero</param>
/// <param name="strike">in the forward's unit, at least zero</param>
/// <param name="years">to expiry, at least zero</param>
/// <param name="volatility">annualised, at least zero</param>
/// <param name="rate">continuously compounded, annual</param>
public readonly ref struct OptionArrays(
    ReadOnlySpan<double> sign,
    ReadOnlySpan<double> forward,
    ReadOnlySpan<double> strike,
    ReadOnlySpan<double> years,
    ReadOnlySpan<double> volatility,
    ReadOnlySpan<double> rate)
{
    public ReadOnlySpan<double> Sign { get; } = sign;

    public ReadOnlySpan<double> Forward { get; } = forward;

    public ReadOnlySpan<double> Strike { get; } = strike;

    public ReadOnlySpan<double> Years { get; } = years;

    public ReadOnlySpan<double> Volatility { get; } = volatility;

    public ReadOnlySpan<double> Rate { get; } = rate;

    public int Length => Sign.Length;
}

/// <summary>Room for the answers, each at least as long as the options; meaning and units as in <see cref="OptionValue"/>.</summary>
public readonly ref struct GreekArrays(Span<double> price, Span<double> delta, Span<double> gamma, Span<double> vega, Span<double> theta)
{
    public Span<double> Price { get; } = price;

    public Span<double> Delta { get; } = delta;

    public Span<double> Gamma { get; } = gamma;

    public Span<double> Vega { get; } = vega;

    public Span<double> Theta { get; } = theta;
}
