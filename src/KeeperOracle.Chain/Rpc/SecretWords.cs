namespace KeeperOracle.Chain.Rpc;

/// <summary>
/// What a node was told and must not come back in its words: the paths, query and user of its URL, and a token. A node that says
/// "key abc… is over its quota" would carry the key into logs and into the journal. Words under 8 characters are no secrets.
/// </summary>
internal sealed class SecretWords
{
    internal const string Hidden = "(hidden)";

    private const int ShortestSecret = 8;
    private readonly string[] _words;

    public SecretWords(Uri url, string? token = null)
    {
        string[] parts =
        [
            url.AbsoluteUri,
            url.OriginalString,
            url.PathAndQuery,
            url.Query.TrimStart('?'),
            url.UserInfo,
            token ?? "",
            .. url.UserInfo.Split(':'),
            .. url.AbsolutePath.Split('/'),
            .. url.Query.TrimStart('?').Split('&', '='),
        ];

        // The longest first: a whole URL is one hidden word, not a sentence of them.
        _words = [.. parts.Concat(parts.Select(Uri.UnescapeDataString)).Where(part => part.Length >= ShortestSecret && part.Trim('/').Length >= ShortestSecret)
            .Where(part => !IsBare(url, part)).Distinct(StringComparer.OrdinalIgnoreCase).OrderByDescending(part => part.Length)];
    }

    public string Hide(string text)
    {
        foreach (var word in _words)
        {
            text = text.Replace(word, Hidden, StringComparison.OrdinalIgnoreCase);
        }

        return text;
    }

    /// <summary>Scheme, host and port alone are no secret.</summary>
    private static bool IsBare(Uri url, string part) =>
        url.PathAndQuery is "" or "/" && url.UserInfo.Length == 0 && part.StartsWith(url.Scheme, StringComparison.OrdinalIgnoreCase);
}
