using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Margin;

/// <summary>
/// `scaled`: the product's own scenario margin, the same as the contracts compute in fixed point. Off-chain it also takes perpetuals and
/// the depth add-on.
/// <code>
/// grid         spot x (1 + range {-1,-3/4,-1/2,-1/4,0,1/4,1/2,3/4,1}), each with implied volatility x {1.40, 1, .78}
/// tails        -66 % x .24, -33 % x .48, +50 % x .32, +100 % x .16 of the loss, volatility up
/// range        clamp(z99 sigma sqrt(5/365), .08, .50), sigma the applied volatility of the underlying: it sets the range and nothing else
/// worst        the largest damped loss
/// contingency  1 % of spot per naked short option (shorts in excess of longs of the same type and expiry), 1.5 % of perp notional;
///              initial: .5 % of perp notional more
/// R            max(0, -MtM + worst + contingency) of one underlying; those of several add up
/// H            sum(q P LT (1-l)) / (D + R), l = z99 sigma_c sqrt(age/year) the latency haircut of remote collateral, at most 1
/// </code>
/// Signs: losses and requirements positive; mm = sum(q P LT (1-l)) - D - R and im = sum(q P BF (1-l)) - D - R_initial are net margins,
/// positive = healthy, so mm >= 0 is H >= 1. Cash held counts in full beside the collateral, cash owed beside the debt, at the price of
/// the stable. Legs are valued by Black-76 at the attested forward and implied volatility of their expiry, discounted at its rate;
/// forward less fixed part moves with spot, rate and time stand still. An expired leg is worth its intrinsic value.
/// <para>
/// Limits. R grows k-fold with a book k times as large, and an older attestation never lowers R or raises H. A wider range can lower R: the
/// points of the grid move, and those of the wider one may step over a peak of the loss (between the strikes of a butterfly, say). It
/// never does where for each volatility the loss has no peak inside the range (a single option or perpetual; any book of short options and
/// perpetuals, whose loss is convex), nor where the worst loss is at no move or in a tail. <see cref="ScaledParameters.RangeLadder"/>
/// makes it hold for every book.
/// </para>
/// </summary>
public static class ScaledMargin
{
    /// <exception cref="RiskInputException">as <see cref="PortfolioCheck"/> and <see cref="ScaledParameters.Require"/> name it</exception>
    public static ScaledAssessment Assess(Portfolio portfolio, ScaledParameters? parameters = null)
    {
        var book = new MarginBook(portfolio, parameters ?? new ScaledParameters());
        var greeks = NetGreeks.Of(portfolio);
        var gains = new double[portfolio.Legs.Count];
        var underlyings = new List<ScaledUnderlying>();
        for (var i = 0; i < portfolio.Underlyings.Count; i++)
        {
            var (legs, risk) = (book.Legs(i), book.RiskOf(i));
            var grid = legs.Market.Grid;
            var own = LegGains.Of(legs, portfolio.Legs, risk.WorstScenario);
            for (var leg = 0; leg < gains.Length; leg++)
            {
                gains[leg] += own[leg];
            }

            underlyings.Add(new ScaledUnderlying(
                portfolio.Underlyings[i].Name,
                book.RangeOf(i),
                risk,
                grid[risk.WorstScenario].Name,
                legs.DampedGains(),
                greeks[i]));
        }

        return new ScaledAssessment(book.Figures, underlyings, gains);
    }

    /// <summary>The requirement of one underlying's legs on a grid that is valued.</summary>
    internal static ScaledRisk RiskOf(UnderlyingBook book, ScaledParameters parameters, double volatility) => RiskOf(
        book.SumGains(),
        book.Market.Grid,
        parameters,
        book.Market.Spot,
        book.OptionValue() + book.PerpPnl,
        NakedOptions.ByType(book),
        book.PerpAmount,
        DepthAddOn(book, parameters, volatility));

    /// <param name="gains">of all legs by lane, undamped</param>
    internal static ScaledRisk RiskOf(
        ReadOnlySpan<double> gains,
        ScenarioGrid grid,
        ScaledParameters parameters,
        double spot,
        double marked,
        double naked,
        double perp,
        double addOn)
    {
        var (worst, index) = (double.NegativeInfinity, 0);
        var damping = grid.Damping;
        for (var lane = 0; lane < grid.Count; lane++)
        {
            var loss = -gains[lane] * damping[lane];
            if (loss > worst)
            {
                (worst, index) = (loss, lane);
            }
        }

        var perpNotional = Math.Abs(perp) * spot;
        return new ScaledRisk(
            marked,
            Math.Max(0, worst),
            index,
            (naked * spot * parameters.NakedOption) + (perpNotional * parameters.PerpMaintenance) + addOn,
            perpNotional * parameters.PerpInitial);
    }

    private static double DepthAddOn(UnderlyingBook book, ScaledParameters parameters, double volatility)
    {
        if (!parameters.DailyVolumes.TryGetValue(book.Market.Name, out var volume))
        {
            return 0;
        }

        var notional = Math.Abs(book.PerpAmount) * book.Market.Spot;
        for (var expiry = 0; expiry < book.ExpiryCount; expiry++)
        {
            notional += NakedOptions.Gross(book, expiry) * book.Market.Spot;
        }

        return Volatility.Slippage.SquareRootImpact(volatility, notional, volume) * notional;
    }
}
