using System.Runtime.CompilerServices;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Quorum;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Configuration;
using KeeperOracle.MarginOracle;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Chains;

/// <summary>One configured chain, opened: the quorum of its nodes, its reader, and where the protocol stands.</summary>
public sealed class ChainAccess : IDisposable
{
    private readonly List<HttpRpc> _nodes;
    private readonly TimeProvider _time;

    public ChainAccess(ChainOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _time = time;
        _nodes = [.. options.Rpc.Select(node => new HttpRpc(node.Name, node.Url.Value, time: time))];
        Quorum = new QuorumRpc(
            options.Id, [.. options.Rpc.Zip(_nodes, (node, rpc) => new QuorumNode(node.Name, rpc))], QuorumOf(options), time);
        Eth = new EthApi(Quorum);
        Addresses = new ProtocolAddresses(
            options.Multicall3, options.OracleHub, options.AttestationVerifier, options.RiskOracle, options.MarginVault);
        Reader = new ChainReader(Quorum, options.Multicall3);
    }

    public ChainOptions Options { get; }

    public ChainId Id => Options.Id;

    public string Name => Options.Name;

    public ProtocolAddresses Addresses { get; }

    public IRpc Rpc => Quorum;

    /// <summary>The same as <see cref="Rpc"/>, with how each node stands and the evidence against those that lie.</summary>
    public QuorumRpc Quorum { get; }

    public EthApi Eth { get; }

    public ChainReader Reader { get; }

    /// <summary>
    /// New agreed heads as they come; problems are logged and waited out, and so is every change of a node's standing. A quorum of nodes on
    /// another chain ends it with WrongChainException.
    /// </summary>
    public async IAsyncEnumerable<HeadEvent> FollowHeadsAsync(ILogger logger, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var watch = Watch(logger);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var wake = new WakeSignal();
        var listening = Task.WhenAll(HeadSockets(wake, change => Tell(logger, change)).Select(socket => socket.RunAsync(ending.Token)));
        var tracker = new HeadTracker(
            Quorum,
            Id,
            TimeSpan.FromMilliseconds(Options.PollMilliseconds),
            _time,
            problem => logger.Log(
                problem.Kind == RpcFailure.NoQuorum ? LogLevel.Error : LogLevel.Warning, "Chain {Chain}: no head: {Problem}", Name, problem.Message),
            wake);
        try
        {
            await foreach (var head in tracker.FollowAsync(cancellationToken))
            {
                if (head.Reorg)
                {
                    logger.LogWarning("Chain {Chain}: reorganised, head is now {Head}", Name, head.Head);
                }

                yield return head;
            }
        }
        finally
        {
            await ending.CancelAsync();
            await listening;
        }
    }

    /// <summary>One for each node that has a WebSocket.</summary>
    public IEnumerable<HeadSocket> HeadSockets(WakeSignal wake, Action<HeadSocketChange>? onChange = null) => Options.Rpc
        .Where(node => node.WebSocketUrl is not null)
        .Select(node => new HeadSocket(node.Name, node.WebSocketUrl!.Value, wake, _time, new Random(), onChange));

    public void Dispose() => _nodes.ForEach(node => node.Dispose());

    private void Tell(ILogger logger, HeadSocketChange change)
    {
        if (change.Problem.Length == 0)
        {
            logger.LogInformation("Chain {Chain}: node {Node} tells of new heads", Name, change.Node);
        }
        else
        {
            logger.LogWarning("Chain {Chain}: node {Node} does not tell of new heads ({Problem}); it is polled", Name, change.Node, change.Problem);
        }
    }

    private static ReadQuorumOptions QuorumOf(ChainOptions options) => new()
    {
        Required = options.RequiredNodes,
        MaxLagBlocks = options.MaxLagBlocks,
        FinalityDepth = options.FinalityDepth == 0 ? null : options.FinalityDepth,
        Quarantine = options.LiarQuarantineSeconds == 0 ? null : TimeSpan.FromSeconds(options.LiarQuarantineSeconds),
    };

    /// <summary>Logs how the nodes change, until it is disposed; a liar with the evidence against it.</summary>
    private NodeWatch Watch(ILogger logger) => new(Quorum, change =>
    {
        var level = change.To switch { NodeStanding.Alive => LogLevel.Information, NodeStanding.Lying or NodeStanding.WrongChain => LogLevel.Error, _ => LogLevel.Warning };
        logger.Log(level, "Chain {Chain}: node {Node} was {From}, is {To}: {Reason}", Name, change.Node, change.From, change.To, change.Reason);
        if (change.To == NodeStanding.Lying && Quorum.Evidence.LastOrDefault(found => found.Node == change.Node) is { } evidence)
        {
            logger.LogError("Chain {Chain}: evidence against {Node}: {Evidence}", Name, change.Node, evidence);
        }
    });

    private sealed class NodeWatch : IDisposable
    {
        private readonly QuorumRpc _quorum;
        private readonly Action<NodeChange> _onChange;

        public NodeWatch(QuorumRpc quorum, Action<NodeChange> onChange)
        {
            _quorum = quorum;
            _onChange = onChange;
            quorum.NodeChanged += onChange;
        }

        public void Dispose() => _quorum.NodeChanged -= _onChange;
    }
}
