using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Signing;

/// <summary>Addresses as text with the checksum of EIP-55: a letter is upper case where the same digit of the hash is 8 or more.</summary>
public static class Eip55
{
    private static readonly System.Buffers.SearchValues<char> Digits = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");

    public static string Format(Address address)
    {
        var text = address.ToString().ToCharArray();
        Span<byte> hash = stackalloc byte[32];
        Keccak.HashText(new string(text, 2, 40)).CopyTo(hash);
        for (var i = 0; i < 40; i++)
        {
            var nibble = (i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2]) & 0xF;
            text[i + 2] = nibble >= 8 ? char.ToUpperInvariant(text[i + 2]) : text[i + 2];
        }

        return new string(text);
    }

    /// <summary>The door for addresses from people and files: false with what is wrong, and the right spelling where the digits are fine.</summary>
    public static bool TryParse(string text, out Address address, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        address = default;
        problem = Malformed(text);
        if (problem is not null)
        {
            return false;
        }

        var parsed = Address.FromHex(text);
        var right = Format(parsed);
        if (text == right)
        {
            address = parsed;
            return true;
        }

        var digits = text.AsSpan(2);
        var isWithout = digits.IndexOfAnyInRange('A', 'F') < 0 || digits.IndexOfAnyInRange('a', 'f') < 0;
        problem = isWithout
            ? $"'{text}' has no checksum (all letters in one case): if the digits are right, write {right}"
            : $"'{text}' has a wrong checksum, so a digit may be wrong; if the digits are right, write {right}";
        return false;
    }

    private static string? Malformed(string text)
    {
        if (!text.StartsWith("0x", StringComparison.Ordinal))
        {
            return $"'{Shorten(text)}' does not begin with 0x";
        }

        if (text.Length != 42)
        {
            return $"'{Shorten(text)}' has {text.Length - 2} digits after 0x where an address has 40";
        }

        var wrong = text.AsSpan(2).IndexOfAnyExcept(Digits);
        return wrong < 0 ? null : $"'{text}' has '{text[wrong + 2]}' at place {wrong + 1} after 0x, which is no hexadecimal digit";
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..77] + "...";
}
