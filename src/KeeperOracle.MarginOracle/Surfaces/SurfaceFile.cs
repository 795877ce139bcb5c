using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.MarginOracle.Surfaces;

// Specification of this folder.
//
// Implied volatility is not on the chain: somebody who follows the option markets publishes it, and an oracle node takes it only as that somebody signed it.
// The file is one JSON object, { "payload": "...", "signature": "0x..." }. The payload is a text; its signature is EIP-191's ("personal_sign") over its UTF-8
// bytes, 65 bytes, so that a wallet or `cast wallet sign` makes it and nothing has to be put into an order first. In the text stands
//
//   { "chain": 1, "asOf": seconds,
//     "assets": [ { "asset": "0x...", "spot": 3000,
//       "slices": [ { "expiry": seconds, "forward": 3010,
//                     "svi": { "a": .., "b": .., "rho": .., "m": .., "s": .. }            total variance from asOf on, or
//                     "quotes": [ { "strike": .., "volatility": .. }, ... ] } ] } ] }     at least five, to which a slice is fitted
//
// Refused, each by its name: what cannot be read (SurfaceMissing, SurfaceMalformed), what another key signed (SurfaceSignatureInvalid), what is of another chain
// (SurfaceWrongChain), what is older than the node allows or from its future (SurfaceStale, SurfaceFromFuture), what lacks an asset or expiry that the chain lists
// (SurfaceAssetMissing, SurfaceExpiryMissing), and what no market could have: butterfly or calendar arbitrage (SurfaceArbitrage).
// A node that refuses a surface attests nothing for a market that lists expiries: silence tightens initial margin, an invented volatility would not.
//
// Limits: a file of 1 MiB, 64 assets, 64 slices of 1,000 quotes.

/// <summary>A surface as its publisher signed it.</summary>
/// <param name="Digest">what the signature is over: it stands for the whole in an observation's inputs root</param>
public sealed record SignedSurface(ulong Chain, ulong AsOf, Hash32 Digest, ImmutableSortedDictionary<Address, VolatilitySurface> Assets);

/// <summary>Reads one file, again whenever it has changed.</summary>
/// <param name="path">of the file</param>
/// <param name="publisher">whose signature counts</param>
/// <param name="maxAgeSeconds">chain seconds after which a surface is stale</param>
public sealed class SurfaceFile(string path, Address publisher, ulong maxAgeSeconds)
{
    private const int MostBytes = 1 << 20;
    private const int MostEntries = 64;
    private const int MostQuotes = 1000;
    private const double SecondsPerYear = 365.0 * 86_400;

