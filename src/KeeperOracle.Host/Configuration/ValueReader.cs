using System.Globalization;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Configuration;

/// <summary>
/// The door from text to values: each reader gives a value, or adds a problem and gives a harmless stand-in, so that reading goes on
/// and everything wrong is found at once. Stand-ins never leave: options exist only where there are no problems.
/// </summary>
internal sealed class ValueReader(IReadOnlyDictionary<string, Setting> settings, ProblemList problems)
{
    private static readonly Uri StandInUrl = new("http://127.0.0.1:0/");

    internal int Whole(string path) => Number(
        path, text => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : (int?)null);

    internal decimal Exact(string path) => Number(path, text =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value)
        && WithoutTrailingZeros(value).Scale <= KeyNode.KeyAt(path).MaximumDecimals
            ? value
            : (decimal?)null);

    internal double Real(string path) => Number(path, text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? value : (double?)null);

    internal T Choice<T>(string path)
        where T : struct, Enum
    {
        if (Find(path) is not { } setting)
        {
            return default;
        }

        var key = setting.Node.Key!;
        if (key.Choices.Contains(setting.Value, StringComparer.OrdinalIgnoreCase))
        {
            return Enum.Parse<T>(setting.Value, ignoreCase: true);
        }

        Refuse(
            setting,
            "there is no such choice",
            $"Did you mean \"{KeyCheck.Nearest(setting.Value, key.Choices)}\"? Set it to {KeyTable.Expects(key)}.");
        return default;
    }

    /// <summary>A name; null where none was given.</summary>
    internal string? Text(string path)
    {
        if (Find(path) is not { } setting)
        {
            return null;
        }

        if (!KeyCheck.IsName(setting.Value.Replace(' ', '_')) || setting.Value != setting.Value.Trim())
        {
            Refuse(setting, "this is no name", $"Set it to {KeyTable.Expects(setting.Node.Key!)}.");
        }

        return setting.Value;
    }

    /// <summary>An absolute path, counted from the directory of the file that gave it; null where none was given.</summary>
    internal string? FilePath(string path)
    {
        if (Find(path) is not { } setting)
        {
            return null;
        }

        if (string.IsNullOrWhiteSpace(setting.Value) || setting.Value.Contains('\0', StringComparison.Ordinal) || Masking.IsPrivateKey(setting.Value))
        {
            Refuse(
                setting, "this is no path of a file", "Set it to the path of a file; a secret itself never stands in the configuration.");
            return null;
        }

        var directory = setting.Source.Origin == ValueOrigin.File ? Path.GetDirectoryName(setting.Source.Name)! : Directory.GetCurrentDirectory();
        return Path.GetFullPath(setting.Value, directory);
    }

    /// <summary>The path of a file with a secret, a descriptor or a credential; null where none was given.</summary>
    internal string? SecretFile(string path)
    {
        if (Find(path) is not { } setting || !IsSpecial(setting.Value))
        {
            return FilePath(path);
        }

        var (file, problem) = Chains.SecretFile.Resolve(setting.Value, "/");
        if (problem is not null)
        {
            Refuse(setting, problem, $"Set it to {KeyTable.Expects(setting.Node.Key!)}.");
        }

        return file;
    }

    internal SignerConnection? SignerUrl(string path)
    {
        if (Find(path) is not { } setting)
        {
            return null;
        }

        if (!SignerConnection.TryParse(setting.Value, out var connection, out var problem))
        {
            Refuse(setting, problem, $"Set it to {KeyTable.Expects(setting.Node.Key!)}.");
        }

        return connection;
    }

    internal Address Address(string path)
    {
        if (Find(path) is not { } setting)
        {
            return default;
        }

        if (Eip55.TryParse(setting.Value, out var address, out var problem))
        {
            if (address.IsZero)
            {
                Refuse(setting, "the zero address belongs to nobody", $"Set it to {KeyTable.Expects(setting.Node.Key!)}.");
            }

            return address;
        }

        RefuseAddress(setting, problem!);
        return default;
    }

    internal SecretUrl Url(string path) => Endpoint(path, "http", "https") ?? new SecretUrl(StandInUrl);

    /// <summary>Null where none was given.</summary>
    internal SecretUrl? SocketUrl(string path) => Endpoint(path, "ws", "wss");

    private SecretUrl? Endpoint(string path, string plain, string secure)
    {
        if (Find(path) is not { } setting)
        {
            return null;
        }

        var problem = !Uri.TryCreate(setting.Value, UriKind.Absolute, out var url) ? "this is no URL"
            : url.Scheme != plain && url.Scheme != secure ? $"{url.Scheme} is not spoken here"
            : url.UserInfo.Length > 0 ? "a user name or password never stands in a URL"
            : url.Fragment.Length > 0 ? "a URL of a node has no part after #"
            : null;
        if (problem is null)
        {
            return new SecretUrl(url!);
        }

        Refuse(setting, problem, $"Set it to {KeyTable.Expects(setting.Node.Key!)}.");
        return new SecretUrl(StandInUrl);
    }

    internal Uri ListenUrl(string path)
    {
        if (Find(path) is not { } setting)
        {
            return StandInUrl;
        }

        var problem = !Uri.TryCreate(setting.Value, UriKind.Absolute, out var url) ? "this is no URL"
            : url.Scheme != "http" ? "only http is served here"
            : !url.IsLoopback ? "signatures would be given to anybody who reaches this address"
            : url.PathAndQuery != "/" || url.UserInfo.Length > 0 ? "an address to listen on has nothing but host and port"
            : url.IsDefaultPort && !setting.Value.TrimEnd('/').EndsWith(":80", StringComparison.Ordinal) ? "it names no port"
            : null;
        if (problem is null)
        {
            return url!;
        }

        Refuse(setting, problem, $"Set it to {KeyTable.Expects(setting.Node.Key!)}; a proxy that authenticates may stand in front.");
        return StandInUrl;
    }

    private static bool IsSpecial(string value) =>
        value.StartsWith("fd:", StringComparison.Ordinal) || value.StartsWith("credential:", StringComparison.Ordinal);

    // Dividing by a one with all its decimals leaves the shortest form: 0.10 has one decimal.
    private static decimal WithoutTrailingZeros(decimal value) => value / 1.0000000000000000000000000000m;

    private T Number<T>(string path, Func<string, T?> parse)
        where T : struct
    {
        if (Find(path) is not { } setting)
        {
            return default;
        }

        var key = setting.Node.Key!;
        var parsed = parse(setting.Value);
        if (parsed is { } value && InRange(Convert.ToDouble(value, CultureInfo.InvariantCulture), key))
        {
            return value;
        }

        Refuse(
            setting,
            parsed is null ? $"this is not {KeyTable.Expects(key)}" : $"out of range ({key.Range})",
            $"Set it to {KeyTable.Expects(key)}.");
        return default;
    }

    private static bool InRange(double value, ConfigurationKey key)
    {
        var (minimum, maximum) = ((double)key.Minimum, (double)key.Maximum);
        return (key.AboveMinimum ? value > minimum : value >= minimum) && (key.BelowMaximum ? value < maximum : value <= maximum);
    }

    /// <summary>The setting; where it is missing and its entry needs it, that is a problem.</summary>
    private Setting? Find(string path)
    {
        if (settings.TryGetValue(path, out var setting))
        {
            return setting;
        }

        var key = KeyNode.KeyAt(path);
        if (key.WhyRequired is { } why)
        {
            problems.Add(path, null, $"missing, and {why}", $"Set it to {KeyTable.Expects(key)}.");
        }

        return null;
    }

    private void Refuse(Setting setting, string problem, string fix) =>
        problems.Add(setting.Path, Masking.Value(setting.Node.Key!.Kind, setting.Value), problem, fix);

    private void RefuseAddress(Setting setting, string problem)
    {
        var text = setting.Value;
        if (Masking.MayBePrivateKey(text))
        {
            Refuse(
                setting,
                "this is no address and may be a private key",
                "Set it to the address; if a private key stood here, hold it for stolen.");
        }
        else if (text.Length == 42 && text.StartsWith("0x", StringComparison.Ordinal) && text[2..].All(char.IsAsciiHexDigit))
        {
            Refuse(
                setting,
                "its EIP-55 checksum is missing or wrong, so a digit may be wrong",
                $"If the digits are right, write {Eip55.Format(Primitives.Address.FromHex(text))}.");
        }
        else
        {
            problems.Add(setting.Path, null, problem, $"Set it to {KeyTable.Expects(setting.Node.Key!)}.");
        }
    }
}
