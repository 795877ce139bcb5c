using System.Text.Json.Nodes;
using KeeperOracle.ChaosProxy.Node;

namespace KeeperOracle.ChaosProxy.Subscriptions;

/// <summary>A connection that takes notifications.</summary>
internal interface ISubscriber
{
    /// <param name="kind">newHeads or logs</param>
    void Notify(string subscription, string kind, JsonNode item);
}

/// <summary>What one subscriber or one filter wants, and for a filter what it has not fetched yet.</summary>
internal sealed class Feed(string id, string kind, JsonNode? filter, ISubscriber? subscriber)
{
    /// <summary>Items that wait for a filter's owner; beyond that the oldest are lost.</summary>
    public const int Capacity = 10_000;

    private readonly LogCriteria _criteria = LogCriteria.Read(filter);
    private readonly Queue<JsonNode> _waiting = new();

    public ISubscriber? Subscriber => subscriber;

    public JsonNode? Filter => filter;

    public void Publish(SeenBlock block, bool isRemoved)
    {
        if (kind == "logs")
        {
            foreach (var log in _criteria.Of(block))
            {
                var copy = log.DeepClone();
                copy["removed"] = isRemoved;
                Put(copy);
            }
        }
        else if (!isRemoved)
        {
            Put(subscriber is null ? JsonValue.Create(block.Hash) : block.Header());
        }
    }

    public JsonArray Take()
    {
        var items = new JsonArray([.. _waiting]);
        _waiting.Clear();
        return items;
    }

    private void Put(JsonNode item)
    {
        if (subscriber is not null)
        {
            subscriber.Notify(id, kind, item);
            return;
        }

        _waiting.Enqueue(item);
        if (_waiting.Count > Capacity)
        {
            _waiting.Dequeue();
        }
    }
}
