using System.Globalization;
using System.Text;
using System.Text.Json;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Signing;

/// <summary>
/// An observation as the document that eth_signTypedData takes: types, domain, primary type and message, with numbers of 64 bits as
/// decimal text, since a number of JSON would lose digits in many readers. Read strictly: the types and the domain must be exactly
/// ours, so that a signer can compute the digest from the values by itself and sign nothing that it does not understand.
/// </summary>
public static class ObservationTypedData
{
    private const int MostAssets = 256;
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 16, AllowDuplicateProperties = false };
    private static readonly JsonElement Types = JsonSerializer.SerializeToElement(ObservationDigest.TypeStrings.ToDictionary(
        text => text[..text.IndexOf('(', StringComparison.Ordinal)],
        text => text[(text.IndexOf('(', StringComparison.Ordinal) + 1)..^1].Split(',').Select(field => field.Split(' '))
            .Select(pair => new Dictionary<string, string> { ["name"] = pair[1], ["type"] = pair[0] }).ToList()));

    public static string Write(ChainId chain, Address verifier, Observation observation)
    {
        ArgumentNullException.ThrowIfNull(observation);
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WritePropertyName("types");
            Types.WriteTo(writer);
            writer.WriteString("primaryType", "Observation");
            writer.WriteStartObject("domain");
            writer.WriteString("name", ObservationDigest.DomainName);
            writer.WriteString("version", ObservationDigest.DomainVersion);
            writer.WriteNumber("chainId", chain.Value);
            writer.WriteString("verifyingContract", verifier.ToString());
            writer.WriteEndObject();
            writer.WriteStartObject("message");
            WriteMessage(writer, observation);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>Throws <see cref="FormatException"/> with what is wrong.</summary>
    public static (ChainId Chain, Address Verifier, Observation Observation) Read(string document)
    {
        ArgumentNullException.ThrowIfNull(document);
        try
        {
            using var parsed = JsonDocument.Parse(document, Strict);
            return Read(parsed.RootElement);
        }
        catch (JsonException problem)
        {
            throw new FormatException($"The typed data is no JSON (line {problem.LineNumber + 1}).");
        }
    }

    private static (ChainId Chain, Address Verifier, Observation Observation) Read(JsonElement root)
    {
        Members(root, "types", "primaryType", "domain", "message");
        if (!JsonElement.DeepEquals(root.GetProperty("types"), Types) || Text(root, "primaryType") != "Observation")
        {
            throw new FormatException("The typed data has other types than an Observation of KeeperOracle.");
        }

        var domain = root.GetProperty("domain");
        Members(domain, "name", "version", "chainId", "verifyingContract");
        if (Text(domain, "name") != ObservationDigest.DomainName || Text(domain, "version") != ObservationDigest.DomainVersion)
        {
            throw new FormatException($"The domain of the typed data is not {ObservationDigest.DomainName} {ObservationDigest.DomainVersion}.");
        }

        var message = root.GetProperty("message");
        Members(message, "market", "epoch", "configDigest", "observedAt", "notBefore", "deadline", "inputsRoot", "vector");
        var observation = new Observation(
            Word(message, "market"),
            Number(message, "epoch"),
            Word(message, "configDigest"),
            Number(message, "observedAt"),
            Number(message, "notBefore"),
            Number(message, "deadline"),
            Word(message, "inputsRoot"),
            [.. Items(message, "vector").Select(Risk)]);
        return (new ChainId(Number(domain, "chainId")), Address.FromHex(Text(domain, "verifyingContract")), observation);
    }

    private static void WriteMessage(Utf8JsonWriter writer, Observation observation)
    {
        writer.WriteString("market", observation.Market.ToString());
        WriteNumber(writer, "epoch", observation.Epoch);
        writer.WriteString("configDigest", observation.ConfigDigest.ToString());
        WriteNumber(writer, "observedAt", observation.ObservedAt);
        WriteNumber(writer, "notBefore", observation.NotBefore);
        WriteNumber(writer, "deadline", observation.Deadline);
        writer.WriteString("inputsRoot", observation.InputsRoot.ToString());
        writer.WriteStartArray("vector");
        foreach (var risk in observation.Vector)
        {
            writer.WriteStartObject();
            writer.WriteString("asset", risk.Asset.ToString());
            WriteNumber(writer, "volatility", risk.Volatility);
            WriteNumber(writer, "slippage", risk.Slippage);
            writer.WriteStartArray("expiries");
            foreach (var expiry in risk.Expiries)
            {
                writer.WriteStartObject();
                WriteNumber(writer, "expiry", expiry.Expiry);
                WriteNumber(writer, "impliedVolatility", expiry.ImpliedVolatility);
                WriteNumber(writer, "forwardRatio", expiry.ForwardRatio);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, ulong value) =>
        writer.WriteString(name, value.ToString(CultureInfo.InvariantCulture));

    private static AssetRisk Risk(JsonElement risk)
    {
        Members(risk, "asset", "volatility", "slippage", "expiries");
        return new AssetRisk(
            Address.FromHex(Text(risk, "asset")), Number(risk, "volatility"), Number(risk, "slippage"), [.. Items(risk, "expiries").Select(Expiry)]);
    }

    private static ExpiryRisk Expiry(JsonElement expiry)
    {
        Members(expiry, "expiry", "impliedVolatility", "forwardRatio");
        return new ExpiryRisk(Number(expiry, "expiry"), Number(expiry, "impliedVolatility"), Number(expiry, "forwardRatio"));
    }

    /// <summary>Exactly these, once each (twice is refused by the parser).</summary>
    private static void Members(JsonElement owner, params string[] names)
    {
        if (owner.ValueKind != JsonValueKind.Object || owner.EnumerateObject().Count() != names.Length
            || Array.Exists(names, name => !owner.TryGetProperty(name, out _)))
        {
            throw new FormatException($"The typed data must have exactly {string.Join(", ", names)} here.");
        }
    }

    private static List<JsonElement> Items(JsonElement owner, string name) =>
        owner.GetProperty(name) is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() <= MostAssets
            ? [.. list.EnumerateArray()]
            : throw new FormatException($"'{name}' of the typed data is no list of at most {MostAssets}.");

    private static Hash32 Word(JsonElement owner, string name) => Hash32.FromHex(Text(owner, name));

    private static string Text(JsonElement owner, string name) =>
        owner.GetProperty(name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : throw new FormatException($"'{name}' of the typed data is no text.");

    private static ulong Number(JsonElement owner, string name)
    {
        var value = owner.GetProperty(name);
        return value.ValueKind == JsonValueKind.String && ulong.TryParse(value.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
            : value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out number) ? number
            : throw new FormatException($"'{name}' of the typed data is no number of 64 bits.");
    }
}
