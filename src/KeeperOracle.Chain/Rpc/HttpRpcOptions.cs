namespace KeeperOracle.Chain.Rpc;

/// <summary>Limits of one node. Every one has a default that suits a public provider.</summary>
public sealed record HttpRpcOptions
{
    /// <summary>How long a call may take with all its attempts. Default 20 s.</summary>
    public TimeSpan TotalDeadline { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long one attempt may take. Default 6 s.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromSeconds(6);

    /// <summary>Attempts after the first, for reads only. Default 3.</summary>
    public int MaxRetries { get; init; } = 3;

    /// <summary>First delay between attempts; doubles each time, with jitter. Default 200 ms.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest delay between attempts, also where the node asks for more. Default 10 s.</summary>
    public TimeSpan MaxRetryDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The circuit opens when at least <see cref="CircuitMinimumCalls"/> attempts were made within this time and half of them failed.
    /// Default 30 s.
    /// </summary>
    public TimeSpan CircuitWindow { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Attempts before the circuit may open. Default 8.</summary>
    public int CircuitMinimumCalls { get; init; } = 8;

    /// <summary>How long an open circuit stays open. Default 5 s.</summary>
    public TimeSpan CircuitBreak { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Largest body of a reply. Default 32 MB.</summary>
    public int MaxReplyBytes { get; init; } = 32 * 1024 * 1024;
}
