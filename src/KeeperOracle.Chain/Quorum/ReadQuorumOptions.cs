namespace KeeperOracle.Chain.Quorum;

/// <summary>How many nodes must agree, and the limits of asking them.</summary>
public sealed record ReadQuorumOptions
{
    /// <summary>k: how many of the configured nodes must give the same answer. More than half of them.</summary>
    public required int Required { get; init; }

    /// <summary>A node whose head is more blocks than this behind the best agreed one does not vote. Default 3.</summary>
    public int MaxLagBlocks { get; init; } = 3;

    /// <summary>Blocks under the agreed head that count as safe and final, on a chain whose nodes have no such tags; null asks for the tags.</summary>
    public int? FinalityDepth { get; init; }

    /// <summary>How long a liar stays out; null until it is reset.</summary>
    public TimeSpan? Quarantine { get; init; }

    /// <summary>How long one question may take with all nodes together. Default 15 s.</summary>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long the nodes that were not waited for may still answer, to be judged; one that does not is down. Default 3 s.</summary>
    public TimeSpan StragglerGrace { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// How long the others are waited for once enough nodes told their heads, and these differ; or once a vote is lost, so that the alarm
    /// says more. Default 250 ms.
    /// </summary>
    public TimeSpan HeadPatience { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Questions that one node may have open; it is not asked more. Default 256.</summary>
    public int MaxOpenQuestions { get; init; } = 256;

    /// <summary>Contradictions that are remembered, the newest. Default 64.</summary>
    public int EvidenceKept { get; init; } = 64;

    /// <summary>Throws <see cref="ArgumentException"/> where so many nodes cannot give such a quorum.</summary>
    internal void Validate(int nodes)
    {
        if (Required * 2 <= nodes || Required > nodes)
        {
            throw new ArgumentException(
                $"{Required} of {nodes} nodes are no quorum: it needs {(nodes / 2) + 1} to {nodes}, so that two quorums share a node.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(MaxLagBlocks);
        ArgumentOutOfRangeException.ThrowIfNegative(FinalityDepth ?? 0);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(Deadline, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(StragglerGrace, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(HeadPatience, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(MaxOpenQuestions);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(EvidenceKept);
    }
}
