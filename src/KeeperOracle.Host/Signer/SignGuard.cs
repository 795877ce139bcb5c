using System.Globalization;
using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Signer.Rules;
using KeeperOracle.Primitives;
using Microsoft.Data.Sqlite;

namespace KeeperOracle.Host.Signer;

/// <summary>
/// What was signed, durable before it is signed (the head of PolicySigner.cs says why). One process at a time, by a lock that dies with its holder; one
/// question at a time. Throws <see cref="JournalException"/> where the storage fails, and then nothing may be signed; after an error of input or output no
/// question is answered until the guard is opened again, since the state of the disk is not known.
/// </summary>
internal sealed class SignGuard : IDisposable
{
    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly SqliteConnection _connection;
    private readonly FileStream _lock;
    private readonly TimeProvider _time;
    private readonly Dictionary<(ChainId Chain, Address Signer), SpentHour> _spent = [];
    private long _latest;
    private bool _isFaulted;

    private SignGuard(string path, SqliteConnection connection, FileStream lockFile, TimeProvider time)
    {
        (_path, _connection, _lock, _time) = (path, connection, lockFile, time);
        LoadSpent();
    }

    /// <summary>Makes the file where it is missing, but never its directory.</summary>
    public static SignGuard Open(string path, TimeProvider time)
    {
        var full = Path.GetFullPath(path);
        var file = File.Exists(full) ? new FileInfo(full).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? full : full;
        if (!Directory.Exists(Path.GetDirectoryName(file)))
        {
            throw new JournalException(JournalFailure.DirectoryMissing, $"The directory of the sign guard '{file}' does not exist. Make it, or name another guardFile.");
        }

        FileStream held;
        try
        {
            held = new FileStream(file + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException inUse)
        {
            throw new JournalException(
                JournalFailure.InUse, $"The sign guard '{file}' is in use by another process. Two signers of one key must share one guard: stop the other.", inUse);
        }

        try
        {
            return new SignGuard(file, SignGuardDatabase.Open(file), held, time);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Null once the transaction stands in the guard; it may be signed then, now or after a crash.</summary>
    public SignRefusal? Reserve(TransactionPolicy policy, Eip1559Transaction transaction) => Write(() =>
    {
        if (transaction.Nonce > long.MaxValue || transaction.ChainId.Value > long.MaxValue)
        {
            return new SignRefusal(SignRefusalCode.NonceUsed, $"{transaction.Nonce} is no nonce that is ever reached");
        }

        var digest = transaction.SigningHash();
        var earlier = Earlier(policy, transaction);
        if (earlier.Exists(one => one.Digest == digest))
        {
            return null;
        }

        var now = Now();
        var cost = TotalFeeRule.CostOf(transaction);
        var charge = BigInteger.Max(BigInteger.Zero, cost - earlier.Select(one => one.Cost).DefaultIfEmpty().Max());
        var spent = SpentOf(policy.Chain, policy.Signer);
        if ((NonceRule.Check(policy, transaction, earlier) ?? BudgetRule.Check(policy, spent.At(now), charge)) is { } refusal)
        {
            return refusal;
        }

        Execute(
            """
            INSERT INTO signed_transaction (chain_id, signer, nonce, digest, action, max_fee, priority_fee, cost, charge, at)
            VALUES ($chain, $signer, $nonce, $digest, $action, $max, $priority, $cost, $charge, $at)
            """,
            ("$chain", (long)policy.Chain.Value),
            ("$signer", policy.Signer.ToString()),
            ("$nonce", (long)transaction.Nonce),
            ("$digest", digest.ToBytes()),
            ("$action", NonceRule.ActionOf(policy, transaction).ToBytes()),
            ("$max", Text(transaction.MaxFeePerGas)),
            ("$priority", Text(transaction.MaxPriorityFeePerGas)),
            ("$cost", Text(cost)),
            ("$charge", Text(charge)),
            ("$at", now));
        spent.Add(now, charge);
        return null;
    });

    /// <summary>Null once the observation stands in the guard.</summary>
    public SignRefusal? Reserve(ObservationPolicy policy, AskedObservation asked) => Write(() =>
    {
        var earlier = Earlier(policy);
        if (earlier?.Digest == asked.Digest)
        {
            return null;
        }

        if (EpochRule.Check(policy, asked, earlier) is { } refusal)
        {
            return refusal;
        }

        Execute(
            """
            INSERT INTO attested (chain_id, verifier, signer, market, epoch, observed_at, digest)
            VALUES ($chain, $verifier, $signer, $market, $epoch, $observed, $digest)
            ON CONFLICT DO UPDATE SET epoch = max(epoch, excluded.epoch), observed_at = excluded.observed_at, digest = excluded.digest
            """,
            [
                .. KeyOf(policy),
                ("$epoch", (long)asked.Observation.Epoch),
                ("$observed", (long)asked.Observation.ObservedAt),
                ("$digest", asked.Digest.ToBytes()),
            ]);
        return null;
    });

    /// <summary>
    /// Null once the header stands in the guard. It stands among what was attested, a line of headers as a market, its number as the epoch.
    /// </summary>
    public SignRefusal? Reserve(HeaderLine line, HeaderAttestation header) => Write(() =>
    {
        var (kept, digest) = (line.Kept, line.DigestOf(header));
        var earlier = Earlier(kept);
        if (earlier?.Digest == digest)
        {
            return null;
        }

        if (HeaderRule.Check(header, earlier) is { } refusal)
        {
            return refusal;
        }

        Execute(
            """
            INSERT INTO attested (chain_id, verifier, signer, market, epoch, observed_at, digest)
            VALUES ($chain, $verifier, $signer, $market, $epoch, $observed, $digest)
            ON CONFLICT DO UPDATE SET epoch = excluded.epoch, observed_at = excluded.observed_at, digest = excluded.digest
            """,
            [
                .. KeyOf(kept),
                ("$epoch", (long)header.Number),
                ("$observed", (long)header.Timestamp),
                ("$digest", digest.ToBytes()),
            ]);
        return null;
    });

    /// <summary>The newest header of a line that was attested; null before the first.</summary>
    public AttestedEarlier? NewestOf(HeaderLine line)
    {
        AttestedEarlier? newest = null;
        Write(() =>
        {
            newest = Earlier(line.Kept);
            return null;
        });
        return newest;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _connection.Dispose();
            _lock.Dispose();
        }
    }

    /// <summary>In one statement, which is one flushed transaction: what it read cannot have changed, since this process alone writes, behind one gate.</summary>
    private SignRefusal? Write(Func<SignRefusal?> reserve)
    {
        lock (_gate)
        {
            if (_isFaulted)
            {
                throw new JournalException(JournalFailure.Faulted, $"The sign guard '{_path}' failed before and must be opened again.");
            }

            try
            {
                return reserve();
            }
            catch (SqliteException failure)
            {
                var named = SignGuardDatabase.Translate(failure, _path);
                _isFaulted = named.Kind is JournalFailure.InputOutput or JournalFailure.Corrupt;
                throw named;
            }
        }
    }

    private List<SignedEarlier> Earlier(TransactionPolicy policy, Eip1559Transaction transaction)
    {
        using var command = Command(
            "SELECT digest, action, max_fee, priority_fee, cost FROM signed_transaction WHERE chain_id = $chain AND signer = $signer AND nonce = $nonce",
            ("$chain", (long)policy.Chain.Value),
            ("$signer", policy.Signer.ToString()),
            ("$nonce", (long)transaction.Nonce));
        using var reader = command.ExecuteReader();
        var earlier = new List<SignedEarlier>();
        while (reader.Read())
        {
            earlier.Add(new SignedEarlier(
                new Hash32(reader.GetFieldValue<byte[]>(0)),
                new Hash32(reader.GetFieldValue<byte[]>(1)),
                Amount(reader.GetString(2)),
                Amount(reader.GetString(3)),
                Amount(reader.GetString(4))));
        }

        return earlier;
    }

    private AttestedEarlier? Earlier(ObservationPolicy policy)
    {
        using var command = Command(
            "SELECT epoch, observed_at, digest FROM attested WHERE chain_id = $chain AND verifier = $verifier AND signer = $signer AND market = $market",
            KeyOf(policy));
        using var reader = command.ExecuteReader();
        return reader.Read()
            ? new AttestedEarlier((ulong)reader.GetInt64(0), (ulong)reader.GetInt64(1), new Hash32(reader.GetFieldValue<byte[]>(2)))
            : null;
    }

    private static (string, object)[] KeyOf(ObservationPolicy policy) =>
    [
        ("$chain", (long)policy.Chain.Value),
        ("$verifier", policy.Verifier.ToString()),
        ("$signer", policy.Signer.ToString()),
        ("$market", policy.Market.ToBytes()),
    ];

    /// <summary>The budget of the last hour outlives the process.</summary>
    private void LoadSpent()
    {
        using var command = Command("SELECT chain_id, signer, charge, at FROM signed_transaction WHERE at > (SELECT max(at) FROM signed_transaction) - 3600 ORDER BY at, id");
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            _latest = reader.GetInt64(3);
            SpentOf(new ChainId((ulong)reader.GetInt64(0)), Address.FromHex(reader.GetString(1))).Add(_latest, Amount(reader.GetString(2)));
        }
    }

    private SpentHour SpentOf(ChainId chain, Address signer)
    {
        if (!_spent.TryGetValue((chain, signer), out var spent))
        {
            _spent[(chain, signer)] = spent = new SpentHour();
        }

        return spent;
    }

    /// <summary>A clock that was set back does not give the hour out twice.</summary>
    private long Now() => _latest = Math.Max(_latest, _time.GetUtcNow().ToUnixTimeSeconds());

    private void Execute(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        using var command = Command(sql, parameters);
        command.ExecuteNonQuery();
    }

    private SqliteCommand Command(string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }

    private static string Text(BigInteger amount) => amount.ToString(CultureInfo.InvariantCulture);

    private static BigInteger Amount(string text) => BigInteger.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
