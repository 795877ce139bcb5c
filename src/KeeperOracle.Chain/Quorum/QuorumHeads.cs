using System.Text.Json;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Quorum;

/// <summary>
/// The agreed block of a tag: the highest that k nodes know as canonical. Each look asks every node that is not lying for its chain id and
/// its block together, so that a node that has become another one is noticed at the next head, and a node that was down comes back by it.
///
/// <para>With all nodes at one block that is the answer. Otherwise the k-th highest of their heights is tried: a node there names its
/// hash, a node one above it names it as its parent, and the others above are asked. Where the nodes are on forks at that height, lower
/// ones are tried, down to 128. The block itself is then voted on like any other read.</para>
///
/// <para>A head lower than the best agreed one by more than the allowed lag does not count; unless k nodes are that low, then the chain has
/// gone back. What the nodes call safe or final is agreed in the same way, so it is final for k of them; on a chain without these tags it is
/// the block so many under the agreed head.</para>
/// </summary>
internal sealed class QuorumHeads(NodeRoster roster, Canvass canvass, Voting voting, EvidenceRing ring, ReadQuorumOptions options)
{
    private static readonly ulong[] StepsDown = [0, 1, 2, 3, 4, 6, 8, 16, 32, 64, 128];

    /// <summary>The height of the best agreed head; only moved back where k nodes went back.</summary>
    private ulong _best;

    private readonly record struct Sighting(int Node, Vote Vote, BlockRef Block);

    /// <summary>The lowest head that may vote.</summary>
    private ulong Floor => Volatile.Read(ref _best) is var best && best > (ulong)options.MaxLagBlocks ? best - (ulong)options.MaxLagBlocks : 0;

    /// <summary>The block, or JSON null where k nodes have no such tag. Throws <see cref="RpcException"/> of kind NoQuorum.</summary>
    public async Task<JsonElement> FindAsync(string tag, CancellationToken ct)
    {
        if (tag is "safe" or "finalized" && options.FinalityDepth is { } depth)
        {
            var head = EthJson.Block(await FindAsync("latest", ct).ConfigureAwait(false)).Ref.Number;
            var number = EthJson.Quantity(head > (ulong)depth ? head - (ulong)depth : 0);
            var voters = roster.Those(standing => standing == NodeStanding.Alive);
            return (await voting.DecideAsync([Question.Of(new RpcRequest("eth_getBlockByNumber", [number, false]))], voters, ct).ConfigureAwait(false))[0].ResultOrThrow();
        }

        var question = Question.Of(new RpcRequest("eth_getBlockByNumber", [tag, false]));
        var (sightings, without) = await LookAsync(question, tag == "latest", ct).ConfigureAwait(false);
        if (tag != "latest" && without.Count >= options.Required)
        {
            return JsonSerializer.SerializeToElement<object?>(null);
        }

        var counted = tag == "latest" ? Counted(sightings) : sightings;
        var agreed = Together(counted) is { } together
            ? together.Vote.Reply().Result
            : await DescendAsync(tag, counted, ct).ConfigureAwait(false);
        if (tag == "latest")
        {
            Advance(EthJson.Block(agreed).Ref.Number, wentBack: counted.Count > 0 && counted.Exists(sighting => sighting.Block.Number < Floor));
            Place(sightings);
        }

        return agreed;
    }

    /// <summary>Asks every node that is not lying for its chain id and head, and waits for each, within the deadline.</summary>
    public Task LookAtAllAsync(CancellationToken ct) =>
        LookAsync(Question.Of(new RpcRequest("eth_getBlockByNumber", ["latest", false])), isHead: true, ct, atAll: true);

    /// <summary>What each node has under the tag, and the nodes that have nothing under it.</summary>
    private async Task<(List<Sighting> Sightings, List<int> Without)> LookAsync(Question question, bool isHead, CancellationToken ct, bool atAll = false)
    {
        var sightings = new List<Sighting>();
        var without = new List<int>();
        for (var node = 0; node < roster.Nodes.Count; node++)
        {
            roster.Move(node, (state, now) => state.OnTime(now));
        }

        Wanted Take(NodeReply reply, int toCome)
        {
            if (See(question, reply) is { } seen)
            {
                sightings.Add(seen);
            }
            else if (reply.Replies is [_, var block] && Declines(block) && roster.StandingOf(reply.Node) != NodeStanding.WrongChain)
            {
                without.Add(reply.Node);
            }

            var counted = isHead ? Counted(sightings) : sightings;
            return atAll ? Wanted.More
                : Together(counted) is not null || without.Count >= options.Required ? Wanted.Nothing
                : counted.Count >= options.Required ? Wanted.MoreIfSoon
                : Math.Max(sightings.Count, without.Count) + toCome < options.Required ? Wanted.Nothing
                : Wanted.More;
        }

        Ballot.Party? winner = null;
        void TakeLate(NodeReply reply)
        {
            if (See(question, reply) is { } seen)
            {
                Place(isHead ? [seen] : []);
                Judge(question, winner, [seen]);
            }
        }

        var whom = roster.Those(standing => standing != NodeStanding.Lying);
        await canvass.RunAsync(whom, [new RpcRequest("eth_chainId", []), question.Request], Take, TakeLate, ct).ConfigureAwait(false);
        if (isHead)
        {
            Place(sightings);
        }

        winner = Together(isHead ? Counted(sightings) : sightings);
        Judge(question, winner, sightings);
        return (sightings, without);
    }

    private static bool Declines(RpcReply block) => block.Error is not null || block.Result.ValueKind == JsonValueKind.Null;

    private void Judge(Question question, Ballot.Party? winner, List<Sighting> sightings)
    {
        if (winner is not null)
        {
            sightings.ForEach(seen => ring.Judge(question, winner, seen.Node, seen.Vote));
        }
    }

