using System.Runtime.CompilerServices;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Configuration;
using KeeperOracle.MarginOracle;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Chains;

/// <summary>One configured chain, opened: its node, its reader, and where the protocol stands. In this cut the first node of the list carries it alone.</summary>
public sealed class ChainAccess : IDisposable
{
    private readonly HttpRpc _rpc;
    private readonly TimeProvider _time;

    public ChainAccess(ChainOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _time = time;
        _rpc = new HttpRpc(options.Rpc[0].Name, options.Rpc[0].Url.Value, time: time);
        Eth = new EthApi(_rpc);
        Addresses = new ProtocolAddresses(
            options.Multicall3, options.OracleHub, options.AttestationVerifier, options.RiskOracle, options.MarginVault);
        Reader = new ChainReader(_rpc, options.Multicall3);
    }

    public ChainOptions Options { get; }

    public ChainId Id => Options.Id;

    public string Name => Options.Name;

    public ProtocolAddresses Addresses { get; }

    public IRpc Rpc => _rpc;

    public EthApi Eth { get; }

    public ChainReader Reader { get; }

    /// <summary>New heads as they come; problems of the node are logged and waited out. A node of another chain ends it with WrongChainException.</summary>
    public async IAsyncEnumerable<HeadEvent> FollowHeadsAsync(ILogger logger, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var tracker = new HeadTracker(
            _rpc,
            Id,
            TimeSpan.FromMilliseconds(Options.PollMilliseconds),
            _time,
            problem => logger.LogWarning("Chain {Chain}: no head: {Problem}", Name, problem.Message));
        await foreach (var head in tracker.FollowAsync(cancellationToken))
        {
            if (head.Reorg)
            {
                logger.LogWarning("Chain {Chain}: reorganised, head is now {Head}", Name, head.Head);
            }

            yield return head;
        }
    }

    public void Dispose() => _rpc.Dispose();
}
