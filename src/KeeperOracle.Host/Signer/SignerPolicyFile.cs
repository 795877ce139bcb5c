using System.Globalization;
using System.Numerics;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Chains;
using KeeperOracle.Host.Files;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Signer;

/// <summary>
/// Reads a policy (JSON with comments): policy.example.jsonc shows every key. Strict: an unknown key, a missing one, an address without its checksum
/// are refused, all at once, each with its place and what to do. There are no defaults: what a signer may do is written down.
/// </summary>
internal static class SignerPolicyFile
{
    /// <summary>Throws <see cref="InputFileException"/> with everything that is wrong.</summary>
    public static SignerPolicy Read(string file)
    {
        var directory = file == InputText.StandardInput ? Directory.GetCurrentDirectory() : Path.GetDirectoryName(Path.GetFullPath(file))!;
        return JsonInput.Read(file, root => new SignerPolicy(
            Listen(root),
            root.Has("tokenFile") ? Secret(root, "tokenFile", directory) : null,
            Path.GetFullPath(root.Text("guardFile"), directory),
            AtLeastOne(root, "keys", key => new PolicyKey(ExistingFile(key, "keystoreFile", directory), Secret(key, "passwordFile", directory))),
            root.List("transactions", Transactions),
            Distinct(root, root.List("observations", Observations))));
    }

    private static SignerConnection Listen(JsonInput root)
    {
        var text = root.Text("listen");
        var isValid = SignerConnection.TryParse(text, out var connection, out var problem);
        problem = !isValid ? problem
            : connection!.SocketPath is not null ? ""
            : connection.Url.Scheme != "http" || !connection.Url.IsLoopback || connection.Url.PathAndQuery != "/" ? "it is served on a socket or on loopback only"
            : "";
        if (problem.Length > 0 && text.Length > 0)
        {
            root.Refuse("NotAListenAddress", "listen", $"{problem}: write unix:/path of a socket, or http://127.0.0.1:PORT.");
        }

        if (problem.Length == 0 && connection?.SocketPath is null && !root.Has("tokenFile"))
        {
            root.Refuse("MissingKey", "tokenFile", "it is missing: whoever reaches a port of loopback could have things signed. Name a file with 16 or more characters.");
        }

        return connection!;
    }

    private static TransactionPolicy Transactions(JsonInput entry)
    {
        var policy = new TransactionPolicy(
            AddressOf(entry, "signer"),
            ChainOf(entry),
            AtLeastOne(entry, "calls", Call),
            Units(entry, "maxFeePerGasGwei", 9),
            Units(entry, "maxPriorityFeePerGasGwei", 9),
            (ulong)Units(entry, "maxGasLimit", 0, 1_000_000_000),
            Units(entry, "maxFeePerTransactionEther", 18),
            Units(entry, "maxFeePerHourEther", 18),
            Flag(entry, "allowReplacements"));
        if (entry.Has("maxFeePerHourEther") && policy.MaxFeePerHour < policy.MaxFeePerTransaction)
        {
            entry.Refuse("OutOfRange", "maxFeePerHourEther", "it is less than maxFeePerTransactionEther: an hour must hold at least one transaction.");
        }

        return policy;
    }

    private static CallPolicy Call(JsonInput call) =>
        new(AddressOf(call, "target"), Function(call), call.List("arguments", Argument));

    /// <summary>As "transfer(address,uint256)", or the four bytes.</summary>
    private static Selector Function(JsonInput call)
    {
        var text = call.Text("function");
        if (text.Contains('(', StringComparison.Ordinal) && text[^1] == ')' && !text.Contains(' ', StringComparison.Ordinal))
        {
            return Selector.Of(text);
        }

        if (Bytes(text, 4) is { } bytes && Selector.TryRead(bytes, out var selector))
        {
            return selector;
        }

        if (text.Length > 0)
        {
            call.Refuse("NotAFunction", "function", "write it as name(type,type) without spaces and names, or as 0x and 8 digits.");
        }

        return default;
    }

    private static FixedArgument Argument(JsonInput argument)
    {
        var word = (int)Units(argument, "word", 0, 1024);
        var text = argument.Text("value");
        if (Bytes(text, 32) is { } bytes)
        {
            return new FixedArgument(word, new Hash32(bytes));
        }

        return Bytes(text, 20) is null ? Refused() : new FixedArgument(word, new Hash32([.. new byte[12], .. AddressOf(argument, "value").ToBytes()]));

        FixedArgument Refused()
        {
            argument.Refuse("NotAnArgument", "value", "write an address with its checksum, or 0x and 64 digits.");
            return default;
        }
    }

    private static ObservationPolicy Observations(JsonInput entry) => new(
        AddressOf(entry, "signer"),
        ChainOf(entry),
        AddressOf(entry, "verifyingContract"),
        Word(entry, "market"),
        (ulong)Units(entry, "maxValidSeconds", 0, 86_400),
        entry.Has("clockSkewSeconds") ? (ulong)Units(entry, "clockSkewSeconds", 0, 86_400) : null,
        (ulong)Units(entry, "reorgEpochs", 0, 1000),
        (ulong)Units(entry, "maxEpochStep", 0, 1_000_000),
        AtLeastOne(entry, "assets", Asset));

