using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Margin;

/// <summary>
/// A portfolio held ready for `scaled`: when one price, position or collateral changes, what depends on it is computed again and nothing
/// else. The result has the same bits as an assessment from nothing. Changing and reading allocate nothing, except where a new applied
/// volatility changes an underlying's range, for which its grid is made anew.
/// Not for several threads at once.
/// </summary>
public sealed class MarginBook
{
    private readonly ScaledParameters _parameters;
    private readonly Portfolio _portfolio;
    private readonly UnderlyingBook[] _books;
    private readonly ScaledRisk[] _risks;
    private readonly double[] _volatilities;
    private readonly double[] _ranges;
    private readonly double[] _amounts;
    private readonly (int Underlying, int Leg)[] _places;
    private readonly Collateral[] _collaterals;
    private double _liquidationCapacity;
    private double _borrowCapacity;

    /// <exception cref="RiskInputException">as <see cref="PortfolioCheck"/> and <see cref="ScaledParameters.Require"/> name it</exception>
    public MarginBook(Portfolio portfolio, ScaledParameters parameters)
    {
        PortfolioCheck.Require(portfolio);
        parameters.Require();
        (_portfolio, _parameters) = (portfolio, parameters);
        _collaterals = [.. portfolio.Collaterals];
        _amounts = [.. portfolio.Legs.Select(leg => leg.Amount)];
        _volatilities = [.. portfolio.Underlyings.Select(underlying => underlying.Volatility)];
        _ranges = [.. _volatilities.Select(parameters.Range)];
        _books = [.. portfolio.Underlyings.Select((underlying, i) => MakeBook(i, underlying))];
        _risks = new ScaledRisk[_books.Length];
        _places = new (int, int)[portfolio.Legs.Count];
        for (var i = 0; i < _books.Length; i++)
        {
            for (var leg = 0; leg < _books[i].LegCount; leg++)
            {
                _places[_books[i].Source[leg]] = (i, leg);
            }

            foreach (var perp in _books[i].Perps)
            {
                _places[perp] = (i, -1);
            }

            Rate(i);
        }

        (Debt, Cash, StablePrice) = (portfolio.Debt, portfolio.Cash, portfolio.StablePrice);
        Secure();
    }

    public double Debt { get; set; }

    /// <summary>Stable units, negative when owed.</summary>
    public double Cash { get; set; }

    public double StablePrice { get; set; }

    public ScaledFigures Figures
    {
        get
        {
            var (marked, worst, requirement, initial) = (0.0, 0.0, 0.0, 0.0);
            foreach (var risk in _risks)
            {
                marked += risk.MarkToMarket;
                worst += risk.WorstLoss;
                requirement += risk.Requirement;
                initial += risk.InitialRequirement;
            }

            var cash = Cash * StablePrice;
            return new ScaledFigures(
                marked,
                worst,
                requirement,
                initial,
                _liquidationCapacity + Math.Max(0, cash),
                _borrowCapacity + Math.Max(0, cash),
                Debt + Math.Max(0, -cash));
        }
    }

    /// <summary>Of one underlying, by its place in the portfolio.</summary>
    public ScaledRisk RiskOf(int underlying) => _risks[underlying];

    public double RangeOf(int underlying) => _ranges[underlying];

    /// <summary>Changes a position, by its place in the portfolio's legs.</summary>
    public void SetAmount(int leg, double amount)
    {
        PortfolioCheck.Amount(amount, "amount");
        var (underlying, place) = _places[leg];
        _amounts[leg] = amount;
        if (place >= 0)
        {
            _books[underlying].SetAmount(place, amount);
        }
        else
        {
            SumPerps(underlying);
        }

        Rate(underlying);
    }

    /// <summary>Changes spot and the perpetual's price; forwards are attested on their own.</summary>
    public void SetSpot(int underlying, double spot, double perpPrice)
    {
        PortfolioCheck.Price(spot, "spot");
        if (_books[underlying].Perps.Length > 0)
        {
            PortfolioCheck.Price(perpPrice, "perpPrice");
        }

        _books[underlying].Market.Spot = spot;
        _books[underlying].Market.PerpPrice = perpPrice;
        Rate(underlying);
    }

    /// <summary>Changes what is attested of one expiry: the legs of that expiry are valued again.</summary>
    public void SetExpiry(int underlying, int expiry, ExpiryMarket market)
    {
        PortfolioCheck.RequireExpiry(market, "market");
        _books[underlying].SetExpiry(expiry, market, _parameters.Shock);
        Rate(underlying);
    }

    /// <summary>Changes the applied volatility, and with it the range of the grid.</summary>
    public void SetVolatility(int underlying, double volatility)
    {
        PortfolioCheck.Volatility(volatility, "volatility");
        _volatilities[underlying] = volatility;
        var range = _parameters.Range(volatility);
        if (range != _ranges[underlying])
        {
            _ranges[underlying] = range;
            var market = _books[underlying].Market;
            _books[underlying] = MakeBook(underlying, new Underlying(
                market.Name, market.Spot, volatility, market.Expiries, market.PerpPrice > 0 ? new PerpMarket(market.PerpPrice) : null));
        }

        Rate(underlying);
    }

    /// <summary>Changes one collateral, by its place in the portfolio's.</summary>
    public void SetCollateral(int index, Collateral collateral)
    {
        PortfolioCheck.RequireCollateral(collateral, "collateral");
        _collaterals[index] = collateral;
        Secure();
    }

    internal UnderlyingBook Legs(int underlying) => _books[underlying];

    private UnderlyingBook MakeBook(int underlying, Underlying market)
    {
        var seen = new ScenarioMarket(
            market,
            _parameters.Grid(_ranges[underlying]),
            [.. market.Expiries.Select(_ => _parameters.Shock)],
            [.. market.Expiries.Select(expiry => expiry.Rate)]);
        var legs = _portfolio.Legs.Select((leg, i) => leg with { Amount = _amounts[i] }).ToList();
        return new UnderlyingBook(seen, legs, [.. Enumerable.Range(0, legs.Count).Where(leg => legs[leg].Underlying == market.Name)]);
    }

    private void SumPerps(int underlying)
    {
        var sum = 0.0;
        foreach (var perp in _books[underlying].Perps)
        {
            sum += _amounts[perp];
        }

        _books[underlying].PerpAmount = sum;
    }

    private void Rate(int underlying) =>
        _risks[underlying] = ScaledMargin.RiskOf(_books[underlying], _parameters, _volatilities[underlying]);

    private void Secure()
    {
        (_liquidationCapacity, _borrowCapacity) = (0, 0);
        foreach (var collateral in _collaterals)
        {
            var kept = collateral.Value * (1 - LatencyHaircut.Of(collateral.Volatility, collateral.AgeSeconds));
            _liquidationCapacity += kept * collateral.LiquidationThreshold;
            _borrowCapacity += kept * collateral.BorrowFactor;
        }
    }
}
