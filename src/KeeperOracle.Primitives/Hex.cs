namespace KeeperOracle.Primitives;

/// <summary>Hexadecimal text with "0x", as Ethereum writes bytes.</summary>
public static class Hex
{
    /// <summary>Reads "0x" and an even number of digits. Throws <see cref="FormatException"/> with what is wrong.</summary>
    public static byte[] ToBytes(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!text.StartsWith("0x", StringComparison.Ordinal))
        {
            throw new FormatException($"'{Shorten(text)}' does not begin with 0x.");
        }

        if (text.Length % 2 != 0)
        {
            throw new FormatException($"'{Shorten(text)}' has an odd number of hexadecimal digits.");
        }

        try
        {
            return Convert.FromHexString(text.AsSpan(2));
        }
        catch (FormatException)
        {
            throw new FormatException($"'{Shorten(text)}' has a character that is not hexadecimal.");
        }
    }

    public static string FromBytes(ReadOnlySpan<byte> bytes) => string.Create(checked(2 + (2 * bytes.Length)), bytes, static (text, source) =>
    {
        "0x".CopyTo(text);
        Convert.TryToHexStringLower(source, text[2..], out _);
    });

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..77] + "...";
}
