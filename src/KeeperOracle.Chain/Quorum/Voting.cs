using KeeperOracle.Chain.Rpc;

namespace KeeperOracle.Chain.Quorum;

/// <summary>Takes a vote on some questions among some nodes.</summary>
internal sealed class Voting(NodeRoster roster, Canvass canvass, EvidenceRing ring, ReadQuorumOptions options)
{
    private const int LongestProblem = 1200;

    /// <summary>
    /// Asks until every question is decided or one cannot be any more. Whoever contradicts what won is judged, also when his answer comes
    /// too late to count.
    /// </summary>
    public async Task<Ballot> CountAsync(IReadOnlyList<Question> questions, IReadOnlyList<int> whom, CancellationToken ct)
    {
        var ballot = new Ballot(questions, options.Required);
        if (whom.Count < options.Required)
        {
            return ballot;
        }

        Wanted Take(NodeReply reply, int toCome)
        {
            if (VotesOf(questions, reply) is { } votes)
            {
                ballot.Add(reply.Node, votes);
            }

            // Where nothing can win any more, the others are heard a moment longer, so that the alarm says what they said.
            return ballot.IsDecided ? Wanted.Nothing : ballot.IsHopeless(toCome) ? Wanted.MoreIfSoon : Wanted.More;
        }

        await canvass.RunAsync(whom, [.. questions.Select(question => question.Request)], Take, late => JudgeLate(ballot, late), ct).ConfigureAwait(false);
        Judge(ballot);
        return ballot;
    }

    /// <summary>The same; throws <see cref="RpcException"/> of kind NoQuorum where a question is not decided.</summary>
    public async Task<RpcReply[]> DecideAsync(IReadOnlyList<Question> questions, IReadOnlyList<int> whom, CancellationToken ct)
    {
        var ballot = await CountAsync(questions, whom, ct).ConfigureAwait(false);
        return ballot.IsDecided ? ballot.Replies() : throw NoQuorum(ballot);
    }

    public RpcException NoQuorum(Ballot ballot)
    {
        var at = Enumerable.Range(0, ballot.Questions.Count).First(question => ballot.Winner(question) is null);
        var question = ballot.Questions[at];
        var about = question.Block is { } block ? $"{question.Request.Method} at {Shorten(block)}" : question.Request.Method;
        return NoQuorum(about, [.. ballot.Parties(at).Select(party => (party.Vote.Kind == VoteKind.Declined ? party.Vote.Start : party.Vote.Digest, party.Nodes))]);
    }

    /// <summary>Says which nodes said what, and for the others how they stand.</summary>
    public RpcException NoQuorum(string about, IReadOnlyList<(string Said, List<int> Nodes)> parties)
    {
        var reports = roster.Reports;
        var heard = parties.SelectMany(party => party.Nodes).ToHashSet();
        var said = parties.OrderByDescending(party => party.Nodes.Count)
            .Select(party => $"{string.Join(", ", party.Nodes.Select(node => reports[node].Node))} said {party.Said}");
        var silent = reports.Where((_, node) => !heard.Contains(node))
            .Select(report => report.Standing is NodeStanding.Alive ? $"{report.Node} said nothing" : $"{report.Node} is {Word(report.Standing)} ({report.Reason})");
        var text = $"no quorum on {about}: {options.Required} of {reports.Count} must agree; {string.Join("; ", said.Concat(silent))}";
        return new RpcException(RpcFailure.NoQuorum, "read quorum", text.Length <= LongestProblem ? text : text[..LongestProblem] + "…");
    }

    public static string Word(NodeStanding standing) => standing switch
    {
        NodeStanding.Alive => "alive",
        NodeStanding.Lagging => "lagging",
        NodeStanding.Lying => "lying",
        NodeStanding.WrongChain => "on the wrong chain",
        NodeStanding.Down => "down",
        _ => throw new ArgumentOutOfRangeException(nameof(standing), standing, "No such standing."),
    };

    private static string Shorten(string hash) => hash.Length > 10 ? hash[..10] : hash;

    /// <summary>Null where it said nothing, or what is no answer to one of the questions: then the node is down until it shows itself again.</summary>
    private Vote[]? VotesOf(IReadOnlyList<Question> questions, NodeReply reply)
    {
        if (reply.Replies is null)
        {
            return null;
        }

        try
        {
            var votes = new Vote[questions.Count];
            for (var i = 0; i < votes.Length; i++)
            {
                votes[i] = Vote.Of(questions[i], reply.Replies[i]);
            }

            return votes;
        }
        catch (RpcException malformed)
        {
            roster.Move(reply.Node, (state, now) => state.OnSilence($"{malformed.Kind}: {malformed.Problem}", now));
            return null;
        }
    }

    private void Judge(Ballot ballot)
    {
        for (var i = 0; i < ballot.Questions.Count; i++)
        {
            if (ballot.Winner(i) is { } winner && ballot.Parties(i).Count > 1)
            {
                foreach (var party in ballot.Parties(i).Where(party => party != winner))
                {
                    party.Nodes.ForEach(node => ring.Judge(ballot.Questions[i], winner, node, party.Vote));
                }
            }
        }
    }

    private void JudgeLate(Ballot ballot, NodeReply late)
    {
        if (VotesOf(ballot.Questions, late) is not { } votes)
        {
            return;
        }

        for (var i = 0; i < votes.Length; i++)
        {
            if (ballot.Winner(i) is { } winner)
            {
                ring.Judge(ballot.Questions[i], winner, late.Node, votes[i]);
            }
        }
    }
}
