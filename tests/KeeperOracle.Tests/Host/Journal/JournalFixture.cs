using System.Buffers.Binary;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;
using Microsoft.Data.Sqlite;
using TheJournal = KeeperOracle.Host.Journal.Journal;

namespace KeeperOracle.Tests.Host.Journal;

/// <summary>A directory of its own for each test, and short names for what journals hold.</summary>
public abstract class JournalFixture : IDisposable
{
    protected static readonly ChainId Anvil = new(31337);
    protected static readonly Address Signer = Address.FromHex("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    protected static readonly Address Vault = Address.FromHex("0x00000000000000000000000000000000000000aa");

    protected string Folder { get; } = Directory.CreateTempSubdirectory("keeperoracle-journal-").FullName;

    protected string File => Path.Combine(Folder, "journal.db");

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        Directory.Delete(Folder, recursive: true);
    }

    protected TheJournal OpenJournal() => TheJournal.Open(File);

    /// <summary>An open journal whose signer may sign nonce 0.</summary>
    protected TheJournal OpenAdopted()
    {
        var journal = OpenJournal();
        journal.AdoptNonce(Anvil, Signer, 0);
        return journal;
    }

    protected static Hash32 HashNumber(int number)
    {
        var bytes = new byte[32];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(28), number);
        return new Hash32(bytes);
    }

    protected static NewAttempt Attempt(int hash, int length = 3) =>
        new(HashNumber(hash), Enumerable.Repeat((byte)(hash % 251), length).ToArray(), 21_000, 30_000_000_000, 2_000_000_000);

    protected static NewIntent Intent(ulong nonce, string purpose, int hash, ulong block = 100) =>
        new(Anvil, Signer, nonce, new SendRequest(purpose, SendPriority.Liquidate, "market", 1_000_000_000_000_000, 1_767_225_600), """{"kind":"liquidate"}""", Vault, block, Attempt(hash));

    /// <summary>Another program's hands on the file.</summary>
    protected void Sql(string statement)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False;Default Timeout=1");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.ExecuteNonQuery();
    }

    protected static JournalFailure FailureOf(Action action) => Assert.Throws<JournalException>(action).Kind;
}