    private static readonly JsonSerializerOptions Reading = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.Strict,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        MaxDepth = 16,
    };

    /// <summary>Exactly one of the two is null.</summary>
    /// <param name="chain">for which it must be</param>
    /// <param name="now">chain time in seconds</param>
    public (SignedSurface? Surface, string? Refusal) Read(ChainId chain, ulong now)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            return (null, $"SurfaceMissing: {failed.GetType().Name} while the surface file is read");
        }

        return bytes.Length > MostBytes ? (null, $"SurfaceMalformed: the file has {bytes.Length} bytes, over {MostBytes}") : Judge(bytes, chain, now);
    }

    internal (SignedSurface? Surface, string? Refusal) Judge(byte[] bytes, ChainId chain, ulong now)
    {
        SignedSurface surface;
        try
        {
            var envelope = JsonSerializer.Deserialize<Envelope>(bytes, Reading) ?? throw new JsonException("It is null.");
            var payload = Encoding.UTF8.GetBytes(envelope.Payload);
            var digest = PersonalMessage.Digest(payload);
            var signer = SignatureRecovery.Recover(digest, Signature.FromBytes65(Hex.ToBytes(envelope.Signature)));
            if (signer != publisher)
            {
                return (null, $"SurfaceSignatureInvalid: {Eip55.Format(signer)} signed it, and this node takes it from {Eip55.Format(publisher)}");
            }

            surface = Parse(JsonSerializer.Deserialize<Document>(payload, Reading) ?? throw new JsonException("It is null."), digest);
        }
        catch (Exception malformed) when (malformed is JsonException or RiskInputException)
        {
            return (null, $"SurfaceMalformed: {malformed.Message}");
        }
        catch (FormatException unreadable)
        {
            return (null, $"SurfaceSignatureInvalid: {unreadable.Message}");
        }

        return surface.Chain != chain.Value ? (null, $"SurfaceWrongChain: it is of chain {surface.Chain}, not of {chain}")
            : surface.AsOf > now ? (null, $"SurfaceFromFuture: it is of {surface.AsOf}, {surface.AsOf - now} s ahead of the chain")
            : now - surface.AsOf > maxAgeSeconds ? (null, $"SurfaceStale: it is {now - surface.AsOf} s old, over {maxAgeSeconds}")
            : surface.Assets.Values.Select(one => one.Arbitrage()).FirstOrDefault(found => found is not null) is { } arbitrage ? (null, $"SurfaceArbitrage: {arbitrage}")
            : (surface, null);
    }

    private static SignedSurface Parse(Document document, Hash32 digest)
    {
        Limit(document.Assets.Count, MostEntries, "assets");
        var assets = document.Assets.Select(asset =>
        {
            Limit(asset.Slices.Count, MostEntries, "slices");
            if (!(asset.Spot > 0) || !double.IsFinite(asset.Spot))
            {
                throw new JsonException($"the spot of {asset.Asset} is {asset.Spot}");
            }

            if (!Eip55.TryParse(asset.Asset, out var token, out var problem))
            {
                throw new JsonException(problem);
            }

            return (Token: token, Surface: new VolatilitySurface(asset.Spot, [.. asset.Slices.OrderBy(slice => slice.Expiry).Select(slice => Slice(slice, document.AsOf))]));
        }).ToList();
        if (assets.Select(asset => asset.Token).Distinct().Count() != assets.Count)
        {
            throw new JsonException("an asset stands in it twice");
        }

        return new SignedSurface(document.Chain, document.AsOf, digest, assets.ToImmutableSortedDictionary(asset => asset.Token, asset => asset.Surface));
    }

    private static SurfaceSlice Slice(SliceDocument slice, ulong asOf)
    {
        var years = slice.Expiry > asOf ? (slice.Expiry - asOf) / SecondsPerYear : throw new JsonException($"expiry {slice.Expiry} is not after {asOf}, when the surface was made");
        Limit(slice.Quotes?.Count ?? 0, MostQuotes, "quotes");
        return new SurfaceSlice(slice.Expiry, (slice.Svi, slice.Quotes) switch
        {
            ({ } svi, null) => new SviSlice(svi.A, svi.B, svi.Rho, svi.M, svi.S, slice.Forward, years),
            (null, { } quotes) => SviFit.Fit([.. quotes.Select(quote => new SviQuote(quote.Strike, quote.Volatility))], slice.Forward, years).Slice,
            _ => throw new JsonException($"expiry {slice.Expiry} has either svi or quotes"),
        });
    }

    private static void Limit(int count, int most, string what)
    {
        if (count > most)
        {
            throw new JsonException($"{count} {what} are over {most}");
        }
    }

    private sealed record Envelope(string Payload, string Signature);

    private sealed record Document(ulong Chain, ulong AsOf, IReadOnlyList<AssetDocument> Assets);

    private sealed record AssetDocument(string Asset, double Spot, IReadOnlyList<SliceDocument> Slices);

    private sealed record SliceDocument(ulong Expiry, double Forward, SviDocument? Svi = null, IReadOnlyList<QuoteDocument>? Quotes = null);

    private sealed record SviDocument(double A, double B, double Rho, double M, double S);

    private sealed record QuoteDocument(double Strike, double Volatility);
}
