using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signers;
using KeeperOracle.Host.Chains;
using KeeperOracle.MarginOracle.Observations;

namespace KeeperOracle.Host.OracleNode;

/// <summary>
/// One chain of an oracle node: at every new head it makes its own observation, and signs it when it says something new. A signature
/// stands until the epoch moves on, the values or the newest round change, or half of its time is over; so a quiet market does not give
/// a new signature each block.
/// </summary>
public sealed class OracleLane(
    string node, ChainAccess chain, ObservationMaker maker, ISigner key, ObservationBoard board, ILogger logger)
{
    private readonly ObservationSigning _signing = new(chain.Id, chain.Addresses.AttestationVerifier);
    private MadeObservation? _last;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var head in chain.FollowHeadsAsync(logger, cancellationToken))
        {
            try
            {
                await ObserveAsync(head, cancellationToken);
            }
            catch (Exception problem) when (problem is RpcException or ReadFailedException or AbiException or OverflowException)
            {
                logger.LogWarning("Chain {Chain}, block {Block}: no observation: {Problem}", chain.Name, head.Head.Number, problem.Message);
            }
        }
    }

    private async Task ObserveAsync(HeadEvent head, CancellationToken cancellationToken)
    {
        var (made, refused) = await maker.MakeAsync(head.Head, cancellationToken);
        if (made is null)
        {
            logger.LogWarning("Chain {Chain}, block {Block}: nothing is attested: {Reason}", chain.Name, head.Head.Number, refused!.Reason);
            board.Publish(new OfferedObservation(node, chain.Id, head.Head.Number, refused.Reason, null));
            _last = null;
            return;
        }

        var standing = board.Find(chain.Id)?.Report;
        if (standing is not null && _last is not null && !head.Reorg && SaysTheSame(_last, made))
        {
            board.Publish(new OfferedObservation(node, chain.Id, head.Head.Number, "", standing));
            return;
        }

        var (signed, refusal) = await _signing.SignAsync(made.Observation, key, cancellationToken);
        if (signed is null)
        {
            // Asked again at the next head: what was not signed is not remembered as said.
            logger.LogError("Chain {Chain}, block {Block}: not signed: {Refusal}", chain.Name, head.Head.Number, refusal);
            board.Publish(new OfferedObservation(node, chain.Id, head.Head.Number, refusal!.ToString(), null));
            _last = null;
            return;
        }

        _last = made;
        board.Publish(new OfferedObservation(node, chain.Id, head.Head.Number, "", OfferedReport.From(signed, made.Trace, made.Inputs)));
        logger.LogInformation(
            "Chain {Chain}, block {Block}: signed epoch {Epoch}: {Vector}",
            chain.Name,
            head.Head.Number,
            made.Observation.Epoch,
            string.Join(", ", made.Trace.Select(trace => $"{trace.Symbol} volatility {trace.Proposal.Volatility.ToDouble():0.000}{(trace.Proposal.Reason.Length > 0 ? $" ({trace.Proposal.Reason})" : "")}")));
    }

    private static bool SaysTheSame(MadeObservation last, MadeObservation now)
    {
        var validity = last.Observation.Deadline - last.Observation.NotBefore;
        return last.Observation.Epoch == now.Observation.Epoch
            && last.Observation.ConfigDigest == now.Observation.ConfigDigest
            && last.Observation.Vector.SequenceEqual(now.Observation.Vector)
            && last.Trace.Select(trace => trace.Newest).SequenceEqual(now.Trace.Select(trace => trace.Newest))
            && last.Inputs.SurfaceDigest == now.Inputs.SurfaceDigest
            && now.Observation.ObservedAt < last.Observation.NotBefore + (validity / 2);
    }
}
