using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.MarginOracle.Observations;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.MarginOracle.Observations;

public sealed class ObservationSigningTests : IDisposable
{
    private static readonly Address Verifier = Address.FromHex("0x00000000000000000000000000000000000000aa");
    private static readonly Observation Observation = new(
        Hash32.FromHex("0x" + new string('1', 64)),
        5,
        Hash32.FromHex("0x" + new string('2', 64)),
        1000,
        1000,
        1300,
        Hash32.FromHex("0x" + new string('3', 64)),
        [new AssetRisk(Verifier, 600_000_000_000_000_000, 20_000_000_000_000_000, [new ExpiryRisk(1_767_225_600, 700_000_000_000_000_000, 1_010_000_000_000_000_000)])]);

    private readonly PrivateKey _key = PrivateKey.FromBytes([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
    private readonly ObservationSigning _signing = new(new ChainId(31337), Verifier);

    public void Dispose() => _key.Dispose();

    [Theory]
    [InlineData(0, "65 bytes, not 0")]
    [InlineData(64, "65 bytes, not 64")]
    [InlineData(66, "65 bytes, not 66")]
    [InlineData(65, "27 or 28, not 0")]
    public void Recover_NoSignature_SaysWhy(int length, string fragment)
    {
        var (signer, problem) = _signing.Recover(new SignedObservation(Observation, new byte[length]));

        Assert.Null(signer);
        Assert.Contains(fragment, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Recover_AnyFieldChangedAfterSigning_IsNotTheSigner()
    {
        var signed = _signing.Sign(Observation, _key);
        var risk = Observation.Vector[0];
        Observation[] changed =
        [
            Observation with { Epoch = 6 },
            Observation with { Deadline = 1301 },
            Observation with { ObservedAt = 999 },
            Observation with { NotBefore = 999 },
            Observation with { Market = default },
            Observation with { ConfigDigest = default },
            Observation with { InputsRoot = default },
            Observation with { Vector = [risk with { Volatility = risk.Volatility + 1 }] },
            Observation with { Vector = [risk with { Slippage = risk.Slippage + 1 }] },
            Observation with { Vector = [risk with { Expiries = [] }] },
            Observation with { Vector = [risk with { Expiries = [risk.Expiries[0] with { Expiry = risk.Expiries[0].Expiry + 1 }] }] },
            Observation with { Vector = [risk with { Expiries = [risk.Expiries[0] with { ImpliedVolatility = risk.Expiries[0].ImpliedVolatility + 1 }] }] },
            Observation with { Vector = [risk with { Expiries = [risk.Expiries[0] with { ForwardRatio = risk.Expiries[0].ForwardRatio + 1 }] }] },
        ];

        Assert.All(changed, one => Assert.NotEqual(_key.Address, _signing.Recover(new SignedObservation(one, signed.Signature)).Signer));
    }

    [Fact]
    public void Recover_AnyByteOfTheSignatureChanged_IsNotTheSigner()
    {
        var signed = _signing.Sign(Observation, _key);
        for (var i = 0; i < 65; i++)
        {
            var bytes = signed.Signature.ToArray();
            bytes[i] ^= 1;

            Assert.NotEqual(_key.Address, _signing.Recover(new SignedObservation(Observation, bytes)).Signer);
        }
    }

    [Fact]
    public void Recover_AnotherChainOrVerifier_IsNotTheSigner()
    {
        var signed = _signing.Sign(Observation, _key);

        Assert.NotEqual(_key.Address, new ObservationSigning(new ChainId(31338), Verifier).Recover(signed).Signer);
        Assert.NotEqual(_key.Address, new ObservationSigning(new ChainId(31337), Address.Zero).Recover(signed).Signer);
    }

    [Fact]
    public void Recover_AsSigned_IsTheSigner() => Assert.Equal((_key.Address, ""), _signing.Recover(_signing.Sign(Observation, _key)));
}
