using KeeperOracle.ChaosProxy.Geth;
using KeeperOracle.ChaosProxy.Subscriptions;

namespace KeeperOracle.ChaosProxy.Node;

/// <summary>
/// Anvil as it looks through geth's manners. Before each answer the chain is followed, so that an answer never rests on a head that this
/// proxy has not seen; what changes something is let in one at a time and followed afterwards too.
/// </summary>
internal sealed class LiveNode : IDisposable
{
    /// <summary>Looks at the head in one go: a transaction that comes back can be mined at once and make a block of its own.</summary>
    private const int MaxLooks = 64;

    private readonly SemaphoreSlim _turn = new(1, 1);

    public LiveNode(Uri url)
    {
        Upstream = new Upstream(url);
        Pool = new Pool(Upstream);
        Chain = new ChainView(Upstream, Pool);
        Feeds = new Feeds(Upstream);
        Geth = new GethLikeness(this);
    }

    public Upstream Upstream { get; }

    public Pool Pool { get; }

    public ChainView Chain { get; }

    public Feeds Feeds { get; }

    public GethLikeness Geth { get; }

    /// <param name="connection">where notifications go; null for HTTP, which has none</param>
    public async Task<Reply> AnswerAsync(Call call, ISubscriber? connection)
    {
        var isRead = IsRead(call.Method);
        await _turn.WaitAsync();
        try
        {
            await FollowInTurnAsync();
            if (!isRead)
            {
                var reply = await Geth.AnswerAsync(call, ForwardAsync);
                await FollowInTurnAsync();
                return reply;
            }
        }
        finally
        {
            _turn.Release();
        }

        return await Feeds.AnswerAsync(call, connection) ?? await Geth.AnswerAsync(call, ForwardAsync);
    }

    public async Task FollowAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await FollowInTurnAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Out of anvil's pool and ours, and nobody is told.</summary>
    public async Task DropAsync(string hash)
    {
        await Upstream.AskAsync("anvil_dropTransaction", hash);
        Pool.Remove(one => string.Equals(one.Hash, hash, StringComparison.OrdinalIgnoreCase));
    }

    public void Dispose()
    {
        Upstream.Dispose();
        _turn.Dispose();
    }

    private async Task FollowInTurnAsync()
    {
        for (var look = 0; look < MaxLooks && await Chain.LookAsync() is { } change; look++)
        {
            foreach (var mined in change.Added.SelectMany(block => block.Transactions))
            {
                Pool.Remove(one => one.Sender == mined.Sender && one.Nonce <= mined.Nonce);
            }

            await Geth.FollowAsync(change);
            Feeds.Publish(change.Added);
            await Chain.MarkFinalizedAsync();
        }
    }

    /// <summary>The innermost step: anvil itself, and the memory of what it was given.</summary>
    private async Task<Reply> ForwardAsync(Call call)
    {
        var reply = await Upstream.SendAsync(call);
        if (reply.Error is not null)
        {
            return reply;
        }

        switch (call.Method)
        {
            case "eth_sendRawTransaction":
                Remember(call.Text(0));
                break;
            case "eth_sendTransaction":
                Remember((await Upstream.AskAsync("eth_getRawTransactionByHash", reply.Result)).AsText());
                break;
            case "anvil_dropTransaction":
                Pool.Remove(one => string.Equals(one.Hash, call.Text(0), StringComparison.OrdinalIgnoreCase));
                break;
            case "anvil_removePoolTransactions":
                Pool.Remove(one => string.Equals(one.Sender.ToString(), call.Text(0), StringComparison.OrdinalIgnoreCase));
                break;
            case "anvil_dropAllTransactions":
                Pool.Remove(_ => true);
                break;
            default:
                break;
        }

        return reply;
    }

    private void Remember(string? raw)
    {
        if (RawTransaction.TryRead(raw) is { } transaction)
        {
            Pool.Add(transaction);
        }
    }

    private static bool IsRead(string method) =>
        !method.StartsWith("eth_send", StringComparison.Ordinal) && !method.StartsWith("evm_", StringComparison.Ordinal)
        && !method.StartsWith("anvil_", StringComparison.Ordinal) && !method.StartsWith("hardhat_", StringComparison.Ordinal);
}
