using System.Buffers.Binary;
using System.Security.Cryptography;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Journal;

/// <summary>One step of the keeper: the event it saw and the decisions it gave, as bytes, in the hash chain.</summary>
public sealed record DecisionRecord(long Seq, ReadOnlyMemory<byte> Event, ReadOnlyMemory<byte> Decisions, Hash32 PreviousHash, Hash32 Hash)
{
    /// <summary>SHA-256(previous hash, length of the event as 8 bytes big-endian, event, decisions).</summary>
    public static Hash32 HashOf(Hash32 previous, ReadOnlySpan<byte> eventBytes, ReadOnlySpan<byte> decisionBytes)
    {
        Span<byte> head = stackalloc byte[40];
        previous.CopyTo(head);
        BinaryPrimitives.WriteInt64BigEndian(head[32..], eventBytes.Length);
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(head);
        sha.AppendData(eventBytes);
        sha.AppendData(decisionBytes);
        return new Hash32(sha.GetHashAndReset());
    }
}

/// <summary>What reading the whole hash chain found.</summary>
/// <param name="Count">How many decisions were read and found right.</param>
/// <param name="FirstBrokenSeq">The first seq that is missing, relinked or altered; null where there is none.</param>
/// <param name="Problem">What is wrong there.</param>
/// <param name="Head">The hash of the last right decision. Compare it with one kept elsewhere: a cut-off tail leaves no other trace.</param>
public sealed record ChainVerification(long Count, long? FirstBrokenSeq, string? Problem, Hash32 Head)
{
    public bool IsIntact => FirstBrokenSeq is null;
}
