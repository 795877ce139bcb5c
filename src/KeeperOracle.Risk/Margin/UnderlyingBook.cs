using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Margin;

/// <summary>
/// The engine: one account's legs on one underlying as arrays, hoisted once, and their value in every lane of the market's grid.
/// <code>
/// rows[leg, lane]            amount x Black-76 value at the lane's forward and the leg's shocked volatility
/// expiryValues[expiry, lane] sum of the rows of its legs, in their order
/// </code>
/// Whatever changes, the rows it touches are computed again and the sums of their expiry added up again in the same order: a re-margin
/// gives the same bits as one from nothing. After construction nothing is allocated. Perpetuals are linear and are kept as one amount.
/// </summary>
internal sealed class UnderlyingBook
{
    private readonly double[] _skewed;
    private readonly double[] _strike;
    private readonly double[] _lnStrike;
    private readonly double[] _volatility;
    private readonly double?[] _ownVolatility;
    private readonly double[] _sign;
    private readonly double[] _amount;
    private readonly int[] _expiryOf;
    private readonly double[] _gains;

    public UnderlyingBook(ScenarioMarket market, IReadOnlyList<Leg> legs, ReadOnlySpan<int> own)
    {
        Market = market;
        var names = market.Expiries.Select(expiry => expiry.Name).ToList();
        var options = own.ToArray().Where(leg => legs[leg].Kind != LegKind.Perp)
            .OrderBy(leg => names.IndexOf(legs[leg].Expiry!)).ThenBy(leg => legs[leg].Strike).ToArray();
        Source = options;
        Perps = [.. own.ToArray().Where(leg => legs[leg].Kind == LegKind.Perp)];
        _strike = [.. options.Select(leg => legs[leg].Strike)];
        _lnStrike = [.. _strike.Select(Elementary.Log)];
        _sign = [.. options.Select(leg => legs[leg].Kind == LegKind.Call ? 1.0 : -1.0)];
        _amount = [.. options.Select(leg => legs[leg].Amount)];
        _expiryOf = [.. options.Select(leg => names.IndexOf(legs[leg].Expiry!))];
        _ownVolatility = [.. options.Select(leg => legs[leg].ImpliedVolatility)];
        _volatility = [.. _ownVolatility.Select((own, i) => own ?? market.Expiries[_expiryOf[i]].ImpliedVolatility)];
        LegStart = new int[names.Count + 1];
        for (var i = 0; i < options.Length; i++)
        {
            LegStart[_expiryOf[i] + 1] = i + 1;
        }

        for (var expiry = 1; expiry <= names.Count; expiry++)
        {
            LegStart[expiry] = Math.Max(LegStart[expiry], LegStart[expiry - 1]);
        }

        foreach (var leg in Perps)
        {
            PerpAmount += legs[leg].Amount;
            PerpPnl += legs[leg].UnrealisedPnl;
        }

        _skewed = new double[market.Grid.HasSkew ? market.Grid.Lanes : 0];
        _gains = new double[market.Grid.Lanes];
        Rows = new double[options.Length * market.Grid.Lanes];
        ExpiryValues = new double[names.Count * market.Grid.Lanes];
        RevalueAll();
    }

    public ScenarioMarket Market { get; }

    /// <summary>Index in the portfolio of each option, by expiry and then strike.</summary>
    public int[] Source { get; }

    public int[] Perps { get; }

    public int[] LegStart { get; }

    public int ExpiryCount => LegStart.Length - 1;

    public int LegCount => _amount.Length;

    public double[] Rows { get; }

    public double[] ExpiryValues { get; }

    public double PerpAmount { get; set; }

    /// <summary>Unrealised, funding included.</summary>
    public double PerpPnl { get; set; }

    public double Strike(int leg) => _strike[leg];

    public double Amount(int leg) => _amount[leg];

    public bool IsCall(int leg) => _sign[leg] > 0;

    public int ExpiryOf(int leg) => _expiryOf[leg];

    public double ExpiryValue(int expiry, int lane) => ExpiryValues[(expiry * Market.Grid.Lanes) + lane];

    /// <summary>Value of the options, unmoved.</summary>
    public double OptionValue()
    {
        var value = 0.0;
        for (var expiry = 0; expiry < ExpiryCount; expiry++)
        {
            value += ExpiryValue(expiry, Market.Grid.BaseLane);
        }

        return value;
    }

