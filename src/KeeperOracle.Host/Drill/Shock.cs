using System.Globalization;
using System.Numerics;

namespace KeeperOracle.Host.Drill;

/// <summary>A relative move of a price. Over -100 %, since nothing is left of a price under that, and at most +1000 %.</summary>
/// <param name="Hundredths">of a percent: -3000 is -30 %</param>
internal readonly record struct Shock(int Hundredths)
{
    private const int Whole = 10_000;
    private const int Most = 100_000;

    /// <summary>"-30%", "+10%" or "-12.5%"; null with what is wrong where it is no shock.</summary>
    public static (Shock? Shock, string? Problem) Parse(string text)
    {
        if (!text.EndsWith('%')
            || !decimal.TryParse(text[..^1], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent))
        {
            return (null, $"'{text}' is no percentage: write it with its sign and a percent mark, such as -30%");
        }

        return percent <= -100 ? (null, $"'{text}' leaves no price: it must be over -100%")
            : percent * 100 > Most ? (null, $"'{text}' is over the most of +{Most / 100}%")
            : decimal.Truncate(percent * 100) != percent * 100 ? (null, $"'{text}' has more than two decimals")
            : (new Shock((int)(percent * 100)), null);
    }

    /// <summary>What a positive answer becomes, rounded down.</summary>
    public BigInteger Of(BigInteger answer) => answer * (Whole + Hundredths) / Whole;

    public override string ToString() => (Hundredths / 100m).ToString("+0.##;-0.##;0", CultureInfo.InvariantCulture) + "%";
}
