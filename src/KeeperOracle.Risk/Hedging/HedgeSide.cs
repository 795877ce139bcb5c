using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Hedging;

/// <summary>One instrument bought or sold: a non-negative variable of the hedge.</summary>
/// <param name="Sign">1 to buy, -1 to sell</param>
/// <param name="Size">units available</param>
/// <param name="Cost">units of account lost on a unit traded, at least zero</param>
/// <param name="CashPaid">units of account that leave the account for a unit</param>
/// <param name="Column">its Greeks over limits, by bucket, scaled to unit length</param>
/// <param name="Length">of the column before scaling</param>
internal sealed record HedgeSide(
    HedgeInstrument Instrument, double Sign, double Size, double Cost, double CashPaid, double[] Column, double Length)
{
    /// <summary>The sides that can be traded and change a Greek: at most two.</summary>
    public static IEnumerable<HedgeSide> Of(Underlying market, HedgeInstrument instrument, HedgeLimits limits, IReadOnlyList<double> grid)
    {
        Validate(instrument);
        var unit = new Leg(instrument.Kind, market.Name, instrument.Expiry, instrument.Strike, 1, instrument.ImpliedVolatility);
        var greeks = grid.SelectMany(multiplier => Scaled(GreekLadder.OfLeg(market, unit, multiplier), limits)).ToArray();
        var length = Math.Sqrt(greeks.Sum(value => value * value));
        if (!(length > 0) || !double.IsFinite(length))
        {
            yield break;
        }

        var mark = instrument.Kind == LegKind.Perp
            ? market.Perp!.Price
            : GreekLadder.Value(
                GreekLadder.ExpiryOf(market, instrument.Expiry), instrument.Kind, instrument.Strike, instrument.ImpliedVolatility, 1).Price;
        foreach (var (sign, quote, size) in new[] { (1.0, instrument.Ask, instrument.AskSize), (-1.0, instrument.Bid, instrument.BidSize) })
        {
            if (quote > 0 && size > 0)
            {
                var cost = Math.Max(0, sign * (quote - mark)) + instrument.FeePerUnit;
                var paid = instrument.Kind == LegKind.Perp ? cost : (sign * quote) + instrument.FeePerUnit;
                yield return new HedgeSide(instrument, sign, size, cost, paid, [.. greeks.Select(value => sign * value / length)], length);
            }
        }
    }

    /// <summary>A bucket in units of the limits.</summary>
    public static double[] Scaled(GreekBucket bucket, HedgeLimits limits) =>
        [bucket.Delta / limits.Delta, bucket.Gamma / limits.Gamma, bucket.Vega / limits.Vega];

    /// <summary>The nearest multiple of the lot inside the size.</summary>
    public double RoundToLot(double amount)
    {
        if (Instrument.LotSize == 0)
        {
            return amount;
        }

        var lots = Math.Floor((amount / Instrument.LotSize) + .5);
        return (lots * Instrument.LotSize) > Size ? Math.Floor(Size / Instrument.LotSize) * Instrument.LotSize : lots * Instrument.LotSize;
    }

    private static void Validate(HedgeInstrument instrument)
    {
        bool AtLeastZero(double value) => value >= 0 && double.IsFinite(value);
        var valid = AtLeastZero(instrument.Bid) && AtLeastZero(instrument.Ask) && AtLeastZero(instrument.FeePerUnit)
            && AtLeastZero(instrument.LotSize)
            && instrument.BidSize >= 0 && instrument.AskSize >= 0
            && (instrument.Bid == 0 || instrument.Ask == 0 || instrument.Bid <= instrument.Ask);
        if (!valid)
        {
            throw new RiskInputException(
                "QuoteInvalid",
                $"{instrument.Name}: bid {instrument.Bid}, ask {instrument.Ask}; all figures are at least zero and the quotes not crossed.");
        }
    }
}
