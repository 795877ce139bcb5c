using System.Text.Json;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Chain.Quorum;

/// <summary>
/// Sends a signed transaction to every node that is alive or lagging. It is accepted as soon as one of them answers with its hash, and known as
/// soon as one says so; the others get it all the same. A refusal counts where k nodes refuse for the same reason (a liar's "nonce too low" is
/// not believed); anything else leaves the outcome unknown, and the caller sends the same bytes again.
/// </summary>
internal sealed class TransactionFan(NodeRoster roster, Canvass canvass, Voting voting, ReadQuorumOptions options)
{
    public async Task<JsonElement> SendAsync(IReadOnlyList<object?> parameters, CancellationToken ct)
    {
        var hash = Keccak.Hash(Hex.ToBytes(Question.TextOf(parameters[0]) ?? throw new ArgumentException("The transaction is no text.", nameof(parameters))));
        JsonElement? accepted = null;
        RpcException? known = null;
        var refusals = new List<(SendOutcomeKind Kind, RpcException Refusal, int Node)>();
        RpcException? Refused() => refusals.GroupBy(refusal => refusal.Kind).Where(same => same.Count() >= options.Required).Select(same => same.First().Refusal).FirstOrDefault();

        Wanted Take(NodeReply reply, int toCome)
        {
            switch (reply.Replies?[0])
            {
                case { Error: { } error } when SendOutcome.Of(error).Kind == SendOutcomeKind.AlreadyKnown:
                    known ??= error;
                    break;
                case { Error: { } error }:
                    refusals.Add((SendOutcome.Of(error).Kind, error, reply.Node));
                    break;
                case { Error: null } answer when IsHash(answer.Result, hash):
                    accepted ??= answer.Result;
                    break;
            }

            return accepted is not null || known is not null ? Wanted.Nothing : Refused() is not null ? Wanted.MoreIfSoon : Wanted.More;
        }

        var whom = roster.Those(standing => standing is NodeStanding.Alive or NodeStanding.Lagging);
        await canvass.RunAsync(whom, [new RpcRequest("eth_sendRawTransaction", parameters)], Take, _ => { }, ct).ConfigureAwait(false);
        return accepted
            ?? throw known
            ?? Refused()
            ?? voting.NoQuorum("eth_sendRawTransaction", [.. refusals.GroupBy(refusal => refusal.Kind).Select(same => (same.Key.ToString(), same.Select(refusal => refusal.Node).ToList()))]);
    }

    private static bool IsHash(JsonElement answer, Hash32 hash)
    {
        try
        {
            return EthJson.Hash(answer) == hash;
        }
        catch (RpcException)
        {
            return false;
        }
    }
}
