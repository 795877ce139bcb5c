using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Margin;

/// <summary>
/// One underlying's market seen through a grid: for every expiry and lane the shocked forward, its logarithm and what happens to
/// volatility. Nothing in it depends on an account, so that many accounts share it.
/// <code>
/// F(lane) = (F - fixed) x spot multiplier + fixed        a skew scenario leaves the forward where it is
/// sd(lane) = max(floor, implied sqrt(T) x factor)        of one option, see <see cref="LegRevaluation"/>
/// </code>
/// Time does not pass in a scenario, and the rate does not move.
/// </summary>
internal sealed class ScenarioMarket
{
    private readonly ExpiryMarket[] _expiries;

    public ScenarioMarket(
        Underlying underlying, ScenarioGrid grid, IReadOnlyList<VolatilityShock> shocks, IReadOnlyList<double> discountRates)
    {
        Grid = grid;
        Name = underlying.Name;
        Spot = underlying.Spot;
        PerpPrice = underlying.Perp?.Price ?? 0;
        _expiries = [.. underlying.Expiries];
        var count = _expiries.Length;
        Forward = new double[count * grid.Lanes];
        LnForward = new double[count * grid.Lanes];
        Factor = new double[count * grid.Lanes];
        Floor = new double[count * grid.Lanes];
        SkewCap = grid.HasSkew ? new double[count * grid.Lanes] : [];
        SkewWidth = new double[count];
        SqrtYears = new double[count];
        Discount = new double[count];
        for (var expiry = 0; expiry < count; expiry++)
        {
            SetExpiry(expiry, _expiries[expiry], shocks[expiry], discountRates[expiry]);
        }
    }

    public ScenarioGrid Grid { get; }

    public string Name { get; }

    public double Spot { get; set; }

    public double PerpPrice { get; set; }

    public IReadOnlyList<ExpiryMarket> Expiries => _expiries;

    /// <summary>By expiry and lane, as all the next ones.</summary>
    public double[] Forward { get; }

    public double[] LnForward { get; }

    /// <summary>On the standard deviation of an option.</summary>
    public double[] Factor { get; }

    /// <summary>Of the standard deviation.</summary>
    public double[] Floor { get; }

    /// <summary>Largest relative change in skew lanes; empty where the grid has none.</summary>
    public double[] SkewCap { get; }

    /// <summary>By expiry, as the next ones.</summary>
    public double[] SkewWidth { get; }

    public double[] SqrtYears { get; }

    /// <summary>exp(-r T).</summary>
    public double[] Discount { get; }

    /// <summary>All lanes of one expiry; the factors may be those of one option where skews change them.</summary>
    public ExpiryLanes Lanes(int expiry, ReadOnlySpan<double> factor)
    {
        var (at, lanes) = (expiry * Grid.Lanes, Grid.Lanes);
        return new ExpiryLanes(Forward.AsSpan(at, lanes), LnForward.AsSpan(at, lanes), factor, Floor.AsSpan(at, lanes));
    }

    /// <summary>The factors of one expiry, without skews.</summary>
    public ReadOnlySpan<double> Factors(int expiry) => Factor.AsSpan(expiry * Grid.Lanes, Grid.Lanes);

    public void SetExpiry(int expiry, ExpiryMarket market, in VolatilityShock shock, double discountRate)
    {
        _expiries[expiry] = market;
        SqrtYears[expiry] = Math.Sqrt(market.YearsToExpiry);
        Discount[expiry] = Elementary.Exp(-discountRate * market.YearsToExpiry);
        SkewWidth[expiry] = shock.SkewWidth;
        var moving = market.Forward - market.FixedForward;
        for (int lane = 0, at = expiry * Grid.Lanes; lane < Grid.Lanes; lane++, at++)
        {
            var scenario = Grid[lane];
            var spot = scenario.IsSkew ? 1 : scenario.SpotMultiplier;
            Forward[at] = spot == 1 ? market.Forward : (moving * spot) + market.FixedForward;
            LnForward[at] = Elementary.Log(Forward[at]);
            var up = scenario.Volatility == VolatilityMove.Up;
            Factor[at] = up ? shock.Up : scenario.Volatility == VolatilityMove.Down ? shock.Down : 1;
            Floor[at] = Math.Max(LegRevaluation.LeastDeviation, up ? shock.UpFloor * SqrtYears[expiry] : 0);
            if (scenario.IsSkew)
            {
                // A linear skew on a moved spot is refused by Derive's contract; its published case 67 values it with the cap of the wings.
                var linear = scenario.Volatility == VolatilityMove.LinearSkew && scenario.SpotMultiplier == 1;
                SkewCap[at] = linear ? shock.LinearSkewCap : shock.AbsoluteSkewCap;
            }
        }
    }
}
