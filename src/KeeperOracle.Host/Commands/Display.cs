using System.Globalization;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Commands;

/// <summary>Figures for people; programs get the exact ones.</summary>
internal static class Display
{
    public static string Money(double value) => value.ToString("N2", CultureInfo.InvariantCulture);

    public static string Money(Wad value) => value.ToDouble().ToString("N2", CultureInfo.InvariantCulture);

    /// <summary>Four digits, rounded down, so that 0.99996 does not read as 1.</summary>
    public static string Ratio(Wad value) => (Math.Floor(value.ToDouble() * 10_000) / 10_000).ToString("0.0000", CultureInfo.InvariantCulture);

    public static string Percent(double fraction) => (fraction * 100).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    /// <summary>Seven digits; a dash where there is no figure.</summary>
    public static string Figure(double? value) => value is { } figure ? figure.ToString("G7", CultureInfo.InvariantCulture) : "-";

    /// <summary>Four decimals, cut; what follows the figure (a symbol) stays.</summary>
    public static string Short(string text)
    {
        var figure = text.Split(' ', 2);
        var point = figure[0].IndexOf('.', StringComparison.Ordinal);
        figure[0] = point < 0 ? figure[0] : figure[0][..Math.Min(figure[0].Length, point + 5)];
        return string.Join(' ', figure);
    }
}
