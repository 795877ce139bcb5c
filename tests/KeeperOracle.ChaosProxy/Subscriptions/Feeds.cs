using System.Globalization;
using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Subscriptions;

/// <summary>
/// Subscriptions (over WebSocket) and filters (over both) to heads and logs, fed from the blocks that the proxy has seen and not from anvil's
/// own, which knows no removed logs. Filters of other kinds are anvil's. At most <see cref="Capacity"/> at a time.
/// </summary>
internal sealed class Feeds(Upstream upstream)
{
    public const int Capacity = 1000;

    /// <summary>How the id of each begins, so that it is none of anvil's.</summary>
    public const string IdPrefix = "0xc4a05";

    private readonly Dictionary<string, Feed> _feeds = new(StringComparer.Ordinal);
    private int _lastId;

    /// <summary>Null where the call is not about these.</summary>
    public async Task<Reply?> AnswerAsync(Call call, ISubscriber? connection)
    {
        if (call.Method == "eth_getFilterLogs" && Find(call.Text(0)) is { } asked)
        {
            return await upstream.SendAsync(Call.Of("eth_getLogs", asked.Filter));
        }

        lock (_feeds)
        {
            return call.Method switch
            {
                "eth_subscribe" when connection is null => Reply.Fail("notifications not supported", -32001),
                "eth_subscribe" when call.Text(0) is "newHeads" or "logs" => Add(call.Text(0)!, call.Parameter(1), connection),
                "eth_subscribe" => Reply.Fail($"no \"{call.Text(0)}\" subscription in eth namespace", -32601),
                "eth_newBlockFilter" => Add("newHeads", null, null),
                "eth_newFilter" => Add("logs", call.Parameter(0), null),
                "eth_unsubscribe" => _feeds.Remove(call.Text(0) ?? "") ? Reply.Ok(true) : Reply.Fail("subscription not found"),
                "eth_uninstallFilter" when _feeds.Remove(call.Text(0) ?? "") => Reply.Ok(true),
                "eth_getFilterChanges" when _feeds.TryGetValue(call.Text(0) ?? "", out var feed) => Reply.Ok(feed.Take()),
                _ => null,
            };
        }
    }

    public void Publish(IReadOnlyList<SeenBlock> added) => Publish(added, isRemoved: false);

    public void PublishRemoved(IReadOnlyList<SeenBlock> removed) => Publish(removed, isRemoved: true);

    /// <summary>The connection is gone.</summary>
    public void Forget(ISubscriber connection)
    {
        lock (_feeds)
        {
            foreach (var gone in _feeds.Where(feed => feed.Value.Subscriber == connection).ToList())
            {
                _feeds.Remove(gone.Key);
            }
        }
    }

    private void Publish(IReadOnlyList<SeenBlock> blocks, bool isRemoved)
    {
        lock (_feeds)
        {
            foreach (var block in blocks)
            {
                foreach (var feed in _feeds.Values)
                {
                    feed.Publish(block, isRemoved);
                }
            }
        }
    }

    private Feed? Find(string? id)
    {
        lock (_feeds)
        {
            return _feeds.GetValueOrDefault(id ?? "");
        }
    }

    private Reply Add(string kind, JsonNode? filter, ISubscriber? connection)
    {
        if (_feeds.Count >= Capacity)
        {
            return Reply.Fail("too many subscriptions");
        }

        var id = IdPrefix + (++_lastId).ToString("x8", CultureInfo.InvariantCulture);
        _feeds[id] = new Feed(id, kind, filter?.DeepClone(), connection);
        return Reply.Ok(id);
    }
}