    /// <summary>Gain of all legs in every lane, undamped and without any model's discount.</summary>
    public ReadOnlySpan<double> SumGains()
    {
        var grid = Market.Grid;
        for (var lane = 0; lane < _gains.Length; lane++)
        {
            _gains[lane] = PerpAmount * Market.PerpPrice * grid.SpotMove[lane];
        }

        for (var expiry = 0; expiry < ExpiryCount; expiry++)
        {
            var sums = ExpiryValues.AsSpan(expiry * grid.Lanes, grid.Lanes);
            var marked = sums[grid.BaseLane];
            for (var lane = 0; lane < _gains.Length; lane++)
            {
                _gains[lane] += sums[lane] - marked;
            }
        }

        return _gains;
    }

    /// <summary>The gains of the scenarios that count, damped.</summary>
    public ScenarioGain[] DampedGains()
    {
        var grid = Market.Grid;
        var gains = SumGains();
        var damped = new ScenarioGain[grid.Count];
        for (var lane = 0; lane < damped.Length; lane++)
        {
            damped[lane] = new ScenarioGain(grid[lane], gains[lane] * grid.Damping[lane]);
        }

        return damped;
    }

    public void RevalueAll()
    {
        for (var expiry = 0; expiry < ExpiryCount; expiry++)
        {
            RevalueExpiry(expiry);
        }
    }

    public void RevalueExpiry(int expiry)
    {
        for (var leg = LegStart[expiry]; leg < LegStart[expiry + 1]; leg++)
        {
            RevalueRow(leg);
        }

        SumExpiry(expiry);
    }

    /// <summary>Changes one position and what depends on it.</summary>
    public void SetAmount(int leg, double amount)
    {
        _amount[leg] = amount;
        RevalueRow(leg);
        SumExpiry(_expiryOf[leg]);
    }

    /// <summary>Changes an expiry's market and what depends on it; legs without a volatility of their own follow the expiry's.</summary>
    public void SetExpiry(int expiry, ExpiryMarket market, in VolatilityShock shock)
    {
        Market.SetExpiry(expiry, market, shock, market.Rate);
        for (var leg = LegStart[expiry]; leg < LegStart[expiry + 1]; leg++)
        {
            _volatility[leg] = _ownVolatility[leg] ?? market.ImpliedVolatility;
        }

        RevalueExpiry(expiry);
    }

    private void SumExpiry(int expiry)
    {
        var lanes = Market.Grid.Lanes;
        var sums = ExpiryValues.AsSpan(expiry * lanes, lanes);
        sums.Clear();
        for (var leg = LegStart[expiry]; leg < LegStart[expiry + 1]; leg++)
        {
            LegRevaluation.Add(Rows.AsSpan(leg * lanes, lanes), sums);
        }
    }

    private void RevalueRow(int leg)
    {
        var lanes = Market.Grid.Lanes;
        var expiry = _expiryOf[leg];
        var deviation = _volatility[leg] * Market.SqrtYears[expiry];
        LegRevaluation.Row(
            Market.Lanes(expiry, Market.Grid.HasSkew ? SkewedFactors(leg, expiry) : Market.Factors(expiry)),
            new OptionTerms(_strike[leg], _lnStrike[leg], _sign[leg], deviation, _amount[leg] * Market.Discount[expiry]),
            Rows.AsSpan(leg * lanes, lanes));
    }

    /// <summary>Skew lanes change the volatility of a strike by its distance from the forward.</summary>
    private double[] SkewedFactors(int leg, int expiry)
    {
        var grid = Market.Grid;
        var at = expiry * grid.Lanes;
        Market.Factors(expiry).CopyTo(_skewed);
        for (var lane = 0; lane < grid.Count; lane++)
        {
            if (!grid[lane].IsSkew)
            {
                continue;
            }

            var k = _lnStrike[leg] - Market.LnForward[at + lane];
            k = grid[lane].Volatility == VolatilityMove.AbsoluteSkew ? Math.Abs(k) : k;
            var cap = Market.SkewCap[at + lane];
            var change = k * cap / Market.SkewWidth[expiry];
            change = k >= 0 ? Math.Min(cap, change) : Math.Max(-cap, change);
            _skewed[lane] = Math.Max(0, 1 + change);
        }

        return _skewed;
    }
}
