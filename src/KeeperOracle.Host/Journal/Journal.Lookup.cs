using System.Globalization;
using System.Numerics;
using KeeperOracle.Keeper.Sending;
using KeeperOracle.Primitives;
using Microsoft.Data.Sqlite;

namespace KeeperOracle.Host.Journal;

/// <content>What is asked about intents.</content>
public sealed partial class Journal
{
    private const string IntentColumns =
        "id, chain_id, signer, nonce, purpose, priority, cause, worth, deadline, action, target, state, reason, settled_block, created_at_block, signed_at, data_fee";

    /// <summary>The live or completed intent of a purpose; where there is none, the last one that ended reverted or dropped.</summary>
    public IntentRecord? FindIntent(ChainId chain, string purpose) => Read(() =>
        LiveIntent(null, chain, purpose) ?? OneIntent(
            null,
            "chain_id = $chain AND purpose = $purpose ORDER BY id DESC LIMIT 1",
            ("$chain", checked((long)chain.Value)),
            ("$purpose", purpose)));

    public IntentRecord? FindIntent(long intentId) => Read(() => IntentById(null, intentId));

    /// <summary>The intent one of whose attempts has this transaction hash: our own hashes are looked up here, never guessed.</summary>
    public IntentRecord? FindIntent(Hash32 txHash) => Read(() => IntentOf(null, txHash));

    /// <summary>Signed and pending intents, by signer and nonce: what a restart has to look after.</summary>
    public IReadOnlyList<IntentRecord> OpenIntents(ChainId chain) => Read(() => ManyIntents(
        "chain_id = $chain AND state IN ('signed', 'pending') ORDER BY signer, nonce", ("$chain", checked((long)chain.Value))));

    /// <summary>Intents settled at this block or later, in block order: what a reorganisation down to it may undo.</summary>
    public IReadOnlyList<IntentRecord> IntentsSettledSince(ChainId chain, ulong block) => Read(() => ManyIntents(
        "chain_id = $chain AND settled_block >= $block ORDER BY settled_block, id",
        ("$chain", checked((long)chain.Value)),
        ("$block", checked((long)block))));

    /// <summary>Intents whose first bytes were signed after this host second, in their order.</summary>
    public IReadOnlyList<IntentRecord> IntentsSignedSince(ChainId chain, ulong clock) => Read(() => ManyIntents(
        "chain_id = $chain AND signed_at > $clock ORDER BY id",
        ("$chain", checked((long)chain.Value)),
        ("$clock", checked((long)clock))));

    /// <summary>The lowest nonce above all whose outcome is final; 0 where none is.</summary>
    public ulong FinalNonce(ChainId chain, Address signer) => Read(() =>
    {
        using var select = Command(
            "SELECT max(nonce) FROM intent WHERE chain_id = $chain AND signer = $signer AND state = 'finalized'",
            null,
            ("$chain", checked((long)chain.Value)),
            ("$signer", signer.ToString()));
        return select.ExecuteScalar() is long last ? checked((ulong)last + 1) : 0;
    });

    /// <summary>Included intents that are not finalized yet, in block order.</summary>
    public IReadOnlyList<IntentRecord> IncludedIntents(ChainId chain) => Read(() => ManyIntents(
        "chain_id = $chain AND state = 'included' ORDER BY settled_block, id", ("$chain", checked((long)chain.Value))));

    /// <summary>The last intents of all chains, newest first, at most 1000.</summary>
    public IReadOnlyList<IntentRecord> RecentIntents(int limit) => Read(() => ManyIntents(
        "TRUE ORDER BY id DESC LIMIT $limit", ("$limit", Math.Clamp(limit, 0, 1000))));

