using Microsoft.Data.Sqlite;

namespace KeeperOracle.Host.Journal;

/// <summary>Bounds of a journal.</summary>
/// <param name="BusySeconds">How long a statement waits for another connection, 1 to 60.</param>
/// <param name="MaximumPages">The most pages of 4096 bytes the file may have; null leaves the limit to the disk.</param>
/// <param name="LeaseSeconds">How long the right to write outlives its last renewal, 1 to 3600.</param>
public sealed record JournalSettings(int BusySeconds = 5, long? MaximumPages = null, int LeaseSeconds = JournalSettings.DefaultLeaseSeconds)
{
    public const int DefaultLeaseSeconds = 15;
}

/// <summary>
/// The journal: what was signed, and why, in one SQLite file that outlives the process.
///
/// <para>THE PROMISE. One intent has at most one effect on chain, whatever is killed and whenever. It rests on four rules.
/// (1) Journal first: <see cref="RecordIntent"/> commits intent, signed bytes and the raised nonce floor in one flushed
/// transaction before it returns; only then may the bytes leave. If it throws, nothing may be sent.
/// (2) An unknown outcome is met with identical bytes: after a crash, <see cref="OpenIntents"/> gives every intent whose effect
/// is not known, with its bytes. An attempt never marked sent may have left all the same.
/// (3) A nonce belongs to one intent for ever. A fee bump and a cancellation are further attempts of that intent, with its nonce.
/// (4) A purpose has one live intent. It is free again only after the earlier one ended <c>reverted</c> or <c>dropped</c>.</para>
///
/// <para>STATES. signed: the bytes are durable, no node has answered yet. pending: a node has. included: mined with success at
/// settled_block. finalized: past reorganisation; the end. reverted: mined without success, the nonce is spent. dropped: the nonce
/// was spent by something else (a cancellation, or the key was used elsewhere).
/// signed, pending -> included | reverted | dropped; included -> included at another block | finalized; and by
/// <see cref="Reopen"/> after a reorganisation included, reverted, dropped -> pending. The caller settles as <c>dropped</c> only what
/// the chain can no longer mine; the journal cannot see the chain and has to believe it.</para>
///
/// <para>NONCES. signer_nonce is the durable floor: the next nonce to sign. It is first set by <see cref="AdoptNonce"/> from the
/// chain, rises with each intent by one, and never falls. A floor under the chain's nonce means that this file is an old copy or that the
/// key is used elsewhere: the caller must not start; adopting is then an operator's decision.</para>
///
/// <para>DECISIONS. Append-only (triggers refuse UPDATE, DELETE and replacement), hash-chained from 32 zero bytes:
/// hash = SHA-256(previous hash || length of event as 8 bytes big-endian || event || decisions), seq from 1 without gaps.
/// <see cref="VerifyChain"/> gives the first broken seq. It cannot see a tail that was cut off together with nothing after it,
/// nor a chain rewritten from its start: keep the head hash elsewhere to see those.</para>
///
/// <para>STORAGE. WAL, synchronous FULL, foreign keys on, a bounded wait for other connections. One writing process, by a lease with a fencing token
/// (the head of JournalLease.cs); <see cref="Renew"/> keeps it. Readers (<see cref="OpenReadOnly"/>) may be many. Opening refuses a damaged file, another
/// program's, or a newer schema. A full disk or a lock held too long surfaces as <see cref="JournalException"/> with nothing half
/// written. After an error of input or output, or damage, no write is accepted until the journal is opened again, since a failed flush leaves
/// the disk's state unknown. The class may be used by any thread; one statement runs at a time.</para>
///
/// <para>LIMITS. <see cref="MaximumAttempts"/> attempts for an intent; <see cref="MaximumPayloadBytes"/> for an event, a list of
/// decisions, an action or raw bytes; nonces, blocks and chain ids under 2^63.</para>
/// </summary>
public sealed partial class Journal : IIntentJournal, IDisposable
{
    public const int MaximumAttempts = 64;
    public const int MaximumPayloadBytes = 16 * 1024 * 1024;

    private readonly Lock _gate = new();
    private readonly SqliteConnection _connection;
    private readonly JournalLease? _lease;
    private readonly TimeProvider _time;
    private JournalException? _fault;
    private bool _disposed;

    private Journal(string path, SqliteConnection connection, JournalLease? lease, JournalSettings settings, TimeProvider time)
    {
        Path = path;
        _connection = connection;
        _lease = lease;
        LeaseTerm = TimeSpan.FromSeconds(settings.LeaseSeconds);
        _time = time;
    }

    /// <summary>The file, as an absolute path with links followed.</summary>
    public string Path { get; }

    /// <summary>How long the right to write outlives its last renewal.</summary>
    public TimeSpan LeaseTerm { get; }

    public bool IsReadOnly => _lease is null;

