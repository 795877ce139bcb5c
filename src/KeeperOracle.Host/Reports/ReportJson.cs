using System.Globalization;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace KeeperOracle.Host.Reports;

/// <summary>
/// The report as JSON. Canonical bytes: UTF-8, properties in the order of their declaration, no white space, numbers with at most nine
/// significant digits (so that the last bits, in which machines may differ, do not reach the hash). The file is
/// {"sha256": hash, "report": canonical bytes}: cut out the second member as it stands, hash it, compare.
/// </summary>
public static class ReportJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new NineDigits(), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static byte[] CanonicalBytes(BacktestReport report) => JsonSerializer.SerializeToUtf8Bytes(report, Options);

    /// <summary>SHA-256 of the canonical bytes, lower-case hexadecimal.</summary>
    public static string Hash(BacktestReport report) => Hash(CanonicalBytes(report));

    internal static string Hash(ReadOnlySpan<byte> canonicalBytes) => Convert.ToHexStringLower(SHA256.HashData(canonicalBytes));

    /// <summary>The file.</summary>
    public static byte[] File(BacktestReport report) =>
        [
            .. "{\"sha256\":\""u8, .. System.Text.Encoding.ASCII.GetBytes(Hash(report)), .. "\",\"report\":"u8, .. CanonicalBytes(report),
            .. "}\n"u8,
        ];

    private sealed class NineDigits : JsonConverter<double>
    {
        public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDouble();

        public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value.ToString("G9", CultureInfo.InvariantCulture));
    }
}
