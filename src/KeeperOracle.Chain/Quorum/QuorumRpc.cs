using System.Text.Json;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Quorum;

// Specification of this folder.
//
// One chain through n nodes that are not trusted one by one. An answer counts where k of the CONFIGURED n gave it: more than half, never
// counted from those that can be reached, so that silencing honest nodes (F08) leaves no answer instead of a liar's. At most k - 1 nodes may
// lie, in concert too, without ever getting a wrong answer through; k liars who agree cannot be seen. With n - k nodes down or lying
// every answer still comes. With one node k is 1, and nobody would notice a lie: whoever starts so says it aloud.
//
// READS of state are pinned to a block hash (EIP-1898); "latest" is replaced by the hash of the agreed head, so that all nodes are asked
// the same question, also for nonces (one node alone is asked for its own "latest"). Answers are compared in canonical form (AnswerForm), batches call by call; the caller gets only what was
// compared. A revert is an answer like any other, by its data. That a node does not know the block, or declines the call, is neither a vote
// nor a lie; where k decline, the caller hears the first of them. Of a receipt or a block at a height, where honest nodes may be on forks,
// k must say the same too, also that there is none. The one exception is a transaction looked for by its hash: where k nodes answer but
// differ it counts as not known, for all that follows is that the same bytes are sent again.
// Gas estimates agree within a fifth (GasEstimate). Transactions go to all (TransactionFan). The head: QuorumHeads.
//
// FEWER than k equal answers is RpcFailure.NoQuorum, as soon as no k can come any more (and HeadPatience later at most), with who said what by
// digest. In a batch one undecided call fails the batch.
//
// ASKING is side by side, to all that may vote, and ends with the k-th equal answer: the slowest is waited for only where it is needed. The
// others may still answer for a while, to be judged; no answer in that time is "down". A deadline ends every question, and a node has a limited
// number of questions open.
//
// NODES are alive, lagging, lying, on the wrong chain, or down (NodeState); only the alive vote. A vote against k equal ones about one and
// the same block is a lie: its evidence is kept (the newest, EvidenceKept), and the node is out until an operator resets it (Reset, or a new start)
// or its quarantine is over. Every node starts as down and shows chain id and head first; so does one that comes back. Each change is an event.
//
// Limits. What a client decides for itself must be the same in all nodes or it is held for a lie: above all the gas cap of eth_call. A node
// that is slow is no liar, one that leaves out logs at a block it knows is.

/// <summary>A quorum of nodes, as everything else in the product sees a node.</summary>
public sealed class QuorumRpc : IRpc
{
    private readonly NodeRoster _roster;
    private readonly ReadQuorumOptions _options;
    private readonly EvidenceRing _evidence;
    private readonly Canvass _canvass;
    private readonly Voting _voting;
    private readonly QuorumHeads _heads;
    private readonly TransactionFan _fan;