    /// <summary>Null where it says nothing of a block, or is on another chain.</summary>
    private Sighting? See(Question question, NodeReply reply)
    {
        if (reply.Replies is not [var id, var block])
        {
            return null;
        }

        try
        {
            if (id.Error is { } refused)
            {
                roster.Move(reply.Node, (state, now) => state.OnSilence($"it does not tell its chain id: {refused.Problem}", now));
                return null;
            }

            var chain = new ChainId(EthJson.Small(id.Result));
            roster.Move(reply.Node, (state, now) => state.OnChainId(roster.Expected, chain, now));
            var vote = Vote.Of(question, block);
            return chain == roster.Expected && vote.Kind == VoteKind.Value ? new Sighting(reply.Node, vote, EthJson.Block(vote.Value).Ref) : null;
        }
        catch (RpcException malformed)
        {
            roster.Move(reply.Node, (state, now) => state.OnSilence($"{malformed.Kind}: {malformed.Problem}", now));
            return null;
        }
    }

    /// <summary>The sightings that count for the head: those near the best one, or all where k nodes are below that.</summary>
    private List<Sighting> Counted(List<Sighting> sightings)
    {
        var floor = Floor;
        return sightings.Count(sighting => sighting.Block.Number < floor) >= options.Required
            ? sightings
            : sightings.FindAll(sighting => sighting.Block.Number >= floor);
    }

    /// <summary>The nodes at one and the same block, where they are enough.</summary>
    private Ballot.Party? Together(List<Sighting> sightings)
    {
        for (var i = 0; i + options.Required <= sightings.Count; i++)
        {
            var first = sightings[i];
            var same = sightings.FindAll(sighting => sighting.Block.Hash == first.Block.Hash && sighting.Vote.Agrees(first.Vote));
            if (same.Count >= options.Required)
            {
                return new Ballot.Party(first.Vote, same.ConvertAll(sighting => sighting.Node));
            }
        }

        return null;
    }

    private async Task<JsonElement> DescendAsync(string tag, List<Sighting> sightings, CancellationToken ct)
    {
        if (sightings.Count >= options.Required)
        {
            var from = sightings.Select(sighting => sighting.Block.Number).OrderDescending().ElementAt(options.Required - 1);
            foreach (var height in Heights(from))
            {
                if (await ConfirmAsync(height, sightings, ct).ConfigureAwait(false) is var (hash, nodes))
                {
                    var question = Question.Of(new RpcRequest("eth_getBlockByHash", [hash.ToString(), false]));
                    return (await voting.DecideAsync([question], nodes, ct).ConfigureAwait(false))[0].ResultOrThrow();
                }
            }
        }

        throw voting.NoQuorum(
            $"the {tag} block", [.. sightings.GroupBy(sighting => sighting.Block).Select(same => (same.Key.ToString(), same.Select(sighting => sighting.Node).ToList()))]);
    }

    private IEnumerable<ulong> Heights(ulong from)
    {
        var best = Volatile.Read(ref _best);
        return StepsDown.Where(step => step <= from).Select(step => from - step).Append(best <= from ? best : from).Distinct().OrderDescending();
    }

    /// <summary>The block of this height that k nodes hold for canonical, with these nodes; null where there is none.</summary>
    private async Task<(Hash32 Hash, List<int> Nodes)?> ConfirmAsync(ulong height, List<Sighting> sightings, CancellationToken ct)
    {
        var holders = new Dictionary<Hash32, List<int>>();
        void Hold(Hash32 hash, int node)
        {
            if (!holders.TryGetValue(hash, out var nodes))
            {
                holders[hash] = nodes = [];
            }

            nodes.Add(node);
        }

        (Hash32, List<int>)? Found() => holders.Where(pair => pair.Value.Count >= options.Required).Select(pair => ((Hash32, List<int>)?)(pair.Key, pair.Value)).FirstOrDefault();

        var toAsk = new List<int>();
        foreach (var (node, _, block) in sightings.Where(sighting => sighting.Block.Number >= height))
        {
            switch (block.Number - height)
            {
                case 0:
                    Hold(block.Hash, node);
                    break;
                case 1:
                    Hold(block.ParentHash, node);
                    break;
                default:
                    toAsk.Add(node);
                    break;
            }
        }

        var best = holders.Values.Select(nodes => nodes.Count).DefaultIfEmpty().Max();
        if (best >= options.Required || best + toAsk.Count < options.Required)
        {
            return Found();
        }

        var question = Question.Of(new RpcRequest("eth_getBlockByNumber", [EthJson.Quantity(height), false]));
        Wanted Take(NodeReply reply, int toCome)
        {
            if (reply.Replies is [{ Error: null } answer] && HashOf(answer.Result) is { } hash)
            {
                Hold(hash, reply.Node);
            }

            return Found() is null ? Wanted.More : Wanted.Nothing;
        }

        await canvass.RunAsync(toAsk, [question.Request], Take, _ => { }, ct).ConfigureAwait(false);
        return Found();
    }

    private static Hash32? HashOf(JsonElement block)
    {
        try
        {
            return block.ValueKind == JsonValueKind.Null ? null : EthJson.Block(block).Ref.Hash;
        }
        catch (RpcException)
        {
            return null;
        }
    }

    private void Advance(ulong agreed, bool wentBack)
    {
        if (wentBack || agreed > Volatile.Read(ref _best))
        {
            Volatile.Write(ref _best, agreed);
        }
    }

    private void Place(List<Sighting> sightings)
    {
        var floor = Floor;
        sightings.ForEach(seen => roster.Move(seen.Node, (state, now) => state.OnHead(seen.Block.Number, floor, now)));
    }
}
