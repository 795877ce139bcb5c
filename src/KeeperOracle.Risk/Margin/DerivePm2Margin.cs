using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Margin;

/// <summary>
/// `derive-pm2`: the portfolio margin of Derive's PMRM_2, as a configuration of the engine. Source: the contracts PMRM_2 and PMRMLib_2 of
/// derivexyz/v2-core (PMRM_2_1 computes the same) and their 139 published cases.
/// <code>
/// r = max(rate, 0), t = sqrt(T), D = exp(-r T)
/// vol    up = 1 + rangeUp m, at least minVol; down = max(0, 1 - rangeDown m); m = (30 d / max(T, floor))^(power of T)
/// skew   forward unmoved, k = ln(K/F) or |k|: vol x max(0, 1 + change), change = min(cap, k cap/k*) if k >= 0, else max(-cap, k cap/k*)
/// disc   X >= 0: X x long exp(-T(r a + b));  X &lt; 0: X x min(1/D, short exp(T(r c + d)))
/// gain   damp [ sum_e (disc(X_e) - M_e) + q p move + cancelling collateral x move ];  in a skew each expiry counts as -|gain|
/// basis  sum_e min(X_up - M, X_down - M, 0) (add + mult T)                    undiscounted
/// MM     worst x mmFactor - MMcont + MtM + cash
/// IM     worst x (imFactor + max(0, peg - P) pegFactor) - IMcont - MMcont + MtM + cash      P = price of the stable
/// </code>
/// Contingencies: |perp| x spot, naked options x spot (at one strike calls and puts offset each other: max(0, -(calls + puts))), collateral
/// value x haircut; confidence, initial only, where the least confidence of the feeds a position uses is under the threshold: perp notional
/// (spot, perp), all options of an expiry x spot (spot, perp if held, forward, rate, volatility), collateral (its own, spot).
/// Collateral counts in stable units: amount x price / P. An expired option is worth its intrinsic value, on the whole forward, and keeps
/// the static discount, as in the contract (the published case 66 prints factors of 1; it holds a short option, where both are the same).
/// A linear skew whose spot moves is refused by the contract; the published case 67 counts it with the wings' cap, and so does this.
/// Limit: one underlying. Real numbers instead of 18-digit fixed point.
/// </summary>
public static class DerivePm2Margin
{
    private const double MonthSeconds = 30 * Conventions.SecondsPerDay;

    /// <summary>Assesses one account.</summary>
    /// <exception cref="RiskInputException">as <see cref="PortfolioCheck"/> names it, `SeveralUnderlyings`, `ParameterOutOfRange`,
    /// `ZeroSkewWidth`</exception>
    public static DerivePm2Assessment Assess(DerivePm2Case account) => Assess(account.Portfolio, account.Parameters);

    /// <inheritdoc cref="Assess(DerivePm2Case)"/>
    public static DerivePm2Assessment Assess(Portfolio portfolio, DerivePm2Parameters parameters)
    {
        PortfolioCheck.Require(portfolio);
        parameters.Require();
        if (portfolio.Underlyings.Count > 1)
        {
            throw new RiskInputException(
                "SeveralUnderlyings", $"derive-pm2 margins one underlying, and the portfolio has {portfolio.Underlyings.Count}: split it.");
        }

        var underlying = portfolio.Underlyings.Count == 1 ? portfolio.Underlyings[0] : new Underlying("none", 1, 0, []);
        var grid = new ScenarioGrid(parameters.Scenarios, parameters.Basis.SpotUp, parameters.Basis.SpotDown);
        var shocks = underlying.Expiries.Select(expiry => ShockOf(expiry, parameters)).ToArray();
        var rates = underlying.Expiries.Select(expiry => Math.Max(expiry.Rate, 0)).ToArray();
        var market = new ScenarioMarket(underlying, grid, shocks, rates);
        var book = new UnderlyingBook(market, portfolio.Legs, [.. Enumerable.Range(0, portfolio.Legs.Count)]);
        return Margins(portfolio, underlying, parameters, book);
    }

