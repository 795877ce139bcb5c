using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.CrossChain;

/// <summary>Requirements of the legs of some of the chains together, each choice margined once. A choice is a mask with a bit for each
/// chain.</summary>
internal sealed class LegRequirements
{
    public const int Every = (1 << LinkedAccounts.MostChains) - 1;

    private readonly LinkedAccounts _linked;
    private readonly ScaledParameters _parameters;
    private readonly int _withLegs;
    private readonly Dictionary<int, ScaledFigures> _known = [];

    public LegRequirements(LinkedAccounts linked, ScaledParameters parameters)
    {
        parameters.Require();
        (_linked, _parameters) = (linked, parameters);
        _withLegs = linked.Chains.Index().Where(one => one.Item.Legs.Count > 0).Aggregate(0, (mask, one) => mask | (1 << one.Index));
    }

    /// <summary>Zero where none of them has legs.</summary>
    public ScaledFigures Of(int chains)
    {
        var chosen = chains & _withLegs;
        if (chosen == 0)
        {
            return default;
        }

        if (!_known.TryGetValue(chosen, out var figures))
        {
            var legs = _linked.Chains.Index().Where(one => (chosen & (1 << one.Index)) != 0).SelectMany(one => one.Item.Legs).ToList();
            figures = new MarginBook(new Portfolio(_linked.Underlyings, legs, [], StablePrice: _linked.StablePrice), _parameters).Figures;
            _known.Add(chosen, figures);
        }

        return figures;
    }

    /// <summary>The largest initial requirement over every choice of silent chains whose legs are there; all others' are.</summary>
    public double Initial(int silent)
    {
        var (heard, unheard) = (_withLegs & ~silent, _withLegs & silent);
        var worst = 0.0;
        for (var there = unheard; ; there = (there - 1) & unheard)
        {
            worst = Math.Max(worst, Of(heard | there).InitialRequirement);
            if (there == 0)
            {
                return worst;
            }
        }
    }
}
