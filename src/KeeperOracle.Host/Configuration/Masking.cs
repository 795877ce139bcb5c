using System.Globalization;
using KeeperOracle.Chain.Signers;

namespace KeeperOracle.Host.Configuration;

/// <summary>How values are shown: paths of URLs hold API keys, and 64 hexadecimal digits may be a private key, wherever they stand.</summary>
internal static class Masking
{
    internal const string Hidden = "(hidden)";

    private const int LongestShown = 120;

    internal static string Url(Uri url)
    {
        var start = string.Create(CultureInfo.InvariantCulture, $"{url.Scheme}://{url.Host}:{url.Port}");
        return url.PathAndQuery is "" or "/" && url.Fragment.Length == 0 ? start : start + "/…";
    }

    internal static string Value(KeyKind kind, string value) => kind switch
    {
        KeyKind.Url or KeyKind.SocketUrl or KeyKind.ListenUrl => Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Host.Length > 0 ? Url(url) : Hidden,
        KeyKind.SignerUrl => SignerConnection.TryParse(value, out var signer, out _) ? signer!.ToString() : Hidden,
        _ when MayBePrivateKey(value) => Hidden,
        _ => value.Length <= LongestShown ? value : value[..LongestShown] + "…",
    };

    /// <summary>Nothing but a key: 64 hexadecimal digits, with 0x or without.</summary>
    internal static bool IsPrivateKey(string value)
    {
        var digits = value.Trim();
        digits = digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? digits[2..] : digits;
        return digits.Length == 64 && digits.All(char.IsAsciiHexDigit);
    }

    /// <summary>64 hexadecimal digits in a row, or the many words of a mnemonic.</summary>
    internal static bool MayBePrivateKey(string value)
    {
        var run = 0;
        foreach (var character in value)
        {
            run = char.IsAsciiHexDigit(character) ? run + 1 : 0;
            if (run >= 64)
            {
                return true;
            }
        }

        return value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length >= 12;
    }
}
