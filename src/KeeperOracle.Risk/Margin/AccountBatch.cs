using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.Margin;

/// <summary>What `scaled` asks for the legs of one account, its underlyings added up; positive, units of account.</summary>
public readonly record struct AccountRequirement(double MarkToMarket, double WorstLoss, double Requirement, double InitialRequirement);

/// <summary>
/// Many accounts on the same markets, prepared to be assessed again and again: their legs stand in arrays, the shocked markets are shared.
/// A caller splits the accounts into ranges and gives each of its threads a <see cref="Workspace"/>; the batch itself is not
/// changed by an assessment. Each account gets the same bits as alone in a <see cref="MarginBook"/>. Assessing allocates nothing.
/// </summary>
public sealed class AccountBatch
{
    private readonly ScaledParameters _parameters;
    private readonly ScenarioMarket[] _markets;
    private readonly OptionTerms[] _terms;
    private readonly int[] _expiryOf;
    private readonly Block[] _blocks;
    private readonly int[] _firstBlock;

    /// <param name="accounts">the legs of each account</param>
    /// <exception cref="RiskInputException">as <see cref="PortfolioCheck"/> and <see cref="ScaledParameters.Require"/> name it, or
    /// `UnsupportedInBatch` with a depth add-on</exception>
    public AccountBatch(
        IReadOnlyList<Underlying> underlyings, IReadOnlyList<IReadOnlyList<Leg>> accounts, ScaledParameters? parameters = null)
    {
        _parameters = parameters ?? new ScaledParameters();
        _parameters.Require();
        if (_parameters.DailyVolumes.Count > 0)
        {
            throw new RiskInputException(
                "UnsupportedInBatch", "The depth add-on is a figure of one account: assess it alone, or leave DailyVolumes out.");
        }

        _markets = [.. underlyings.Select(underlying => new ScenarioMarket(
            underlying,
            _parameters.Grid(_parameters.Range(underlying.Volatility)),
            [.. underlying.Expiries.Select(_ => _parameters.Shock)],
            [.. underlying.Expiries.Select(expiry => expiry.Rate)]))];
        var (terms, expiries, blocks) = (new List<OptionTerms>(), new List<int>(), new List<Block>());
        _firstBlock = new int[accounts.Count + 1];
        for (var account = 0; account < accounts.Count; account++)
        {
            PortfolioCheck.Require(new Portfolio(underlyings, accounts[account], [], Cash: 1));
            for (var i = 0; i < underlyings.Count; i++)
            {
                AddBlock(i, underlyings[i], accounts[account], terms, expiries, blocks);
            }

            _firstBlock[account + 1] = blocks.Count;
        }

        (_terms, _expiryOf, _blocks) = ([.. terms], [.. expiries], [.. blocks]);
    }

    /// <summary>Accounts.</summary>
    public int Count => _firstBlock.Length - 1;

    /// <summary>Revaluations in an assessment of all: options times the scenarios that count.</summary>
    public long Revaluations => _blocks.Sum(block => (long)(block.End - block.Start) * _markets[block.Market].Grid.Count);

    /// <summary>Assesses the accounts from <paramref name="first"/> on, as many as there is room for in the results.</summary>
    public void Assess(int first, Span<AccountRequirement> results, Workspace workspace)
    {
        for (var i = 0; i < results.Length; i++)
        {
            var (marked, worst, requirement, initial) = (0.0, 0.0, 0.0, 0.0);
            for (var block = _firstBlock[first + i]; block < _firstBlock[first + i + 1]; block++)
            {
                var risk = RiskOf(_blocks[block], workspace);
                marked += risk.MarkToMarket;
                worst += risk.WorstLoss;
                requirement += risk.Requirement;
                initial += risk.InitialRequirement;
            }

            results[i] = new AccountRequirement(marked, worst, requirement, initial);
        }
    }

