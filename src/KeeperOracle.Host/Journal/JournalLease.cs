using System.Globalization;
using Microsoft.Data.Sqlite;

namespace KeeperOracle.Host.Journal;

// Specification.
//
// One process writes. It holds the journal's lease: a row with a token, who has it, and until when. Each taking raises the token by one, and every
// write compares it in its own transaction. A process that stood still while another took the lease is thus fenced: its next write is refused
// (JournalFailure.Fenced), and since bytes leave only after a write, nothing of it leaves either. Clocks decide only when a lease may be taken,
// never whether two may write.
//
// May it be taken?
//   nobody has it                                                       yes
//   its holder is of this machine, and dead                             yes, at once: a keeper that was killed is back without a wait
//   its holder is of this machine, and lives, or is of another one      when it has run out; before that InUse, with the time
// Dead or alive is told by a file lock that the system takes back when its process ends: "<journal>.lock.<token>", a name of its own for each
// token, so that the lock of a process that stands still is never mistaken for that of its successor. "This machine" is the boot of the kernel,
// which containers on it share. "<journal>.lock" is held while a journal is being opened: one process at a time looks and takes.
//
// A file system without locks (some network ones) makes every holder look dead to its own machine: keep a journal on a local disk.

/// <summary>The right to write to a journal; ended by <see cref="Dispose"/>, or by another process that takes it after it ran out.</summary>
internal sealed class JournalLease : IDisposable
{
    private readonly string _lockFile;
    private readonly FileStream _lock;

    private JournalLease(long token, string lockFile, FileStream held) => (Token, _lockFile, _lock) = (token, lockFile, held);

    public long Token { get; }

    /// <summary>Throws <see cref="JournalException"/> of kind InUse where another has it.</summary>
    /// <param name="connection">open for writing, at the current schema</param>
    /// <param name="file">the journal's</param>
    /// <param name="term">for how long, from now</param>
    /// <param name="now">of this machine's clock</param>
    public static JournalLease Take(SqliteConnection connection, string file, TimeSpan term, DateTimeOffset now)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        var present = Present(connection, transaction);
        if (present is { } held && !MayTake(held, file, now))
        {
            throw new JournalException(
                JournalFailure.InUse,
                $"The journal '{file}' is in use by another process ({held.Holder}). Two keepers on one journal would sign twice: stop the other one. " +
                $"Should it stand still, its lease runs out {held.Expires.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC.");
        }

        var token = (present?.Token ?? 0) + 1;
        var lockFile = LockFile(file, token);
        var own = new FileStream(lockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            Write(connection, transaction, token, now + term);
            transaction.Commit();
        }
        catch
        {
            own.Dispose();
            File.Delete(lockFile);
            throw;
        }

        if (present is { } last && IsDead(last, file))
        {
            File.Delete(LockFile(file, last.Token));
        }

        return new JournalLease(token, lockFile, own);
    }

    /// <summary>Throws where another process has taken the lease; to be asked inside the transaction of each write.</summary>
    public void Require(SqliteConnection connection, SqliteTransaction transaction, string file)
    {
        var present = Present(connection, transaction);
        if (present?.Token != Token)
        {
            throw new JournalException(
                JournalFailure.Fenced,
                $"The journal '{file}' was taken over by another process ({present?.Holder}) while this one stood still. This process must end; what it had begun is in the journal.");
        }
    }

    /// <summary>Puts the end further away. The token must be ours: ask <see cref="Require"/> first.</summary>
    public void Renew(SqliteConnection connection, SqliteTransaction transaction, DateTimeOffset expires) => Write(connection, transaction, Token, expires);

    public void Dispose()
    {
        _lock.Dispose();
        // Of a name that is never used again, so nobody can be waiting for it.
        File.Delete(_lockFile);
    }

    private static bool MayTake(Held held, string file, DateTimeOffset now) => held.Expires <= now || (held.Machine == Machine() && IsDead(held, file));

    private static bool IsDead(Held held, string file)
    {
        if (held.Machine != Machine())
        {
            return false;
        }

        try
        {
            using var free = new FileStream(LockFile(file, held.Token), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string LockFile(string file, long token) => string.Create(CultureInfo.InvariantCulture, $"{file}.lock.{token}");

    /// <summary>One boot of one kernel; the machine's name where the system does not say.</summary>
    private static string Machine()
    {
        const string Boot = "/proc/sys/kernel/random/boot_id";
        return File.Exists(Boot) ? File.ReadAllText(Boot).Trim() : Environment.MachineName;
    }

    private static Held? Present(SqliteConnection connection, SqliteTransaction transaction)
    {
        using var select = connection.CreateCommand();
        select.Transaction = transaction;
        select.CommandText = "SELECT token, holder, machine, expires_at FROM lease WHERE id = 1";
        using var row = select.ExecuteReader();
        return row.Read() ? new Held(row.GetInt64(0), row.GetString(1), row.GetString(2), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3))) : null;
    }

    private static void Write(SqliteConnection connection, SqliteTransaction transaction, long token, DateTimeOffset expires)
    {
        using var upsert = connection.CreateCommand();
        upsert.Transaction = transaction;
        upsert.CommandText =
            """
            INSERT INTO lease (id, token, holder, machine, expires_at) VALUES (1, $token, $holder, $machine, $expires)
            ON CONFLICT (id) DO UPDATE SET token = excluded.token, holder = excluded.holder, machine = excluded.machine, expires_at = excluded.expires_at
            """;
        upsert.Parameters.AddWithValue("$token", token);
        upsert.Parameters.AddWithValue("$holder", $"process {Environment.ProcessId} on {Environment.MachineName}");
        upsert.Parameters.AddWithValue("$machine", Machine());
        upsert.Parameters.AddWithValue("$expires", expires.ToUnixTimeMilliseconds());
        upsert.ExecuteNonQuery();
    }

    private readonly record struct Held(long Token, string Holder, string Machine, DateTimeOffset Expires);
}
