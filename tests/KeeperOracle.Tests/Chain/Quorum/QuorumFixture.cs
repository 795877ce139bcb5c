using KeeperOracle.Chain.Quorum;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;
using Microsoft.Extensions.Time.Testing;

namespace KeeperOracle.Tests.Chain.Quorum;

/// <summary>k of n scripted nodes over one true chain, on a clock that stands still until it is told.</summary>
internal sealed class QuorumFixture
{
    public static readonly ChainId Id = new(31337);
    private static readonly string[] Names = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta"];

    public QuorumFixture(int required = 3, int nodes = 5, Func<ReadQuorumOptions, ReadQuorumOptions>? with = null)
    {
        Nodes = [.. Names.Take(nodes).Select(name => new ScriptedNode(name, Chain))];
        var options = new ReadQuorumOptions { Required = required };
        Rpc = new QuorumRpc(Id, [.. Nodes.Select(node => new QuorumNode(node.Name, node))], with?.Invoke(options) ?? options, Time);
        Rpc.NodeChanged += change =>
        {
            lock (Changes)
            {
                Changes.Add(change);
            }
        };
        Eth = new EthApi(Rpc);
    }

    public TrueChain Chain { get; } = new();

    public ScriptedNode[] Nodes { get; }

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UnixEpoch.AddYears(60));

    public QuorumRpc Rpc { get; }

    public EthApi Eth { get; }

    public List<NodeChange> Changes { get; } = [];

    public Task<BlockHeader> HeadAsync() => Eth.GetLatestBlockAsync(CancellationToken.None);

    /// <summary>A balance at the true head, as hexadecimal text.</summary>
    public async Task<string> BalanceAsync(string of = "0x01") =>
        (await Rpc.SendAsync("eth_getBalance", CancellationToken.None, of, At(Chain.Head.Hash))).GetString()!;

    public string TrueBalance(string of = "0x01") => TrueChain.StateAt("eth_getBalance", of, Chain.Head.Hash);

    public static Dictionary<string, object?> At(Hash32 block) => new() { ["blockHash"] = block.ToString(), ["requireCanonical"] = true };

    public NodeStanding StandingOf(int node) => Rpc.Nodes[node].Standing;

    public static async Task<RpcException> NoQuorumAsync(Func<Task> question)
    {
        var problem = await Assert.ThrowsAsync<RpcException>(question);
        Assert.Equal(RpcFailure.NoQuorum, problem.Kind);
        return problem;
    }

    /// <summary>Moves the clock in small steps until the task has ended; ends also where it never would.</summary>
    public async Task<T> PassTimeAsync<T>(Task<T> until)
    {
        for (var i = 0; i < 2000 && !until.IsCompleted; i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Yield();
        }

        return await until.WaitAsync(TimeSpan.FromSeconds(60));
    }

    /// <summary>Moves the clock in small steps until the condition holds, within a generous limit of steps.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 5000 && !condition(); i++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Delay(1);
        }

        Assert.True(condition());
    }
}
