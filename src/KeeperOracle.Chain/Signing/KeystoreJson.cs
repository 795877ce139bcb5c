using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Signing;

internal sealed record KeystoreFile(Address? Address, KeystoreCost Cost, byte[] Salt, byte[] Iv, byte[] CipherText, byte[] Mac);

/// <summary>The text of a keystore. Names of fields are read in any case: geth wrote "Crypto" for years.</summary>
internal static class KeystoreJson
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static string Write(KeystoreFile file)
    {
        var crypto = new JsonObject
        {
            ["cipher"] = "aes-128-ctr",
            ["cipherparams"] = new JsonObject { ["iv"] = Convert.ToHexStringLower(file.Iv) },
            ["ciphertext"] = Convert.ToHexStringLower(file.CipherText),
            ["kdf"] = "scrypt",
            ["kdfparams"] = new JsonObject
            {
                ["dklen"] = 32,
                ["n"] = file.Cost.N,
                ["p"] = file.Cost.P,
                ["r"] = file.Cost.R,
                ["salt"] = Convert.ToHexStringLower(file.Salt),
            },
            ["mac"] = Convert.ToHexStringLower(file.Mac),
        };
        var root = new JsonObject
        {
            ["address"] = file.Address!.Value.ToString()[2..],
            ["crypto"] = crypto,
            ["id"] = Guid.NewGuid().ToString(),
            ["version"] = 3,
        };
        return root.ToJsonString(Indented);
    }

    public static KeystoreFile Read(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement);
        }
        catch (JsonException problem)
        {
            throw Malformed($"The keystore is not JSON (line {problem.LineNumber + 1}).");
        }
    }

    private static KeystoreFile Read(JsonElement root)
    {
        var version = Number(root, "version");
        if (version != 3)
        {
            throw Unsupported($"The keystore has version {version}, and only version 3 is read.");
        }

        var crypto = Member(root, "crypto");
        Require(Text(crypto, "cipher"), "aes-128-ctr", "cipher");
        var parameters = Member(crypto, "kdfparams");
        var derivedLength = Number(parameters, "dklen");
        if (derivedLength != 32)
        {
            throw Unsupported($"The keystore derives {derivedLength} bytes, and only 32 are supported.");
        }

        return new KeystoreFile(
            ReadAddress(root),
            ReadCost(Text(crypto, "kdf"), parameters),
            Bytes(parameters, "salt", 1, 256),
            Bytes(Member(crypto, "cipherparams"), "iv", 16, 16),
            Bytes(crypto, "ciphertext", 32, 32),
            Bytes(crypto, "mac", 32, 32));
    }

    private static KeystoreCost ReadCost(string kdf, JsonElement parameters)
    {
        switch (kdf)
        {
            case "scrypt":
                return new KeystoreCost(KeystoreKdf.Scrypt, Number(parameters, "n"), Number(parameters, "r"), Number(parameters, "p"));
            case "pbkdf2":
                Require(Text(parameters, "prf"), "hmac-sha256", "prf");
                return new KeystoreCost(KeystoreKdf.Pbkdf2, Number(parameters, "c"), 0, 0);
            default:
                throw Unsupported($"The keystore has the kdf '{kdf}', and only scrypt and pbkdf2 are supported.");
        }
    }

    private static Address? ReadAddress(JsonElement root)
    {
        var isNamed = TryMember(root, "address", out var member) && member.ValueKind != JsonValueKind.Null;
        var isEmpty = isNamed && member.ValueKind == JsonValueKind.String && member.GetString()!.Length == 0;
        return isNamed && !isEmpty ? new Address(Bytes(root, "address", 20, 20)) : null;
    }

    private static void Require(string found, string wanted, string what)
    {
        if (found != wanted)
        {
            throw Unsupported($"The keystore has the {what} '{found}', and only {wanted} is supported.");
        }
    }

    private static bool TryMember(JsonElement owner, string name, out JsonElement member)
    {
        member = default;
        var found = 0;
        if (owner.ValueKind == JsonValueKind.Object)
        {
            foreach (var property in owner.EnumerateObject().Where(property => property.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                member = property.Value;
                found++;
            }
        }

        return found <= 1 ? found == 1 : throw Malformed($"The keystore has '{name}' twice.");
    }

    private static JsonElement Member(JsonElement owner, string name) =>
        TryMember(owner, name, out var member) ? member : throw Malformed($"The keystore has no '{name}'.");

    private static string Text(JsonElement owner, string name) =>
        Member(owner, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : throw Malformed($"'{name}' of the keystore is no text.");

    private static int Number(JsonElement owner, string name) =>
        Member(owner, name) is { ValueKind: JsonValueKind.Number } member && member.TryGetInt32(out var number) && number >= 0
            ? number
            : throw Malformed($"'{name}' of the keystore is no number.");

    /// <summary>Hexadecimal, with or without 0x.</summary>
    private static byte[] Bytes(JsonElement owner, string name, int least, int most)
    {
        var text = Text(owner, name);
        byte[] bytes;
        try
        {
            bytes = Convert.FromHexString(text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text.AsSpan(2) : text);
        }
        catch (FormatException)
        {
            throw Malformed($"'{name}' of the keystore is not hexadecimal.");
        }

        return bytes.Length >= least && bytes.Length <= most ? bytes : throw Malformed($"'{name}' of the keystore has {bytes.Length} bytes.");
    }

    private static KeystoreException Malformed(string problem) => new(KeystoreFailure.Malformed, problem);

    private static KeystoreException Unsupported(string problem) => new(KeystoreFailure.Unsupported, problem);
}