    private static string StateText(IntentState state) => state switch
    {
        IntentState.Signed => "signed",
        IntentState.Pending => "pending",
        IntentState.Included => "included",
        IntentState.Finalized => "finalized",
        IntentState.Reverted => "reverted",
        IntentState.Dropped => "dropped",
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "No such state."),
    };

    private static IntentState StateOf(string text) => text switch
    {
        "signed" => IntentState.Signed,
        "pending" => IntentState.Pending,
        "included" => IntentState.Included,
        "finalized" => IntentState.Finalized,
        "reverted" => IntentState.Reverted,
        "dropped" => IntentState.Dropped,
        _ => throw new JournalException(JournalFailure.Corrupt, $"The journal holds a state '{text}' that does not exist."),
    };

    private IntentRecord KnownIntent(SqliteTransaction transaction, long intentId) =>
        IntentById(transaction, intentId) ?? throw new ArgumentOutOfRangeException(
            nameof(intentId), intentId, "No such intent in this journal.");

    private IntentRecord? IntentById(SqliteTransaction? transaction, long intentId) => OneIntent(
        transaction, "id = $id", ("$id", intentId));

    private IntentRecord? IntentAt(SqliteTransaction transaction, ChainId chain, Address signer, ulong nonce) => OneIntent(
        transaction,
        "chain_id = $chain AND signer = $signer AND nonce = $nonce",
        ("$chain", checked((long)chain.Value)),
        ("$signer", signer.ToString()),
        ("$nonce", checked((long)nonce)));

    private IntentRecord? IntentOf(SqliteTransaction? transaction, Hash32 txHash) => OneIntent(
        transaction, "id = (SELECT intent_id FROM attempt WHERE tx_hash = $hash)", ("$hash", txHash.ToBytes()));

    private IntentRecord? LiveIntent(SqliteTransaction? transaction, ChainId chain, string purpose) => OneIntent(
        transaction,
        "chain_id = $chain AND purpose = $purpose AND state NOT IN ('reverted', 'dropped')",
        ("$chain", checked((long)chain.Value)),
        ("$purpose", purpose));

    private IntentRecord? OneIntent(
        SqliteTransaction? transaction, string where, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var found = SelectIntents(transaction, where, parameters);
        return found.Count == 0 ? null : found[0];
    }

    private List<IntentRecord> ManyIntents(string where, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        SelectIntents(null, where, parameters);

    private List<IntentRecord> SelectIntents(
        SqliteTransaction? transaction, string where, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var intents = new List<IntentRecord>();
        using (var select = Command($"SELECT {IntentColumns} FROM intent WHERE {where}", transaction, parameters))
        using (var rows = select.ExecuteReader())
        {
            while (rows.Read())
            {
                intents.Add(ReadIntent(rows));
            }
        }

        return [.. intents.Select(intent => intent with { Attempts = AttemptsOf(transaction, intent.Id) })];
    }

    private List<AttemptRecord> AttemptsOf(SqliteTransaction? transaction, long intentId)
    {
        using var select = Command(
            """
            SELECT id, intent_id, number, tx_hash, raw, gas_limit, max_fee_per_gas, max_priority_fee_per_gas, cancels, sent, outcome
            FROM attempt WHERE intent_id = $intent ORDER BY number
            """,
            transaction,
            ("$intent", intentId));
        using var rows = select.ExecuteReader();
        var attempts = new List<AttemptRecord>();
        while (rows.Read())
        {
            attempts.Add(new AttemptRecord(
                rows.GetInt64(0),
                rows.GetInt64(1),
                rows.GetInt32(2),
                new Hash32(rows.GetFieldValue<byte[]>(3)),
                rows.GetFieldValue<byte[]>(4),
                checked((ulong)rows.GetInt64(5)),
                BigInteger.Parse(rows.GetString(6), CultureInfo.InvariantCulture),
                BigInteger.Parse(rows.GetString(7), CultureInfo.InvariantCulture),
                rows.GetBoolean(8),
                rows.GetInt32(9),
                rows.IsDBNull(10) ? null : rows.GetString(10)));
        }

        return attempts;
    }

    private static IntentRecord ReadIntent(SqliteDataReader row) => new(
        row.GetInt64(0),
        new ChainId(checked((ulong)row.GetInt64(1))),
        Address.FromHex(row.GetString(2)),
        checked((ulong)row.GetInt64(3)),
        new SendRequest(
            row.GetString(4),
            (SendPriority)row.GetInt32(5),
            row.GetString(6),
            BigInteger.Parse(row.GetString(7), CultureInfo.InvariantCulture),
            checked((ulong)row.GetInt64(8)))
        {
            DataFee = BigInteger.Parse(row.GetString(16), CultureInfo.InvariantCulture),
        },
        row.GetString(9),
        Address.FromHex(row.GetString(10)),
        StateOf(row.GetString(11)),
        row.IsDBNull(12) ? null : row.GetString(12),
        row.IsDBNull(13) ? null : checked((ulong)row.GetInt64(13)),
        checked((ulong)row.GetInt64(14)),
        checked((ulong)row.GetInt64(15)),
        []);
}