    private static void AddBlock(
        int market, Underlying underlying, IReadOnlyList<Leg> legs, List<OptionTerms> terms, List<int> expiries, List<Block> blocks)
    {
        var own = legs.Where(leg => leg.Underlying == underlying.Name).ToList();
        if (own.Count == 0)
        {
            return;
        }

        var names = underlying.Expiries.Select(expiry => expiry.Name).ToList();
        var start = terms.Count;
        foreach (var leg in own.Where(leg => leg.Kind != LegKind.Perp).OrderBy(leg => names.IndexOf(leg.Expiry!)).ThenBy(leg => leg.Strike))
        {
            var expiry = underlying.Expiries[names.IndexOf(leg.Expiry!)];
            expiries.Add(names.IndexOf(leg.Expiry!));
            terms.Add(new OptionTerms(
                leg.Strike,
                Elementary.Log(leg.Strike),
                leg.Kind == LegKind.Call ? 1 : -1,
                (leg.ImpliedVolatility ?? expiry.ImpliedVolatility) * Math.Sqrt(expiry.YearsToExpiry),
                leg.Amount));
        }

        var perps = own.Where(leg => leg.Kind == LegKind.Perp).ToList();
        blocks.Add(new Block(market, start, terms.Count, perps.Sum(leg => leg.Amount), perps.Sum(leg => leg.UnrealisedPnl)));
    }

    /// <summary>The scale of a term is its amount; the discount comes from the market.</summary>
    private ScaledRisk RiskOf(in Block block, Workspace workspace)
    {
        var market = _markets[block.Market];
        var grid = market.Grid;
        var row = workspace.Row(grid.Lanes);
        var sums = workspace.Sums(grid.Lanes);
        var gains = workspace.Gains(grid.Lanes);
        for (var lane = 0; lane < gains.Length; lane++)
        {
            gains[lane] = block.PerpAmount * market.PerpPrice * grid.SpotMove[lane];
        }

        var (marked, naked) = (0.0, 0.0);
        for (var leg = block.Start; leg < block.End;)
        {
            var expiry = _expiryOf[leg];
            var lanes = market.Lanes(expiry, market.Factors(expiry));
            var (calls, puts) = (0.0, 0.0);
            sums.Clear();
            for (; leg < block.End && _expiryOf[leg] == expiry; leg++)
            {
                ref readonly var terms = ref _terms[leg];
                LegRevaluation.Row(lanes, terms with { Scale = terms.Scale * market.Discount[expiry] }, row);
                LegRevaluation.Add(row, sums);
                calls += terms.Sign > 0 ? terms.Scale : 0;
                puts += terms.Sign > 0 ? 0 : terms.Scale;
            }

            naked += Math.Max(0, -calls) + Math.Max(0, -puts);
            marked += sums[grid.BaseLane];
            for (var lane = 0; lane < gains.Length; lane++)
            {
                gains[lane] += sums[lane] - sums[grid.BaseLane];
            }
        }

        return ScaledMargin.RiskOf(gains, grid, _parameters, market.Spot, marked + block.PerpPnl, naked, block.PerpAmount, 0);
    }

    /// <summary>One account's legs on one underlying.</summary>
    private readonly record struct Block(int Market, int Start, int End, double PerpAmount, double PerpPnl);

    /// <summary>Memory that one thread needs while it assesses; it grows to the largest grid it meets and stays.</summary>
    public sealed class Workspace
    {
        private double[] _row = [];
        private double[] _sums = [];
        private double[] _gains = [];

        internal Span<double> Row(int lanes) => Sized(ref _row, lanes);

        internal Span<double> Sums(int lanes) => Sized(ref _sums, lanes);

        internal Span<double> Gains(int lanes) => Sized(ref _gains, lanes);

        private static Span<double> Sized(ref double[] array, int lanes)
        {
            if (array.Length < lanes)
            {
                array = new double[lanes];
            }

            return array.AsSpan(0, lanes);
        }
    }
}
