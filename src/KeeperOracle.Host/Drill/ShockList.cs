using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Host.Drill;

/// <summary>What was asked for: one shock for all assets, or for assets by symbol or address, or both; the one with a name goes before.</summary>
internal sealed class ShockList
{
    private readonly Shock? _general;
    private readonly Dictionary<string, Shock> _named;

    private ShockList(Shock? general, Dictionary<string, Shock> named) => (_general, _named) = (general, named);

    /// <summary>From "-30%" and "WETH=-30%"; null with what is wrong.</summary>
    public static (ShockList? Shocks, string? Problem) Parse(IReadOnlyList<string> texts)
    {
        Shock? general = null;
        var named = new Dictionary<string, Shock>(StringComparer.OrdinalIgnoreCase);
        foreach (var text in texts)
        {
            var split = text.LastIndexOf('=');
            var (shock, problem) = Shock.Parse(text[(split + 1)..]);
            if (shock is not { } move)
            {
                return (null, problem);
            }

            var name = split < 0 ? "" : text[..split];
            if (split == 0)
            {
                return (null, $"'{text}' names no asset before its =");
            }

            if (split < 0 ? general is not null : !named.TryAdd(name, move))
            {
                return (null, split < 0 ? $"'{text}' is a second shock for all assets: name the assets, such as WETH={text}" : $"'{name}' is shocked twice");
            }

            general = split < 0 ? move : general;
        }

        return texts.Count == 0 ? (null, "is needed, such as --shock -30%") : (new ShockList(general, named), null);
    }

    /// <summary>A name that no listed asset has, or that two of one chain have; null where there is none.</summary>
    public string? Problem(IReadOnlyList<IReadOnlyList<AssetSnapshot>> chains)
    {
        foreach (var name in _named.Keys)
        {
            if (chains.Any(assets => assets.Count(asset => Is(name, asset)) > 1))
            {
                return $"Two assets have the symbol '{name}': name the one that is meant by its address.";
            }

            var known = chains.SelectMany(assets => assets).Select(asset => asset.Symbol).Distinct().ToList();
            if (!chains.Any(assets => assets.Any(asset => Is(name, asset))))
            {
                return $"No asset is called '{name}'. Did you mean '{KeyCheck.Nearest(name, known)}'? Listed: {string.Join(", ", known)}.";
            }
        }

        return null;
    }

    /// <summary>Null for an asset that is left as it is.</summary>
    public Shock? Of(AssetSnapshot asset) =>
        _named.Where(pair => Is(pair.Key, asset)).Select(pair => (Shock?)pair.Value).FirstOrDefault() ?? _general;

    private static bool Is(string name, AssetSnapshot asset) =>
        Eip55.TryParse(name, out var address, out _) ? asset.Token == address : string.Equals(asset.Symbol, name, StringComparison.OrdinalIgnoreCase);
}