    /// <param name="expected">the chain that the nodes must be on</param>
    /// <param name="nodes">all configured ones, in any order; owned by the caller</param>
    /// <param name="options">k and the limits; <see cref="ArgumentException"/> where k is no quorum of so many nodes</param>
    /// <param name="time">the clock of deadlines and quarantine</param>
    public QuorumRpc(ChainId expected, IReadOnlyList<QuorumNode> nodes, ReadQuorumOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate(nodes.Count);
        if (nodes.Select(node => node.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count() != nodes.Count)
        {
            throw new ArgumentException("Two nodes have the same name, and evidence goes by names.", nameof(nodes));
        }

        _options = options;
        _roster = new NodeRoster([.. nodes], expected, time);
        _evidence = new EvidenceRing(_roster, options, time);
        _canvass = new Canvass(_roster, options, time);
        _voting = new Voting(_roster, _canvass, _evidence, options);
        _heads = new QuorumHeads(_roster, _canvass, _voting, _evidence, options);
        _fan = new TransactionFan(_roster, _canvass, _voting, options);
    }

    /// <summary>Hears of each node that changes its standing; it must not block.</summary>
    public event Action<NodeChange>? NodeChanged
    {
        add => _roster.Changed += value;
        remove => _roster.Changed -= value;
    }

    /// <summary>k.</summary>
    public int Required => _options.Required;

    /// <summary>How each configured node stands, in the order given.</summary>
    public IReadOnlyList<NodeReport> Nodes => _roster.Reports;

    /// <summary>The newest contradictions, oldest first.</summary>
    public IReadOnlyList<Evidence> Evidence => _evidence.Kept;

    /// <summary>How many contradictions there ever were.</summary>
    public long EvidenceFound => _evidence.Found;

    /// <summary>Has every node show its chain id and head, and waits for each within the deadline: for people who ask how all of them stand.</summary>
    public Task LookAtAllAsync(CancellationToken ct) => _heads.LookAtAllAsync(ct);

    /// <summary>Lets a liar back, to show itself again. False where no node of this name lies.</summary>
    public bool Reset(string node)
    {
        var at = _roster.Nodes.ToList().FindIndex(other => string.Equals(other.Name, node, StringComparison.OrdinalIgnoreCase));
        if (at < 0 || _roster.StandingOf(at) != NodeStanding.Lying)
        {
            return false;
        }

        _roster.Move(at, (state, now) => state.OnReset(now));
        return true;
    }

    public async Task<JsonElement> SendAsync(string method, CancellationToken ct, params object?[] parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        switch (method)
        {
            case "eth_sendRawTransaction":
                await ProveEnoughAsync(ct).ConfigureAwait(false);
                return await _fan.SendAsync(parameters, ct).ConfigureAwait(false);
            case "eth_chainId":
                var all = _roster.Those(standing => standing != NodeStanding.Lying);
                return (await _voting.DecideAsync([Question.Of(new RpcRequest(method, []))], all, ct).ConfigureAwait(false))[0].ResultOrThrow();
            case "eth_blockNumber":
                return EthJson.Member(await _heads.FindAsync("latest", ct).ConfigureAwait(false), "number");
            case "eth_getBlockByNumber" when Question.TagAt(parameters, 0) is "latest" or "safe" or "finalized":
                return await _heads.FindAsync(Question.TagAt(parameters, 0)!, ct).ConfigureAwait(false);
            case "eth_estimateGas":
                return await EstimateAsync(parameters, ct).ConfigureAwait(false);
            case "eth_getTransactionByHash":
                return await FindTransactionAsync(parameters, ct).ConfigureAwait(false);
            default:
                return (await DecideAsync([new RpcRequest(method, parameters)], ct).ConfigureAwait(false))[0].ResultOrThrow();
        }
    }

    public async Task<IReadOnlyList<RpcReply>> SendBatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var replies = new RpcReply[requests.Count];
        var voted = Enumerable.Range(0, requests.Count).Where(at => !IsSpecial(requests[at])).ToList();
        if (voted.Count > 0)
        {
            var decided = await DecideAsync([.. voted.Select(at => requests[at])], ct).ConfigureAwait(false);
            for (var i = 0; i < voted.Count; i++)
            {
                replies[voted[i]] = decided[i];
            }
        }

        foreach (var at in Enumerable.Range(0, requests.Count).Except(voted))
        {
            try
            {
                replies[at] = new RpcReply(await SendAsync(requests[at].Method, ct, [.. requests[at].Parameters]).ConfigureAwait(false), null);
            }
            catch (RpcException refused) when (refused.Kind == RpcFailure.ErrorReply)
            {
                replies[at] = new RpcReply(default, refused);
            }
        }

        return replies;
    }

    /// <summary>What is more than one vote on one question.</summary>
    private static bool IsSpecial(RpcRequest request) => request.Method switch
    {
        "eth_sendRawTransaction" or "eth_chainId" or "eth_blockNumber" or "eth_estimateGas" or "eth_getTransactionByHash" => true,
        "eth_getBlockByNumber" => Question.TagAt(request.Parameters, 0) is "latest" or "safe" or "finalized",
        _ => false,
    };

    private async Task<RpcReply[]> DecideAsync(IReadOnlyList<RpcRequest> requests, CancellationToken ct)
    {
        var questions = await PinAsync(requests, ct).ConfigureAwait(false);
        return await _voting.DecideAsync(questions, await ProveEnoughAsync(ct).ConfigureAwait(false), ct).ConfigureAwait(false);
    }

    /// <summary>The nodes that may vote. Where they are too few, all are looked at again first.</summary>
    private async Task<List<int>> ProveEnoughAsync(CancellationToken ct)
    {
        var voters = _roster.Those(standing => standing == NodeStanding.Alive);
        if (voters.Count >= _options.Required)
        {
            return voters;
        }

        try
        {
            await _heads.FindAsync("latest", ct).ConfigureAwait(false);
        }
        catch (RpcException problem) when (problem.Kind == RpcFailure.NoQuorum)
        {
            // Who may vote is known now; the vote itself says what is missing.
        }

        return _roster.Those(standing => standing == NodeStanding.Alive);
    }

    private async Task<Question[]> PinAsync(IReadOnlyList<RpcRequest> requests, CancellationToken ct)
    {
        var blocks = new Dictionary<string, BlockRef>(StringComparer.Ordinal);
        var questions = new Question[requests.Count];
        for (var i = 0; i < questions.Length; i++)
        {
            var request = requests[i];
            if (!Methods.IsRead(request.Method))
            {
                throw new NotSupportedException($"{request.Method} may change something, and is not asked of a quorum.");
            }

            foreach (var tag in TagsOf(request))
            {
                // One node agrees with itself at any block: its own "latest" saves a look.
                if (_roster.Nodes.Count > 1 && !blocks.ContainsKey(tag))
                {
                    var block = await _heads.FindAsync(tag, ct).ConfigureAwait(false);
                    blocks[tag] = block.ValueKind == JsonValueKind.Null
                        ? throw new RpcException(RpcFailure.ErrorReply, "read quorum", $"the chain has no {tag} block")
                        : EthJson.Block(block).Ref;
                }
            }

            questions[i] = Question.Of(Pinned(request, blocks));
        }

        return questions;
    }