    private static AssetPolicy Asset(JsonInput asset)
    {
        var hasExpiries = asset.Has("maxImpliedVolatility");
        var bounds = new AssetPolicy(
            AddressOf(asset, "asset"),
            Fixed18(asset, "minVolatility"),
            Fixed18(asset, "maxVolatility"),
            Fixed18(asset, "maxSlippage"),
            hasExpiries ? Fixed18(asset, "maxImpliedVolatility") : null,
            hasExpiries ? Fixed18(asset, "minForwardRatio") : 0,
            hasExpiries ? Fixed18(asset, "maxForwardRatio") : 0);
        if (bounds.LeastVolatility > bounds.MostVolatility)
        {
            asset.Refuse("OutOfRange", "minVolatility", "it is over maxVolatility: nothing could be signed.");
        }

        return bounds;
    }

    private static IReadOnlyList<ObservationPolicy> Distinct(JsonInput root, IReadOnlyList<ObservationPolicy> entries)
    {
        foreach (var (place, entry) in entries.Index())
        {
            if (entries.Take(place).Any(other => (other.Signer, other.Chain, other.Verifier, other.Market) == (entry.Signer, entry.Chain, entry.Verifier, entry.Market)))
            {
                root.Refuse("Twice", $"observations[{place}]", "an entry for this signer, chain, contract and market stands before: keep one.");
            }
        }

        return entries;
    }

    private static ulong Fixed18(JsonInput part, string key) => (ulong)BigInteger.Min(Units(part, key, 18, 18), ulong.MaxValue);

    private static ChainId ChainOf(JsonInput part)
    {
        var id = (ulong)BigInteger.Min(Units(part, "chain", 0, 9_223_372_036_854_775_771m), long.MaxValue);
        if (id == 0 && part.Has("chain"))
        {
            part.Refuse("OutOfRange", "chain", "no chain has the id 0: write the decimal id, for example 31337.");
        }

        return new ChainId(id);
    }

    /// <summary>A decimal number, exactly, times ten to the power of <paramref name="decimals"/>.</summary>
    private static BigInteger Units(JsonInput part, string key, int decimals, decimal most = 1_000_000_000m)
    {
        var text = part.Verbatim(key)?.Trim('"');
        if (text is null)
        {
            part.Number(key); // says that it is missing
            return BigInteger.Zero;
        }

        var scale = (decimal)BigInteger.Pow(10, decimals);
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number >= 0 && number <= most && new BigInteger(number) is var whole
            && (number - (decimal)whole) * scale is var part18 && part18 == decimal.Truncate(part18))
        {
            return (whole * BigInteger.Pow(10, decimals)) + new BigInteger(part18);
        }

        part.Refuse(
            "OutOfRange", key, string.Create(CultureInfo.InvariantCulture, $"write a plain number from 0 to {most} with at most {decimals} decimals."));
        return BigInteger.Zero;
    }

    private static bool Flag(JsonInput part, string key)
    {
        if (!part.Has(key))
        {
            part.Refuse("MissingKey", key, "it is missing: true or false is needed here.");
        }

        return part.Flag(key, absent: false);
    }

    private static IReadOnlyList<T> AtLeastOne<T>(JsonInput part, string key, Func<JsonInput, T> read)
    {
        var items = part.List(key, read);
        if (items.Count == 0)
        {
            part.Refuse("MissingKey", key, "it is missing or empty: at least one is needed here.");
        }

        return items;
    }

    private static Address AddressOf(JsonInput part, string key)
    {
        var text = part.Text(key);
        if (text.Length > 0 && !Eip55.TryParse(text, out _, out var problem))
        {
            part.Refuse("NotAnAddress", key, $"{problem}.");
        }

        return Eip55.TryParse(text, out var address, out _) ? address : default;
    }

    private static Hash32 Word(JsonInput part, string key)
    {
        var text = part.Text(key);
        if (Bytes(text, 32) is { } bytes)
        {
            return new Hash32(bytes);
        }

        if (text.Length > 0)
        {
            part.Refuse("NotAWord", key, "write 0x and 64 digits.");
        }

        return default;
    }

    private static byte[]? Bytes(string text, int length)
    {
        try
        {
            return Hex.ToBytes(text) is var bytes && bytes.Length == length ? bytes : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static string ExistingFile(JsonInput part, string key, string directory)
    {
        var text = part.Text(key);
        var path = text.Length == 0 ? "" : Path.GetFullPath(text, directory);
        if (path.Length > 0 && !File.Exists(path))
        {
            part.Refuse("FileNotFound", key, "there is no such file; a relative path counts from the policy's directory.");
        }

        return path;
    }

    private static string Secret(JsonInput part, string key, string directory)
    {
        var text = part.Text(key);
        if (text.Length == 0)
        {
            return "";
        }

        var (path, problem) = SecretFile.Resolve(text, directory);
        if (problem is not null || !File.Exists(path))
        {
            part.Refuse("FileNotFound", key, $"{problem ?? "there is no such file"}: write {SecretFile.Forms}.");
        }

        return path ?? "";
    }
}
