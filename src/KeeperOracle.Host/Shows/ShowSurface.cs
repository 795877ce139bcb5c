using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Shows;

/// <summary>A surface as its publisher writes it: of one asset, one volatility for all strikes of an expiry.</summary>
/// <param name="Expiries">in chain seconds, after <paramref name="AsOf"/></param>
internal sealed record ShowSurface(ChainId Chain, ulong AsOf, Address Asset, double Spot, ImmutableArray<(ulong Expiry, double Forward, double Volatility)> Expiries)
{
    private const double SecondsPerYear = 365.0 * 86_400;

    /// <summary>The whole file, ready for <see cref="MarginOracle.Surfaces.SurfaceFile"/>.</summary>
    public string Signed(PrivateKey publisher)
    {
        var payload = new JsonObject
        {
            ["chain"] = Chain.Value,
            ["asOf"] = AsOf,
            ["assets"] = new JsonArray(new JsonObject
            {
                ["asset"] = Eip55.Format(Asset),
                ["spot"] = Spot,
                ["slices"] = new JsonArray([.. Expiries.Select(Slice)]),
            }),
        }.ToJsonString();
        var signature = publisher.SignDigest(PersonalMessage.Digest(Encoding.UTF8.GetBytes(payload))).ToBytes65();
        return new JsonObject { ["payload"] = payload, ["signature"] = Hex.FromBytes(signature) }.ToJsonString();
    }

    private JsonObject Slice((ulong Expiry, double Forward, double Volatility) one) => new()
    {
        ["expiry"] = one.Expiry,
        ["forward"] = one.Forward,
        ["svi"] = new JsonObject { ["a"] = one.Volatility * one.Volatility * (one.Expiry - AsOf) / SecondsPerYear, ["b"] = 0, ["rho"] = 0, ["m"] = 0, ["s"] = .1 },
    };
}
