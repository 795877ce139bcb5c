using KeeperOracle.Chain.Rpc;

namespace KeeperOracle.Chain.Quorum;

/// <summary>Counts the votes on some questions. Pure: it neither asks nor waits.</summary>
internal sealed class Ballot
{
    private readonly int _required;
    private readonly List<Party>[] _parties;
    private readonly Party?[] _winners;
    private int _open;

    public Ballot(IReadOnlyList<Question> questions, int required)
    {
        Questions = questions;
        _required = required;
        _parties = new List<Party>[questions.Count];
        _winners = new Party?[questions.Count];
        _open = questions.Count;
        for (var i = 0; i < _parties.Length; i++)
        {
            _parties[i] = [];
        }
    }

    /// <summary>The nodes that said the same.</summary>
    internal sealed record Party(Vote Vote, List<int> Nodes);

    public IReadOnlyList<Question> Questions { get; }

    public bool IsDecided => _open == 0;

    public Party? Winner(int question) => _winners[question];

    public IReadOnlyList<Party> Parties(int question) => _parties[question];

    /// <summary>Counts one node's votes, one for each question.</summary>
    public void Add(int node, IReadOnlyList<Vote> votes)
    {
        for (var i = 0; i < votes.Count; i++)
        {
            var party = _parties[i].Find(party => party.Vote.Agrees(votes[i]));
            if (party is null)
            {
                party = new Party(votes[i], []);
                _parties[i].Add(party);
            }

            party.Nodes.Add(node);
            if (party.Nodes.Count == _required)
            {
                _winners[i] = party;
                _open--;
            }
        }
    }

    /// <summary>There is a question on which no answer can win any more, with so many nodes still to be heard.</summary>
    public bool IsHopeless(int toCome)
    {
        foreach (var parties in _parties)
        {
            var best = 0;
            foreach (var party in parties)
            {
                best = Math.Max(best, party.Nodes.Count);
            }

            if (best + toCome < _required)
            {
                return true;
            }
        }

        return false;
    }

    public RpcReply[] Replies() => Array.ConvertAll(_winners, winner => winner!.Vote.Reply(isOnly: _required == 1));
}
