using System.Globalization;
using System.Reflection;
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
            Execute(connection, "PRAGMA journal_mode = WAL");
            Execute(connection, "PRAGMA synchronous = FULL");
            if (isNew)
            {
                using var transaction = connection.BeginTransaction(deferred: false);
                Execute(connection, ReadSchema());
                Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version}"));
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
        var kind = failure.SqliteErrorCode switch
        {
            5 or 6 => JournalFailure.Locked,
            8 => JournalFailure.ReadOnly,
            10 => JournalFailure.InputOutput,
            11 or 26 => JournalFailure.Corrupt,
            13 => JournalFailure.Full,
            _ => JournalFailure.Other,
        };
        return new JournalException(kind, $"The sign guard '{path}' failed ({failure.Message}). Never begin a new one while an old transaction can still be mined.", failure);
    }

    /// <summary>True for an empty file; refuses what is damaged, foreign or of another version.</summary>
    private static bool Inspect(SqliteConnection connection, string path)
    {
        var found = Scalar(connection, "PRAGMA integrity_check(1)");
        if (found != "ok")
        {
            throw new JournalException(JournalFailure.Corrupt, $"The sign guard '{path}' is damaged: {found}. Bring back the newest copy.");
        }

        var (application, version, tables) =
            (Scalar(connection, "PRAGMA application_id"), Scalar(connection, "PRAGMA user_version"), Scalar(connection, "SELECT count(*) FROM sqlite_schema"));
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

    private static string ReadSchema()
    {
        const string Resource = "KeeperOracle.Host.Signer.0001-sign-guard.sql";
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The executable was built without {Resource}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string Scalar(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture) ?? "";
    }
}
