using System.Globalization;
using System.Reflection;
using Microsoft.Data.Sqlite;

namespace KeeperOracle.Host.Journal;

/// <summary>Opens the file under a journal: connection settings, checks of what is found, migrations, and the names of failures.</summary>
internal static class JournalDatabase
{
    /// <summary>"KOJL" in the file's header, so that another program's database is not mistaken for a journal.</summary>
    internal const long ApplicationId = 0x4B4F_4A4C;

    /// <summary>In order; the position, counted from 1, is the schema version they lead to.</summary>
    private static readonly string[] Migrations = ["0001-intents-and-decisions.sql", "0002-terms-of-sending.sql", "0003-lease.sql", "0004-spending-of-the-hour.sql", "0005-signing.sql"];

    internal static long CurrentVersion => Migrations.Length;

    internal static SqliteConnection OpenForWriting(string path, JournalSettings settings)
    {
        var connection = Connect(path, SqliteOpenMode.ReadWriteCreate, settings);
        try
        {
            var version = Inspect(connection, path);
            // WAL keeps readers and the writer apart; FULL flushes the log on every commit, which is what "durable" means here.
            Execute(connection, "PRAGMA journal_mode = WAL");
            Execute(connection, "PRAGMA synchronous = FULL");
            Execute(connection, "PRAGMA foreign_keys = ON");
            if (settings.MaximumPages is { } pages)
            {
                Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {pages}"));
            }

            Migrate(connection, version);
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

    internal static SqliteConnection OpenForReading(string path, JournalSettings settings)
    {
        var connection = Connect(path, SqliteOpenMode.ReadOnly, settings);
        try
        {
            var version = Inspect(connection, path);
            return version == CurrentVersion
                ? connection
                : throw new JournalException(
                    JournalFailure.OlderSchema,
                    $"'{path}' has schema version {version}, this program reads {CurrentVersion}. Open it once with `run` to bring it up.");
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

    internal static JournalException Translate(SqliteException failure, string path)
    {
        var kind = KindOf(failure);
        var what = kind switch
        {
            JournalFailure.Locked => "is held by another connection",
            JournalFailure.ReadOnly => "may not be written",
            JournalFailure.InputOutput => "could not be read, written or flushed",
            JournalFailure.Corrupt => "is damaged or no journal; keep the file, restore a backup and compare nonces with the chain",
            JournalFailure.Full => "has no room left; free space on its disk",
            _ => failure.SqliteErrorCode == 14 ? "could not be opened" : "failed",
        };
        return new JournalException(kind, $"The journal '{path}' {what} ({failure.Message})", failure);
    }

    /// <summary>The name of a failure of any SQLite file, by the result codes of its manual.</summary>
    internal static JournalFailure KindOf(SqliteException failure) => failure.SqliteErrorCode switch
    {
        5 or 6 => JournalFailure.Locked,
        8 => JournalFailure.ReadOnly,
        10 => JournalFailure.InputOutput,
        11 or 26 => JournalFailure.Corrupt,
        13 => JournalFailure.Full,
        _ => JournalFailure.Other,
    };

    internal static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static SqliteConnection Connect(string path, SqliteOpenMode mode, JournalSettings settings)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            // The driver tries again until this time is over. A pooled connection would keep the file after Dispose.
            DefaultTimeout = settings.BusySeconds,
            Pooling = false,
        }.ToString());
        try
        {
            connection.Open();
            return connection;
        }
        catch (SqliteException failure)
        {
            connection.Dispose();
            throw Translate(failure, path);
        }
    }

    /// <summary>The schema version found, 0 for an empty file; refuses what is damaged, foreign or newer.</summary>
    private static long Inspect(SqliteConnection connection, string path)
    {
        var found = Text(connection, "PRAGMA quick_check(1)");
        if (found != "ok")
        {
            throw new JournalException(JournalFailure.Corrupt, $"The journal '{path}' is damaged: {found}");
        }

        var version = Number(connection, "PRAGMA user_version");
        var application = Number(connection, "PRAGMA application_id");
        var tables = Number(connection, "SELECT count(*) FROM sqlite_schema");
        var empty = version == 0 && application == 0 && tables == 0;
        if (!empty && application != ApplicationId)
        {
            throw new JournalException(
                JournalFailure.NotAJournal, $"'{path}' is a database of another program. Name a new file as JournalFile.");
        }

        if (version > CurrentVersion)
        {
            throw new JournalException(
                JournalFailure.NewerSchema, $"'{path}' has schema version {version}, this program knows {CurrentVersion}. Run the newer program.");
        }

        if (version > 0)
        {
            CheckIndexes(connection, path);
        }

        return version;
    }

    /// <summary>quick_check does not compare indexes with tables, and the unique ones are what keeps a nonce from being used twice.</summary>
    private static void CheckIndexes(SqliteConnection connection, string path)
    {
        foreach (var table in (string[])["intent", "attempt", "signer_nonce"])
        {
            var found = Text(connection, $"PRAGMA integrity_check({table})");
            if (found != "ok")
            {
                throw new JournalException(JournalFailure.Corrupt, $"The journal '{path}' is damaged: {found}");
            }
        }
    }

    private static void Migrate(SqliteConnection connection, long version)
    {
        for (var next = version; next < CurrentVersion; next++)
        {
            using var transaction = connection.BeginTransaction(deferred: false);
            Execute(connection, ReadMigration(Migrations[next]));
            Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA application_id = {ApplicationId}"));
            Execute(connection, string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {next + 1}"));
            transaction.Commit();
        }
    }

    private static string ReadMigration(string name) => ReadResource($"KeeperOracle.Host.Journal.{name}");

    internal static string ReadResource(string resource)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"The executable was built without {resource}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    internal static string Text(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture) ?? "";
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
