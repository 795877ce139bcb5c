using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Signer;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;
using Microsoft.Extensions.Time.Testing;

namespace KeeperOracle.Tests.Host.Signer;

/// <summary>A signer of one key with a small policy, a guard in a folder of its own, and virtual time.</summary>
public abstract class SignerFixture : IDisposable
{
    private protected static readonly ChainId Chain = new(31337);
    private protected static readonly Address Vault = Address.FromHex("0x00000000000000000000000000000000000000a1");
    private protected static readonly Address Stable = Address.FromHex("0x00000000000000000000000000000000000000a2");
    private protected static readonly Address Verifier = Address.FromHex("0x00000000000000000000000000000000000000a3");
    private protected static readonly Address Weth = Address.FromHex("0x00000000000000000000000000000000000000a4");
    private protected static readonly Hash32 Market = Hash32.FromHex("0x" + new string('7', 64));
    private protected static readonly byte[] Liquidation = [.. new byte[] { 1, 2, 3, 4 }, .. new byte[32]];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keeperoracle-signer-");
    private readonly PrivateKey _key = AnvilNode.Key(0);
    private SignGuard? _guard;

    private protected FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeSeconds(1_767_225_600));

    private protected string GuardFile => Path.Combine(_folder.FullName, "guard.db");

    private protected Address Account => _key.Address;

    private protected static ulong Now => 1_767_225_600;

    private protected TransactionPolicy Sending => new(
        Account,
        Chain,
        [
            new CallPolicy(Vault, new Selector(0x01020304), []),
            new CallPolicy(Stable, ERC20.ApproveFunction.Selector, [new FixedArgument(0, new Hash32([.. new byte[12], .. Vault.ToBytes()]))]),
        ],
        MaxFeePerGas: 100,
        MaxPriorityFeePerGas: 10,
        MaxGasLimit: 1000,
        MaxFeePerTransaction: 90_000,
        MaxFeePerHour: 200_000,
        AllowReplacements: false);

    private protected ObservationPolicy Attesting => new(
        Account, Chain, Verifier, Market, MaxValidSeconds: 300, ClockSkewSeconds: 60, ReorgEpochs: 0, MaxEpochStep: 10, [new AssetPolicy(Weth, 5, 50, 7, null, 0, 0)]);

    private protected static Eip1559Transaction Transaction => new(Chain, 0, 1, 50, 1000, Vault, 0, Liquidation);

    private protected static Observation Observed => new(Market, 5, default, Now, Now, Now + 300, default, [new AssetRisk(Weth, 20, 3, [])]);

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _guard?.Dispose();
        _key.Dispose();
        _folder.Delete(recursive: true);
    }

    /// <summary>Closes the guard before, as a restart does.</summary>
    private protected PolicySigner Start(TransactionPolicy? sending = null, ObservationPolicy? attesting = null)
    {
        _guard?.Dispose();
        _guard = SignGuard.Open(GuardFile, Time);
        Assert.True(SignerConnection.TryParse("unix:/none", out var listen, out _));
        return new PolicySigner(
            new SignerPolicy(listen!, null, GuardFile, [], [sending ?? Sending], [attesting ?? Attesting]), [_key], _guard, Time);
    }

    private protected SignRefusalCode? Ask(PolicySigner signer, Eip1559Transaction transaction)
    {
        var (signed, refusal) = signer.Sign(Account, transaction);
        Assert.True(signed is null != refusal is null);
        if (signed is not null)
        {
            Assert.Equal((transaction.SigningHash(), Account), (signed.Transaction.SigningHash(), signed.Sender));
        }

        return refusal?.Code;
    }

    private protected SignRefusalCode? Ask(PolicySigner signer, Observation observation, ChainId? chain = null, Address? verifier = null)
    {
        var (signed, refusal) = signer.Sign(Account, chain ?? Chain, verifier ?? Verifier, observation);
        Assert.True(signed is null != refusal is null);
        return refusal?.Code;
    }
}
