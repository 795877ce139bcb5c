using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KeeperOracle.ChaosProxy.Node;

/// <summary>Numbers and texts as the Ethereum JSON-RPC writes them.</summary>
internal static class Quantity
{
    public static string Of(BigInteger value) => value.IsZero ? "0x0" : "0x" + value.ToString("x", CultureInfo.InvariantCulture).TrimStart('0');

    /// <summary>Throws <see cref="FormatException"/> where it is no quantity.</summary>
    public static BigInteger Read(JsonNode? value) =>
        TryRead(value.AsText(), out var number) ? number : throw new FormatException($"{value?.ToJsonString() ?? "null"} is no quantity.");

    public static bool TryRead(string? text, out BigInteger number)
    {
        number = default;
        // The leading zero keeps a first digit of 8 or more from being taken for a sign.
        return text is { Length: > 2 } && text.StartsWith("0x", StringComparison.Ordinal)
            && BigInteger.TryParse($"0{text.AsSpan(2)}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
    }

    public static string? AsText(this JsonNode? node) =>
        node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    public static bool Is(this JsonNode? node, string? text) =>
        text is not null && string.Equals(node.AsText(), text, StringComparison.OrdinalIgnoreCase);
}
