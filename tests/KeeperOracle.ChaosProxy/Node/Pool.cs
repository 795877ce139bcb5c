using System.Text.Json.Nodes;
using KeeperOracle.Primitives;

namespace KeeperOracle.ChaosProxy.Node;

/// <summary>
/// The transactions that were sent through this proxy, or came back by a reorganisation, and are in no block. Anvil's own pool holds those
/// of them that it takes at the moment. At most <see cref="Capacity"/>, one for each nonce of a sender.
/// </summary>
internal sealed class Pool(Upstream upstream)
{
    public const int Capacity = 8192;

    private readonly Lock _lock = new();
    private readonly Dictionary<(Address Sender, ulong Nonce), RawTransaction> _transactions = [];

    public IReadOnlyList<RawTransaction> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _transactions.Values.OrderBy(one => one.Sender).ThenBy(one => one.Nonce)];
            }
        }
    }

    public RawTransaction? At(Address sender, ulong nonce)
    {
        lock (_lock)
        {
            return _transactions.GetValueOrDefault((sender, nonce));
        }
    }

    public RawTransaction? Find(string? hash)
    {
        lock (_lock)
        {
            return _transactions.Values.FirstOrDefault(one => string.Equals(one.Hash, hash, StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>False where the pool is full.</summary>
    public bool Add(RawTransaction transaction)
    {
        lock (_lock)
        {
            if (_transactions.Count >= Capacity)
            {
                return false;
            }

            _transactions[(transaction.Sender, transaction.Nonce)] = transaction;
            return true;
        }
    }

    public void Remove(Func<RawTransaction, bool> isGone)
    {
        lock (_lock)
        {
            foreach (var gone in _transactions.Values.Where(isGone).ToList())
            {
                _transactions.Remove((gone.Sender, gone.Nonce));
            }
        }
    }

    /// <summary>Those that anvil does not hold at the moment.</summary>
    public async Task<IReadOnlyList<RawTransaction>> ParkedAsync()
    {
        var all = All;
        if (all.Count == 0)
        {
            return [];
        }

        var held = Entries(await upstream.AskAsync("txpool_content")).Select(one => one["hash"].AsText()).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. all.Where(one => !held.Contains(one.Hash))];
    }

    /// <summary>The transactions of a reply to txpool_content, waiting or queued.</summary>
    public static IEnumerable<JsonObject> Entries(JsonNode? content) =>
        from part in content!.AsObject()
        from sender in part.Value!.AsObject()
        from entry in sender.Value!.AsObject()
        select entry.Value!.AsObject();

    /// <summary>Gives one to anvil again. One whose fee anvil finds too low stays and is tried at the next head; what can never be mined leaves.</summary>
    public async Task OfferAsync(RawTransaction transaction)
    {
        var reply = await upstream.SendAsync(Call.Of("eth_sendRawTransaction", transaction.Hex));
        if (reply.Error is { } error && !AnvilWords.IsKnown(error) && !AnvilWords.IsUnderBaseFee(error))
        {
            Remove(one => one.Hash == transaction.Hash);
        }
    }
}
