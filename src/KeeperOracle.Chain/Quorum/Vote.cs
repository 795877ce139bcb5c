using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using KeeperOracle.Chain.Rpc;

namespace KeeperOracle.Chain.Quorum;

internal enum VoteKind
{
    /// <summary>A result.</summary>
    Value,

    /// <summary>The call reverts. The revert data is the answer; the words are the client's own and do not count.</summary>
    Revert,

    /// <summary>It does not know the block, or refuses the call. Neither a vote for a result nor a lie.</summary>
    Declined,
}

/// <summary>What one node said to one question.</summary>
internal sealed class Vote
{
    private const int ShownBytes = 64;

    private readonly AnswerForm _form;
    private byte[]? _canonical;

    private Vote(VoteKind kind, AnswerForm form, JsonElement value, RpcException? error)
    {
        Kind = kind;
        Value = value;
        Error = error;
        _form = form;
    }

    public VoteKind Kind { get; }

    /// <summary>The answer as it came.</summary>
    public JsonElement Value { get; }

    public RpcException? Error { get; }

    /// <summary>Throws <see cref="RpcException"/> where the value is no answer to this method.</summary>
    public static Vote Of(Question question, RpcReply reply)
    {
        if (reply.Error is { } error)
        {
            return new Vote(IsRevert(error) ? VoteKind.Revert : VoteKind.Declined, question.Form, default, error);
        }

        var isNull = reply.Result.ValueKind == JsonValueKind.Null;
        var vote = new Vote(isNull && !question.NullIsAnswer ? VoteKind.Declined : VoteKind.Value, question.Form, reply.Result, null);
        if (!question.Form.IsWhole)
        {
            question.Form.Check(vote.Value);
        }

        return vote;
    }

    /// <summary>All that decline are one: there is nothing in it to agree on.</summary>
    public bool Agrees(Vote other) => Kind == other.Kind && Kind switch
    {
        VoteKind.Declined => true,
        VoteKind.Revert => Error!.RevertData.Span.SequenceEqual(other.Error!.RevertData.Span),
        _ => SameText(other) || Canonical.AsSpan().SequenceEqual(other.Canonical),
    };

    /// <summary>The reply that the caller gets for this vote.</summary>
    /// <param name="form">another form than its method's</param>
    /// <param name="isOnly">there is one node, so nothing was compared: what was checked at length goes on as it came</param>
    public RpcReply Reply(AnswerForm? form = null, bool isOnly = false)
    {
        if (Error is not null || Value.ValueKind == JsonValueKind.Null || (form is null && (_form.IsWhole || (isOnly && _form.IsLong))))
        {
            return new RpcReply(Value, Error);
        }

        return new RpcReply(JsonDocument.Parse(form is null ? Canonical : form.Canonical(Value)).RootElement, null);
    }

    /// <summary>The block that the answer names itself; null where it names none.</summary>
    public string? Block => Kind == VoteKind.Value ? _form.BlockOf(Value)?.ToLowerInvariant() : null;

    /// <summary>The first bytes of the SHA-256 of the canonical answer, for people to compare.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Bytes).AsSpan(0, 8));

    /// <summary>The beginning of the canonical answer.</summary>
    public string Start => Shown(0);

    /// <summary>The canonical answer from just before where it differs from another.</summary>
    public string Beside(Vote other) => Shown(Math.Max(0, Bytes.AsSpan().CommonPrefixLength(other.Bytes) - (ShownBytes / 4)));

    private byte[] Canonical => _canonical ??= _form.Canonical(Value);

    private byte[] Bytes => Kind switch
    {
        VoteKind.Value => Canonical,
        VoteKind.Revert => Encoding.UTF8.GetBytes("revert 0x" + Convert.ToHexStringLower(Error!.RevertData.Span)),
        _ => Encoding.UTF8.GetBytes("declined: " + (Error?.Problem ?? "null")),
    };

    private string Shown(int from) => Encoding.UTF8.GetString(Bytes.AsSpan(from, Math.Min(ShownBytes, Bytes.Length - from)));

    private bool SameText(Vote other) => Value.ValueKind != JsonValueKind.Undefined && other.Value.ValueKind != JsonValueKind.Undefined
        && JsonMarshal.GetRawUtf8Value(Value).SequenceEqual(JsonMarshal.GetRawUtf8Value(other.Value));

    private static bool IsRevert(RpcException problem) =>
        problem.Code == 3 || !problem.RevertData.IsEmpty || problem.Problem.Contains("execution reverted", StringComparison.OrdinalIgnoreCase);
}
