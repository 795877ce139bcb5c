namespace KeeperOracle.Chain.Rpc;

/// <summary>Why a node gave no result.</summary>
public enum RpcFailure
{
    /// <summary>No connection, a broken one, or an HTTP status that is no answer.</summary>
    Transport,

    /// <summary>No answer within the time given.</summary>
    Timeout,

    /// <summary>HTTP 429: the node has enough of us.</summary>
    RateLimited,

    /// <summary>The node failed so often that it is not asked for a while.</summary>
    CircuitOpen,

    /// <summary>An answer that is not the JSON-RPC answer to the question; the node is not to be trusted.</summary>
    MalformedReply,

    /// <summary>The node answered with an error of its own: code, message, perhaps revert data.</summary>
    ErrorReply,

    /// <summary>Too few of the configured nodes gave the same answer: nothing is known, and nothing may be done. The message says who said what.</summary>
    NoQuorum,
}

/// <summary>A call that gave no result. The message names the node by its name in the configuration, never by its URL: URLs carry API keys.</summary>
public sealed class RpcException : Exception
{
    private readonly byte[] _data;

    public RpcException(RpcFailure kind, string node, string problem, int code = 0, byte[]? data = null, Exception? inner = null)
        : base($"{node}: {problem}", inner)
    {
        Kind = kind;
        Node = node;
        Problem = problem;
        Code = code;
        _data = data ?? [];
    }

    public RpcFailure Kind { get; }

    public string Node { get; }

    /// <summary>The message without the node's name: for an error reply, the node's own words.</summary>
    public string Problem { get; }

    /// <summary>The JSON-RPC error code, or the HTTP status; 0 where there is none.</summary>
    public int Code { get; }

    /// <summary>Revert data of an error reply; empty where there is none.</summary>
    public ReadOnlyMemory<byte> RevertData => _data;

    /// <summary>True where the same question may have another answer soon: nothing was refused on its merits.</summary>
    public bool IsTransient => Kind is RpcFailure.Transport or RpcFailure.Timeout or RpcFailure.RateLimited or RpcFailure.CircuitOpen
        or RpcFailure.NoQuorum;

    /// <summary>Set by the transport: how long the node asks us to wait.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}
