using System.Globalization;
using System.Numerics;

namespace KeeperOracle.Primitives;

/// <summary>Decimal text of integers with a scale, exact in both directions.</summary>
public static class FixedPoint
{
    /// <summary>Formats raw / 10^decimals with every significant digit.</summary>
    public static string Format(BigInteger raw, int decimals)
    {
        var digits = BigInteger.Abs(raw).ToString(CultureInfo.InvariantCulture).PadLeft(decimals + 1, '0');
        var whole = digits[..^decimals];
        var fraction = digits[^decimals..].TrimEnd('0');
        var sign = raw.Sign < 0 ? "-" : "";
        return fraction.Length == 0 ? sign + whole : $"{sign}{whole}.{fraction}";
    }

    /// <summary>Reads decimal text exactly as raw * 10^decimals; false where it is no number or has more decimals than fit.</summary>
    public static bool TryParse(string text, int decimals, out BigInteger raw)
    {
        ArgumentNullException.ThrowIfNull(text);
        raw = BigInteger.Zero;
        var negative = text.StartsWith('-');
        var parts = (negative ? text[1..] : text).Split('.');
        var fraction = parts.Length == 2 ? parts[1].TrimEnd('0') : "";
        if (parts.Length > 2 || parts[0].Length == 0 || (parts.Length == 2 && parts[1].Length == 0) || fraction.Length > decimals)
        {
            return false;
        }

        var digits = parts[0] + fraction.PadRight(decimals, '0');
        if (!digits.All(char.IsAsciiDigit))
        {
            return false;
        }

        raw = BigInteger.Parse(digits, CultureInfo.InvariantCulture) * (negative ? -1 : 1);
        return true;
    }
}
