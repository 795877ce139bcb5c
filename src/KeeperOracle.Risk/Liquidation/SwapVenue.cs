using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Risk.Liquidation;

/// <summary>
/// Where one token is sold for another: what comes out is concave in what goes in, so that the price only gets worse with size. Amounts in
/// tokens. The kinds are closed: square-root impact for a market known by its volume, constant product for a pool known by its reserves.
/// </summary>
public abstract record SwapVenue
{
    private protected SwapVenue()
    {
    }

    /// <summary>The most that may go in; over it the venue has no answer.</summary>
    public abstract double MaxAmountIn { get; }

    /// <summary>Tokens out for tokens in, fee taken, for 0 to <see cref="MaxAmountIn"/>.</summary>
    public abstract double AmountOut(double amountIn);

    /// <summary>Tokens out for one more token in, at this size; falls as size grows.</summary>
    public abstract double MarginalOut(double amountIn);

    private protected static double RequirePositive(double value, string name) => value > 0 && double.IsFinite(value)
        ? value
        : throw new RiskInputException("VenueInputOutOfRange", $"{name} is {value}: it is finite and over zero.");

    private protected static double RequireFee(double fee) => fee is >= 0 and < 1
        ? fee
        : throw new RiskInputException("VenueInputOutOfRange", $"The fee is {fee}: it lies from 0 to under 1.");
}

/// <summary>
/// A market known by its volume: out = rate (1-fee) in (1 - 2/3 Y sigma_daily sqrt(in/V)), the average of square-root impact over the sale
/// (<see cref="Slippage"/>). It ends where one more token in brings nothing: in = V/(Y sigma_daily)^2.
/// </summary>
public sealed record SquareRootVenue : SwapVenue
{
    private readonly double _rate;
    private readonly double _volatility;
    private readonly double _dailyVolume;
    private readonly double _calibration;

    /// <param name="rate">tokens out for one in, at no size and without the fee</param>
    /// <param name="volatility">of that rate, annualised</param>
    /// <param name="dailyVolume">V, tokens in a day</param>
    /// <param name="fee">a fraction</param>
    /// <param name="calibration">Y</param>
    public SquareRootVenue(double rate, double volatility, double dailyVolume, double fee = 0, double calibration = 1)
    {
        _rate = RequirePositive(rate, "The rate") * (1 - RequireFee(fee));
        _volatility = RequirePositive(volatility, "The volatility");
        _dailyVolume = RequirePositive(dailyVolume, "The daily volume");
        _calibration = RequirePositive(calibration, "The calibration");
        var impactAtVolume = 1.5 * Slippage.SquareRootImpact(volatility, dailyVolume, dailyVolume, calibration);
        MaxAmountIn = Math.Min(double.MaxValue, dailyVolume / (impactAtVolume * impactAtVolume));
    }

    public override double MaxAmountIn { get; }

    public override double AmountOut(double amountIn) => _rate * amountIn * (1 - AverageImpact(amountIn));

    public override double MarginalOut(double amountIn) => _rate * (1 - (1.5 * AverageImpact(amountIn)));

    private double AverageImpact(double amountIn) => Slippage.SquareRootImpact(_volatility, amountIn, _dailyVolume, _calibration);
}

/// <summary>
/// A pool where the product of reserves is constant: out = y g in/(x + g in), g = 1 - fee (Uniswap v2). One range of concentrated liquidity
/// (Uniswap v3) is the same pool with reserves x = L/sqrt(P), y = L sqrt(P) that ends at the border of the range.
/// </summary>
public sealed record ConstantProductVenue : SwapVenue
{
    private readonly double _reserveIn;
    private readonly double _reserveOut;
    private readonly double _kept;

    /// <param name="reserveIn">x, tokens of the kind that goes in</param>
    /// <param name="reserveOut">y, tokens of the kind that comes out</param>
    /// <param name="fee">a fraction</param>
    public ConstantProductVenue(double reserveIn, double reserveOut, double fee)
        : this(reserveIn, reserveOut, fee, double.MaxValue)
    {
    }

    private ConstantProductVenue(double reserveIn, double reserveOut, double fee, double maxAmountIn)
    {
        _reserveIn = RequirePositive(reserveIn, "The reserve of the token in");
        _reserveOut = RequirePositive(reserveOut, "The reserve of the token out");
        _kept = 1 - RequireFee(fee);
        MaxAmountIn = maxAmountIn;
    }

    public override double MaxAmountIn { get; }

    /// <summary>
    /// The range that holds the price: price falls from <paramref name="price"/> to at least <paramref name="lowestPrice"/> as tokens go
    /// in. To sell the other token of the pool give both prices inverted: the liquidity is the same.
    /// </summary>
    /// <param name="liquidity">L of the range, in square roots of token amounts</param>
    /// <param name="price">tokens out for one token in, now</param>
    public static ConstantProductVenue ConcentratedRange(double liquidity, double price, double lowestPrice, double fee)
    {
        RequirePositive(liquidity, "The liquidity");
        var (root, lowest) = (Math.Sqrt(RequirePositive(price, "The price")), Math.Sqrt(RequirePositive(lowestPrice, "The lowest price")));
        var room = RequirePositive(
            (liquidity / lowest) - (liquidity / root), "The room between the price and the lowest price of the range");
        return new ConstantProductVenue(liquidity / root, liquidity * root, fee, room / (1 - RequireFee(fee)));
    }

    public override double AmountOut(double amountIn) => _reserveOut * (_kept * amountIn / (_reserveIn + (_kept * amountIn)));

    public override double MarginalOut(double amountIn)
    {
        var share = _reserveIn / (_reserveIn + (_kept * amountIn));
        return _kept * _reserveOut / _reserveIn * share * share;
    }
}
