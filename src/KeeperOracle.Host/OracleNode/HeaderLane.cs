using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Host.Chains;

namespace KeeperOracle.Host.OracleNode;

/// <summary>
/// The headers of one chain. SPECIFICATION.
/// <para>At every poll the newest block that this node's own read quorum calls final is asked for ("finalized", or so many blocks deep where the chain has no such
/// mark and FinalityDepth says so; without both nothing is attested: NoFinality). Of it and those before, the headers whose number is a multiple of
/// HeaderEveryBlocks are attested, each read by this node itself and by nobody else, for every chain that is to believe them.</para>
/// <para>All that is signed follows from the block and two settings, so that honest nodes sign the same bytes: number, hash, state root and time are the block's, the
/// deadline is its time and HeaderValidSeconds.</para>
/// <para>One header for a number, forever: the record (<see cref="RecordedSigner"/>) is written before the key is used. Where the block that was attested last is not the
/// chain's any more, or the final block is before it, the chain went back behind what was final: ReorganisedPastAttested. Nothing is offered and nothing is attested then,
/// and it is said aloud (log level error) once, and again when it is over; what was signed stands in the record as it is.</para>
/// <para>Limits: <see cref="HeaderAttester.Backlog"/> headers are made up for at a poll, <see cref="HeaderAttester.Kept"/> are offered.</para>
/// </summary>
public sealed class HeaderLane
{
    private readonly ChainAccess _of;
    private readonly IReadOnlyList<HeaderAttester> _attesters;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private string _problem = "";

    internal HeaderLane(ChainAccess of, IReadOnlyList<HeaderAttester> attesters, TimeProvider time, ILogger logger) =>
        (_of, _attesters, _time, _logger) = (of, attesters, time, logger);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(_of.Options.PollMilliseconds), _time);
        do
        {
            var problem = await LookAsync(cancellationToken);
            if (problem.Length > 0 && problem != _problem)
            {
                _logger.LogWarning("Chain {Chain}: no header is attested: {Problem}", _of.Name, problem);
            }

            _problem = problem;
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
    }

    private async Task<string> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            var final = await _of.Eth.GetBlockByTagAsync("finalized", cancellationToken);
            foreach (var attester in _attesters)
            {
                await attester.AdvanceAsync(final, cancellationToken);
            }

            return "";
        }
        catch (Exception problem) when (problem is RpcException or AbiException)
        {
            return problem.Message;
        }
    }
}