    /// <summary>The tags in a request that every node would read in its own way.</summary>
    private static IEnumerable<string> TagsOf(RpcRequest request)
    {
        var tags = Question.StateBlockAt(request.Method) is { } at ? [Question.TagAt(request.Parameters, at)]
            : request.Method == "eth_feeHistory" ? [Question.TagAt(request.Parameters, 1)]
            : request.Method == "eth_getLogs" ? new[] { Question.MemberOf(request.Parameters[0], "fromBlock"), Question.MemberOf(request.Parameters[0], "toBlock") }
            : [];
        return tags.Where(tag => tag == "pending").Any()
            ? throw new NotSupportedException($"{request.Method} at \"pending\" is not asked: after a reorg it is wrong.")
            : tags.Where(tag => tag is "latest" or "safe" or "finalized").Select(tag => tag!);
    }

    private static RpcRequest Pinned(RpcRequest request, Dictionary<string, BlockRef> blocks)
    {
        if (blocks.Count == 0)
        {
            return request;
        }

        BlockRef? At(string? tag) => tag is not null && blocks.TryGetValue(tag, out var block) ? block : null;
        if (Question.StateBlockAt(request.Method) is { } at && At(Question.TagAt(request.Parameters, at)) is { } state)
        {
            return request with { Parameters = [.. request.Parameters.Take(at), EthApi.At(state.Hash), .. request.Parameters.Skip(at + 1)] };
        }

        if (request.Method == "eth_feeHistory" && At(Question.TagAt(request.Parameters, 1)) is { } newest)
        {
            return request with { Parameters = [request.Parameters[0], EthJson.Quantity(newest.Number), .. request.Parameters.Skip(2)] };
        }

        if (request.Method == "eth_getLogs" && JsonSerializer.SerializeToElement(request.Parameters[0]).Deserialize<Dictionary<string, object?>>() is { } query)
        {
            foreach (var end in (string[])["fromBlock", "toBlock"])
            {
                if (At(Question.MemberOf(request.Parameters[0], end)) is { } block)
                {
                    query[end] = EthJson.Quantity(block.Number);
                }
            }

            return request with { Parameters = [query] };
        }

        return request;
    }

    private async Task<JsonElement> EstimateAsync(object?[] parameters, CancellationToken ct)
    {
        var question = Question.Of(new RpcRequest("eth_estimateGas", parameters));
        var ballot = new Ballot([question], _options.Required);
        var estimates = new List<ulong>();

        Wanted Take(NodeReply reply, int toCome)
        {
            if (reply.Replies is [var answer] && Vote.Of(question, answer) is var vote)
            {
                ballot.Add(reply.Node, [vote]);
                if (vote.Kind == VoteKind.Value && GasEstimate.Read(vote.Value) is { } gas)
                {
                    estimates.Add(gas);
                }
            }

            return ballot.IsDecided || GasEstimate.Agreed(estimates, _options.Required) is not null ? Wanted.Nothing : Wanted.More;
        }

        var voters = await ProveEnoughAsync(ct).ConfigureAwait(false);
        if (voters.Count >= _options.Required)
        {
            await _canvass.RunAsync(voters, [question.Request], Take, _ => { }, ct).ConfigureAwait(false);
        }

        return GasEstimate.Agreed(estimates, _options.Required) is { } agreed ? JsonSerializer.SerializeToElement(EthJson.Quantity(agreed))
            : ballot.IsDecided ? ballot.Replies()[0].ResultOrThrow()
            : throw _voting.NoQuorum(ballot);
    }

    private async Task<JsonElement> FindTransactionAsync(object?[] parameters, CancellationToken ct)
    {
        var question = Question.Of(new RpcRequest("eth_getTransactionByHash", parameters));
        var ballot = await _voting.CountAsync([question], await ProveEnoughAsync(ct).ConfigureAwait(false), ct).ConfigureAwait(false);
        if (ballot.IsDecided)
        {
            return ballot.Replies()[0].ResultOrThrow();
        }

        var answered = ballot.Parties(0).Where(party => party.Vote.Kind == VoteKind.Value).ToList();
        if (answered.Sum(party => party.Nodes.Count) < _options.Required)
        {
            throw _voting.NoQuorum(ballot);
        }

        // Some have it in a block and some not yet: that it is known may be agreed all the same.
        var known = answered.Where(party => party.Vote.Value.ValueKind != JsonValueKind.Null)
            .GroupBy(party => party.Vote.Reply(AnswerForm.TransactionAnywhere).Result.GetRawText(), StringComparer.Ordinal)
            .FirstOrDefault(same => same.Sum(party => party.Nodes.Count) >= _options.Required);
        return known is null ? JsonSerializer.SerializeToElement<object?>(null) : known.First().Vote.Reply(AnswerForm.TransactionAnywhere).Result;
    }
}