    private static DerivePm2Assessment Margins(
        Portfolio portfolio, Underlying underlying, DerivePm2Parameters parameters, UnderlyingBook book)
    {
        var grid = book.Market.Grid;
        var cancelling = portfolio.Collaterals.Where(c => c.RiskCancelling).Sum(c => c.Value / portfolio.StablePrice);
        var collateral = portfolio.Collaterals.Sum(c => c.Value / portfolio.StablePrice);
        var discounts = underlying.Expiries.Select(expiry => DiscountOf(expiry, parameters.Loss)).ToArray();
        var basis = BasisContingency(book, parameters.Basis);
        var gains = new ScenarioGain[grid.Count];
        var (worst, worstIndex) = (basis, grid.Count);
        for (var lane = 0; lane < grid.Count; lane++)
        {
            gains[lane] = new ScenarioGain(grid[lane], GainOf(book, lane, discounts, cancelling));
            if (gains[lane].Gain < worst)
            {
                (worst, worstIndex) = (gains[lane].Gain, lane);
            }
        }

        var contingencies = Contingencies(portfolio, underlying, parameters.Contingency, book, basis);
        var depeg = Math.Max(0, parameters.Contingency.PegThreshold - portfolio.StablePrice) * parameters.Contingency.PegFactor;
        var initialFactor = parameters.Loss.InitialFactor + depeg;
        var marked = book.OptionValue() + book.PerpPnl + collateral + portfolio.Cash;
        var maintained = marked - contingencies.Maintenance;
        return new DerivePm2Assessment(
            maintained - contingencies.Initial + (worst * initialFactor),
            maintained + (worst * parameters.Loss.MaintenanceFactor),
            marked,
            book.OptionValue(),
            book.PerpPnl,
            collateral,
            [.. Enumerable.Range(0, book.ExpiryCount).Select(expiry => book.ExpiryValue(expiry, grid.BaseLane))],
            gains,
            worst,
            worstIndex == grid.Count ? "basis contingency" : grid[worstIndex].Name,
            worstIndex,
            initialFactor,
            contingencies,
            worstIndex == grid.Count ? new double[portfolio.Legs.Count] : LegGains.Of(book, portfolio.Legs, worstIndex));
    }

    private static double GainOf(UnderlyingBook book, int lane, StaticDiscount[] discounts, double cancelling)
    {
        var grid = book.Market.Grid;
        var gain = ((book.PerpAmount * book.Market.PerpPrice) + cancelling) * grid.SpotMove[lane] * grid.Damping[lane];
        for (var expiry = 0; expiry < book.ExpiryCount; expiry++)
        {
            var shocked = book.ExpiryValue(expiry, lane);
            var discounted = shocked * (shocked >= 0 ? discounts[expiry].Long : discounts[expiry].Short);
            var moved = (discounted - book.ExpiryValue(expiry, grid.BaseLane)) * grid.Damping[lane];
            gain += grid[lane].IsSkew ? -Math.Abs(moved) : moved;
        }

        return gain;
    }

    private static double BasisContingency(UnderlyingBook book, DerivePm2Parameters.BasisParameters parameters)
    {
        var grid = book.Market.Grid;
        var (up, down) = (grid.LaneOf(parameters.SpotUp), grid.LaneOf(parameters.SpotDown));
        var sum = 0.0;
        for (var expiry = 0; expiry < book.ExpiryCount; expiry++)
        {
            var marked = book.ExpiryValue(expiry, grid.BaseLane);
            var worse = Math.Min(Math.Min(book.ExpiryValue(expiry, up) - marked, book.ExpiryValue(expiry, down) - marked), 0);
            sum += worse * (parameters.AddFactor + (parameters.TimeFactor * book.Market.Expiries[expiry].YearsToExpiry));
        }

        return sum;
    }