    /// <summary>Opens for writing and makes the file where it is missing, but never its directory.</summary>
    /// <param name="time">the clock of the lease</param>
    /// <exception cref="JournalException">In use, damaged, foreign, newer, or its directory is missing.</exception>
    public static Journal Open(string path, JournalSettings? settings = null, TimeProvider? time = null)
    {
        var file = Resolve(path);
        var directory = System.IO.Path.GetDirectoryName(file);
        if (!Directory.Exists(directory))
        {
            throw new JournalException(
                JournalFailure.DirectoryMissing,
                $"The directory '{directory}' of the journal does not exist. Make it, or name another JournalFile.");
        }

        var given = Checked(settings);
        var clock = time ?? TimeProvider.System;
        using var door = TakeDoor(file, TimeSpan.FromSeconds(given.BusySeconds));
        var connection = JournalDatabase.OpenForWriting(file, given);
        try
        {
            return new Journal(file, connection, JournalLease.Take(connection, file, TimeSpan.FromSeconds(given.LeaseSeconds), clock.GetUtcNow()), given, clock);
        }
        catch (SqliteException failure)
        {
            connection.Dispose();
            throw JournalDatabase.Translate(failure, file);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens beside a writer, for reading. Writing through it throws.</summary>
    public static Journal OpenReadOnly(string path, JournalSettings? settings = null)
    {
        var file = Resolve(path);
        var given = Checked(settings);
        return File.Exists(file)
            ? new Journal(file, JournalDatabase.OpenForReading(file, given), lease: null, given, TimeProvider.System)
            : throw new JournalException(JournalFailure.FileMissing, $"There is no journal at '{file}'.");
    }

    /// <summary>Keeps the right to write for another term. Throws as every write does; of kind Fenced where it is lost.</summary>
    public void Renew() => Write(transaction =>
    {
        _lease!.Renew(_connection, transaction, _time.GetUtcNow() + LeaseTerm);
        return true;
    });

    public void Dispose()
    {
        lock (_gate)
        {
            if (!_disposed)
            {
                _disposed = true;
                _connection.Dispose();
                // Only now may another process write: the connection is closed.
                _lease?.Dispose();
            }
        }
    }

    private static JournalSettings Checked(JournalSettings? settings)
    {
        var given = settings ?? new JournalSettings();
        // 0 would mean "wait for ever" to the driver.
        ArgumentOutOfRangeException.ThrowIfLessThan(given.BusySeconds, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(given.BusySeconds, 60);
        ArgumentOutOfRangeException.ThrowIfLessThan(given.LeaseSeconds, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(given.LeaseSeconds, 3600);
        return given;
    }

    private static string Resolve(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var full = System.IO.Path.GetFullPath(path);
        // Two names of one file must meet at one lock.
        return File.Exists(full) ? new FileInfo(full).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full : full;
    }

    /// <summary>One process at a time opens. The file stays: deleting it would let two processes lock two different files of one name.</summary>
    private static FileStream TakeDoor(string file, TimeSpan limit)
    {
        var since = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(file + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (UnauthorizedAccessException refused)
            {
                throw new JournalException(JournalFailure.ReadOnly, $"The lock file '{file}.lock' may not be written.", refused);
            }
            catch (IOException held)
            {
                if (TimeProvider.System.GetElapsedTime(since) > limit)
                {
                    throw new JournalException(
                        JournalFailure.InUse, $"The journal '{file}' is in use by another process, which has been opening it for {limit.TotalSeconds} s.", held);
                }
            }

            Thread.Sleep(50);
        }
    }

    /// <summary>Runs a read; failures of the storage get their names.</summary>
    private T Read<T>(Func<T> read)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            try
            {
                return read();
            }
            catch (SqliteException failure)
            {
                throw Fail(failure);
            }
        }
    }

    /// <summary>Runs a write in one transaction that holds the database from its start; a thrown exception undoes it all.</summary>
    private T Write<T>(Func<SqliteTransaction, T> write)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (IsReadOnly)
            {
                throw new JournalException(JournalFailure.ReadOnly, $"The journal '{Path}' was opened for reading only.");
            }

            if (_fault is not null)
            {
                throw new JournalException(
                    JournalFailure.Faulted, $"The journal '{Path}' failed before and must be opened again: {_fault.Message}", _fault);
            }

            try
            {
                using var transaction = _connection.BeginTransaction(deferred: false);
                _lease!.Require(_connection, transaction, Path);
                var result = write(transaction);
                transaction.Commit();
                return result;
            }
            catch (SqliteException failure)
            {
                throw Fail(failure);
            }
        }
    }

    private JournalException Fail(SqliteException failure)
    {
        var named = JournalDatabase.Translate(failure, Path);
        if (named.Kind is JournalFailure.InputOutput or JournalFailure.Corrupt)
        {
            _fault = named;
        }

        return named;
    }

    private SqliteCommand Command(string sql, SqliteTransaction? transaction, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.Transaction = transaction;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        return command;
    }
}
