using System.Globalization;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Signing;

public sealed class ObservationDigestTests
{
    private static readonly object Types = new
    {
        Observation = new[]
        {
            Field("market", "bytes32"), Field("epoch", "uint64"), Field("configDigest", "bytes32"), Field("observedAt", "uint64"), Field("notBefore", "uint64"),
            Field("deadline", "uint64"), Field("inputsRoot", "bytes32"), Field("vector", "AssetRisk[]"),
        },
        AssetRisk = new[] { Field("asset", "address"), Field("volatility", "uint64"), Field("slippage", "uint64"), Field("expiries", "ExpiryRisk[]") },
        ExpiryRisk = new[] { Field("expiry", "uint64"), Field("impliedVolatility", "uint64"), Field("forwardRatio", "uint64") },
    };

    private readonly Random _random = new(712);

    [Fact]
    public void Compute_OtherChainContractOrField_IsAnotherDigest()
    {
        var observation = Make(2);
        var digests = new HashSet<Hash32>
        {
            ObservationDigest.Compute(new ChainId(1), Address.Zero, observation),
            ObservationDigest.Compute(new ChainId(2), Address.Zero, observation),
            ObservationDigest.Compute(new ChainId(1), observation.Vector[0].Asset, observation),
            ObservationDigest.Compute(new ChainId(1), Address.Zero, observation with { Market = default }),
            ObservationDigest.Compute(new ChainId(1), Address.Zero, observation with { Epoch = observation.Epoch ^ 1 }),
            ObservationDigest.Compute(new ChainId(1), Address.Zero, observation with { ConfigDigest = default }),
            ObservationDigest.Compute(new ChainId(1), Address.Zero, observation with { ObservedAt = observation.ObservedAt ^ 1 }),
            ObservationDigest.Compute(new ChainId(1), Address.Zero, observation with { NotBefore = observation.NotBefore ^ 1 }),
            ObservationDigest.Compute(new ChainId(1), Address.Zero, observation with { Deadline = observation.Deadline ^ 1 }),
            ObservationDigest.Compute(new ChainId(1), Address.Zero, observation with { InputsRoot = default }),
            ObservationDigest.Compute(new ChainId(1), Address.Zero, observation with { Vector = [observation.Vector[0]] }),
            ObservationDigest.Compute(new ChainId(1), Address.Zero, observation with { Vector = [observation.Vector[1], observation.Vector[0]] }),
        };
        Assert.Equal(12, digests.Count);
    }

    [Fact]
    public async Task Compute_RandomObservations_EqualsViem()
    {
        var cases = Enumerable.Range(0, 100).Select(i => (Chain: new ChainId((ulong)_random.NextInt64(1, 1L << 40)), Contract: new Address(Bytes(20)), Observation: Make(i % 6))).ToList();
        var expected = await Reference.AskViemAsync("typedData", [.. cases.Select(item => new
        {
            domain = new { name = "KeeperOracle", version = "1", chainId = item.Chain.Value, verifyingContract = item.Contract.ToString() },
            types = Types,
            primaryType = "Observation",
            message = new
            {
                market = item.Observation.Market.ToString(),
                epoch = Text(item.Observation.Epoch),
                configDigest = item.Observation.ConfigDigest.ToString(),
                observedAt = Text(item.Observation.ObservedAt),
                notBefore = Text(item.Observation.NotBefore),
                deadline = Text(item.Observation.Deadline),
                inputsRoot = item.Observation.InputsRoot.ToString(),
                vector = item.Observation.Vector.Select(risk => new
                {
                    asset = risk.Asset.ToString(),
                    volatility = Text(risk.Volatility),
                    slippage = Text(risk.Slippage),
                    expiries = risk.Expiries.Select(one => new
                    {
                        expiry = Text(one.Expiry), impliedVolatility = Text(one.ImpliedVolatility), forwardRatio = Text(one.ForwardRatio),
                    }),
                }),
            },
        })]);
        Assert.Equal(expected, cases.Select(item => ObservationDigest.Compute(item.Chain, item.Contract, item.Observation).ToString()));
    }

    private Observation Make(int assets) => new(
        new Hash32(Bytes(32)),
        (ulong)_random.NextInt64(),
        new Hash32(Bytes(32)),
        (ulong)_random.NextInt64(),
        (ulong)_random.NextInt64(),
        ulong.MaxValue,
        new Hash32(Bytes(32)),
        [.. Enumerable.Range(0, assets).Select(i => new AssetRisk(new Address(Bytes(20)), (ulong)_random.NextInt64(), ulong.MaxValue, Expiries(i % 4)))]);

    private IReadOnlyList<ExpiryRisk> Expiries(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new ExpiryRisk((ulong)_random.NextInt64(), (ulong)_random.NextInt64(), ulong.MaxValue))];

    private byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);

    private static object Field(string name, string type) => new { name, type };
}
