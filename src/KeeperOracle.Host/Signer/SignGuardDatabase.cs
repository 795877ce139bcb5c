using System.Globalization;
using KeeperOracle.Host.Journal;
using Microsoft.Data.Sqlite;

namespace KeeperOracle.Host.Signer;

/// <summary>Opens the file under a sign guard: settings, checks of what is found, the schema, and the names of failures.</summary>
internal static class SignGuardDatabase
{
    /// <summary>"KOSG" in the file's header, so that no other database is taken for a guard.</summary>
    private const long ApplicationId = 0x4B4F_5347;
    private const long Version = 1;
    private const int BusySeconds = 5;

    public static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = SqliteOpenMode.ReadWriteCreate,
            DefaultTimeout = BusySeconds,
            Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            var isNew = Inspect(connection, path);
            // FULL flushes the log on every commit: what is written before a signature must outlive the power.
            JournalDatabase.Execute(connection, "PRAGMA journal_mode = WAL");
            JournalDatabase.Execute(connection, "PRAGMA synchronous = FULL");
            if (isNew)
            {
                using var transaction = connection.BeginTransaction(deferred: false);
                JournalDatabase.Execute(connection, JournalDatabase.ReadResource("KeeperOracle.Host.Signer.0001-sign-guard.sql"));
                JournalDatabase.Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version}"));
                transaction.Commit();
            }

            return connection;
        }
        catch (SqliteException failure)
        {
            connection.Dispose();
            throw Translate(failure, path);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static JournalException Translate(SqliteException failure, string path)
    {
        return new JournalException(JournalDatabase.KindOf(failure), $"The sign guard '{path}' failed ({failure.Message}). Never begin a new one while an old transaction can still be mined.", failure);
    }

    /// <summary>True for an empty file; refuses what is damaged, foreign or of another version.</summary>
    private static bool Inspect(SqliteConnection connection, string path)
    {
        var found = JournalDatabase.Text(connection, "PRAGMA integrity_check(1)");
        if (found != "ok")
        {
            throw new JournalException(JournalFailure.Corrupt, $"The sign guard '{path}' is damaged: {found}. Bring back the newest copy.");
        }

        var (application, version, tables) =
            (JournalDatabase.Text(connection, "PRAGMA application_id"), JournalDatabase.Text(connection, "PRAGMA user_version"), JournalDatabase.Text(connection, "SELECT count(*) FROM sqlite_schema"));
        if ((application, version, tables) == ("0", "0", "0"))
        {
            return true;
        }

        return application != ApplicationId.ToString(CultureInfo.InvariantCulture)
            ? throw new JournalException(JournalFailure.NotAJournal, $"'{path}' is a database of another program. Name a new file as guardFile.")
            : version != Version.ToString(CultureInfo.InvariantCulture)
                ? throw new JournalException(JournalFailure.NewerSchema, $"The sign guard '{path}' has version {version}, this program knows {Version}. Run the newer program.")
                : false;
    }
}