    private static DerivePm2Contingencies Contingencies(
        Portfolio portfolio, Underlying underlying, DerivePm2Parameters.ContingencyParameters parameters, UnderlyingBook book, double basis)
    {
        var perpNotional = Math.Abs(book.PerpAmount) * underlying.Spot;
        var nakedNotional = NakedOptions.AcrossTypes(book) * underlying.Spot;
        var held = book.PerpAmount != 0 ? Math.Min(underlying.SpotConfidence, underlying.Perp!.Confidence) : underlying.SpotConfidence;
        double Unsure(double confidence, double notional) =>
            confidence < parameters.ConfidenceThreshold ? (1 - confidence) * parameters.ConfidenceMargin * notional : 0;

        var confidence = Unsure(held, perpNotional);
        for (var expiry = 0; expiry < book.ExpiryCount; expiry++)
        {
            var feed = underlying.Expiries[expiry];
            var least = Math.Min(Math.Min(held, feed.ForwardConfidence), Math.Min(feed.RateConfidence, feed.VolatilityConfidence));
            confidence += Unsure(least, NakedOptions.Gross(book, expiry) * underlying.Spot);
        }

        var (maintenance, initial) = (0.0, 0.0);
        foreach (var asset in portfolio.Collaterals)
        {
            var value = asset.Value / portfolio.StablePrice;
            maintenance += value * asset.MaintenanceHaircut;
            initial += value * asset.InitialHaircut;
            confidence += Unsure(Math.Min(asset.PriceConfidence, underlying.SpotConfidence), value);
        }

        return new DerivePm2Contingencies(
            basis,
            perpNotional * parameters.PerpMaintenance,
            perpNotional * parameters.PerpInitial,
            nakedNotional * parameters.OptionMaintenance,
            nakedNotional * parameters.OptionInitial,
            maintenance,
            initial,
            confidence);
    }

    private static VolatilityShock ShockOf(ExpiryMarket expiry, DerivePm2Parameters parameters)
    {
        if (expiry.SecondsToExpiry == 0)
        {
            return new VolatilityShock(1, 1); // expired: volatility has no effect
        }

        var seconds = expiry.SecondsToExpiry;
        var volatility = parameters.Volatility;
        var power = seconds <= MonthSeconds ? volatility.ShortTermPower : volatility.LongTermPower;
        var ratio = MonthSeconds / Math.Max(seconds, volatility.FloorDays * Conventions.SecondsPerDay);
        var m = Elementary.Exp(power * Elementary.Log(ratio));
        var skew = parameters.Skew;
        var t = Math.Sqrt(expiry.YearsToExpiry);
        var width = Math.Max(skew.LeastWidth, skew.WidthScale * t * (skew.WidthVolatility + (skew.WidthVolatilitySlope * t)));
        if (!(width > 0))
        {
            throw new RiskInputException(
                "ZeroSkewWidth", $"Expiry {expiry.Name}: the width of the skew shock is zero: give Skew.LeastWidth.");
        }

        return new VolatilityShock(
            1 + (volatility.RangeUp * m),
            Math.Max(0, 1 - (volatility.RangeDown * m)),
            volatility.LeastShockedUp,
            skew.LinearCap + (skew.LinearCapSlope * t),
            skew.AbsoluteCap + (skew.AbsoluteCapSlope * t),
            width);
    }

    private static StaticDiscount DiscountOf(ExpiryMarket expiry, DerivePm2Parameters.LossParameters loss)
    {
        var (years, rate) = (expiry.YearsToExpiry, Math.Max(expiry.Rate, 0));
        var whole = Elementary.Exp(rate * years);
        var shortExponent = Math.Min(700, years * ((rate * loss.ShortRateFactor) + loss.ShortRateAdd)); // what is beyond it, whole caps
        return new StaticDiscount(
            loss.LongDiscount * Elementary.Exp(-years * ((rate * loss.LongRateFactor) + loss.LongRateAdd)),
            Math.Min(whole, loss.ShortDiscount * Elementary.Exp(shortExponent)));
    }

    /// <summary>On an expiry's shocked value where it is positive, and where it is negative.</summary>
    private readonly record struct StaticDiscount(double Long, double Short);
}
