using System.Security.Cryptography;
using System.Text.Json;
using KeeperOracle.Chain.Rpc;

namespace KeeperOracle.Chain.Quorum;

/// <summary>That a node contradicted a quorum about a block that both know. It holds no URL and no whole answer.</summary>
/// <param name="ParametersDigest">of the call's parameters as JSON, the first 8 bytes of SHA-256</param>
/// <param name="Block">the hash of the block that the answers are about</param>
/// <param name="AgreedDigest">of the canonical answer, the first 8 bytes of SHA-256</param>
/// <param name="AgreedExcerpt">64 bytes of it, from just before where the two differ</param>
public sealed record Evidence(
    DateTimeOffset At,
    string Node,
    string Method,
    string ParametersDigest,
    string Block,
    string AgreedDigest,
    string AgreedExcerpt,
    IReadOnlyList<string> AgreedBy,
    string ItsDigest,
    string ItsExcerpt)
{
    internal static string DigestOf(RpcRequest request) =>
        Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(request.Parameters)).AsSpan(0, 8));
}

/// <summary>Finds contradictions, keeps the newest, and takes the vote of whoever made one.</summary>
internal sealed class EvidenceRing(NodeRoster roster, ReadQuorumOptions options, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Queue<Evidence> _kept = new();
    private long _found;

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Evidence> Kept
    {
        get
        {
            lock (_lock)
            {
                return [.. _kept];
            }
        }
    }

    /// <summary>How many there ever were.</summary>
    public long Found => Interlocked.Read(ref _found);

    /// <summary>
    /// Holds a vote against the one that won. It is a contradiction only where both are about one block: the one that the call is
    /// pinned to, or the one that both answers name.
    /// </summary>
    public void Judge(Question question, Ballot.Party winner, int node, Vote vote)
    {
        if (winner.Vote.Kind == VoteKind.Declined || vote.Kind == VoteKind.Declined || vote.Agrees(winner.Vote) || question.MayBeIgnorance(vote))
        {
            return;
        }

        var block = question.Block ?? (vote.Block == winner.Vote.Block ? vote.Block : null);
        if (block is null)
        {
            return;
        }

        Keep(new Evidence(
            time.GetUtcNow(),
            roster.Nodes[node].Name,
            question.Request.Method,
            Evidence.DigestOf(question.Request),
            block,
            winner.Vote.Digest,
            winner.Vote.Beside(vote),
            [.. winner.Nodes.Select(agreed => roster.Nodes[agreed].Name)],
            vote.Digest,
            vote.Beside(winner.Vote)));
        roster.Move(node, (state, now) => state.OnContradiction(
            $"it contradicts {winner.Nodes.Count} nodes on {question.Request.Method} at block {block}", options.Quarantine, now));
    }

    private void Keep(Evidence evidence)
    {
        Interlocked.Increment(ref _found);
        lock (_lock)
        {
            _kept.Enqueue(evidence);
            while (_kept.Count > options.EvidenceKept)
            {
                _kept.Dequeue();
            }
        }
    }
}
