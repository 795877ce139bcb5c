using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.OracleNode;
using KeeperOracle.Host.Signer;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Host.OracleNode;

/// <summary>A node never contradicts what it has attested, whenever it was killed and however often it was started.</summary>
public sealed class RecordedSignerTests : IDisposable
{
    private const ulong Now = 1_767_225_600;
    private static readonly ChainId Chain = new(31337);
    private static readonly Address Verifier = Address.FromHex("0x00000000000000000000000000000000000000a3");
    private static readonly Address Weth = Address.FromHex("0x00000000000000000000000000000000000000a4");
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("keeperoracle-record-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Sign_AnotherValueForATimeThatWasAttested_IsRefusedAlsoAfterARestart()
    {
        using (var node = Start())
        {
            Assert.NotNull((await SignAsync(node, Observed(5, Now))).Value);
        }

        using var again = Start();
        Assert.NotNull((await SignAsync(again, Observed(5, Now))).Value); // the very same says nothing new
        var refusal = (await SignAsync(again, Observed(5, Now, volatility: 21))).Refusal!;
        Assert.Equal((SignerFailure.Refused, "EpochNotNewer", $"observed at {Now}, and {Now} was signed"), (refusal.Kind, refusal.Rule, refusal.Detail));
        Assert.NotNull((await SignAsync(again, Observed(5, Now + 1, volatility: 21))).Value);
    }

    [Fact]
    public async Task Sign_EpochsBack_OneAsAfterAReorganisationAndNoMore()
    {
        using var node = Start();
        Assert.NotNull((await SignAsync(node, Observed(5, Now))).Value);
        Assert.NotNull((await SignAsync(node, Observed(4, Now + 1))).Value);
        Assert.Equal("EpochNotNewer", (await SignAsync(node, Observed(3, Now + 2))).Refusal!.Rule);
        Assert.NotNull((await SignAsync(node, Observed(500, Now + 3))).Value);
    }

    [Fact]
    public async Task Sign_RecordCannotBeWritten_NothingIsSigned()
    {
        var record = SignGuard.Open(FileOf("record.db"), TimeProvider.System);
        using var node = new RecordedSigner(new LocalSigner(AnvilNode.Key(0)), record);
        using (var database = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={FileOf("record.db")};Pooling=False"))
        {
            database.Open();
            using var drop = database.CreateCommand();
            drop.CommandText = "DROP TABLE attested";
            drop.ExecuteNonQuery();
        }

        var outcome = await SignAsync(node, Observed(5, Now));
        Assert.Null(outcome.Value);
        Assert.Equal("GuardUnavailable", outcome.Refusal!.Rule);
    }

    [Fact]
    public void Open_RecordOfARunningNode_IsRefused()
    {
        using var node = Start();
        Assert.Equal(JournalFailure.InUse, Assert.Throws<JournalException>(Start).Kind);
    }

    private static Observation Observed(ulong epoch, ulong at, ulong volatility = 20) =>
        new(Hash32.FromHex("0x" + new string('7', 64)), epoch, default, at, at, at + 300, default, [new AssetRisk(Weth, volatility, 3, [])]);

    private static Task<SigningOutcome<SignedObservation>> SignAsync(RecordedSigner node, Observation observation) =>
        node.SignAsync(Chain, Verifier, observation, CancellationToken.None);

    private RecordedSigner Start() => new(new LocalSigner(AnvilNode.Key(0)), SignGuard.Open(FileOf("record.db"), TimeProvider.System));

    private string FileOf(string name) => Path.Combine(_folder.FullName, name);
}
