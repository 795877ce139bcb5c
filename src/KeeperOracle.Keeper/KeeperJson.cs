using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;
using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper;

/// <summary>
/// The one text form of events and decisions: what the journal holds, what its hash chain covers and what replay compares byte by byte.
/// Properties in the order of their declaration, no white space, integers beyond 53 bits as decimal strings.
/// </summary>
public static class KeeperJson
{
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        AllowOutOfOrderMetadataProperties = true,
        Converters =
        {
            new Text<Address>(Address.FromHex, value => value.ToString()),
            new Text<Hash32>(Hash32.FromHex, value => value.ToString()),
            new Text<BigInteger>(text => BigInteger.Parse(text, System.Globalization.CultureInfo.InvariantCulture), value => value.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            new Text<Wad>(ReadWad, value => value.ToString()),
            new Text<Price>(text => new Price(ReadWad(text)), value => value.ToString()),
            new Text<ChainId>(text => new ChainId(ulong.Parse(text, System.Globalization.CultureInfo.InvariantCulture)), value => value.ToString()),
            new JsonStringEnumConverter(JsonNamingPolicy.CamelCase),
        },
    };

    public static byte[] Write(KeeperEvent value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    public static byte[] Write(IReadOnlyList<Decision> value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    public static KeeperEvent ReadEvent(ReadOnlySpan<byte> bytes) =>
        JsonSerializer.Deserialize<KeeperEvent>(bytes, Options) ?? throw new JsonException("An event is never null.");

    public static IReadOnlyList<Decision> ReadDecisions(ReadOnlySpan<byte> bytes) =>
        JsonSerializer.Deserialize<List<Decision>>(bytes, Options) ?? throw new JsonException("Decisions are never null.");

    private static Wad ReadWad(string text) =>
        FixedPoint.TryParse(text, 18, out var raw) ? new Wad(raw) : throw new JsonException($"'{text}' is no number with at most 18 decimals.");

    private sealed class Text<T>(Func<string, T> read, Func<T, string> write) : JsonConverter<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var text = reader.GetString() ?? throw new JsonException($"A {typeof(T).Name} is never null.");
            try
            {
                return read(text);
            }
            catch (Exception malformed) when (malformed is FormatException or OverflowException)
            {
                // Text of an oracle node comes through here too: what is wrong with it has one name.
                throw new JsonException(malformed.Message, malformed);
            }
        }

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(write(value));
    }
}
