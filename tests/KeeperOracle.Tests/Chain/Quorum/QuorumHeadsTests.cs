using System.Text.Json.Nodes;
using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Quorum;
using KeeperOracle.Chain.Rpc;

namespace KeeperOracle.Tests.Chain.Quorum;

public sealed class QuorumHeadsTests
{
    [Theory]
    [InlineData(0, 0, 0, 0, 0, 0)]
    [InlineData(0, 0, 0, 1, 1, 0)]
    [InlineData(0, 0, 1, 1, 1, 1)]
    [InlineData(0, 1, 2, 3, 4, 2)]
    [InlineData(0, 0, 3, 3, 9, 3)]
    [InlineData(0, 0, 9, 9, 9, 9)]
    public async Task Latest_NodesAtSeveralHeights_IsTheHighestThatKKnow(int a, int b, int c, int d, int e, int expectedLag)
    {
        var quorum = new QuorumFixture();
        (quorum.Nodes[0].Lag, quorum.Nodes[1].Lag, quorum.Nodes[2].Lag, quorum.Nodes[3].Lag, quorum.Nodes[4].Lag) = (d, a, e, b, c);
        Assert.Equal(quorum.Chain.At(quorum.Chain.Head.Number - (ulong)expectedLag), (await quorum.PassTimeAsync(quorum.HeadAsync())).Ref);
        Assert.Equal($"0x{quorum.Chain.Head.Number - (ulong)expectedLag:x}", (await quorum.PassTimeAsync(quorum.Rpc.SendAsync("eth_blockNumber", CancellationToken.None))).GetString());
    }

    [Theory]
    [InlineData(3, NodeStanding.Alive)]
    [InlineData(4, NodeStanding.Lagging)]
    public async Task F06_NodeLagsBehind_LeavesTheQuorumUntilItHasCaughtUp(int lag, NodeStanding expected)
    {
        var quorum = new QuorumFixture();
        quorum.Nodes[0].Lag = lag;
        await quorum.HeadAsync();
        await quorum.UntilAsync(() => quorum.StandingOf(0) == expected);
        quorum.Nodes[0].Lag = 0;
        await quorum.HeadAsync();
        await quorum.UntilAsync(() => quorum.StandingOf(0) == NodeStanding.Alive);
    }

    [Fact]
    public async Task F06_FreshNodesFallAwayAndLaggingOnesRemain_IsNoQuorumAndNoOldHead()
    {
        var quorum = new QuorumFixture();
        (quorum.Nodes[0].Lag, quorum.Nodes[1].Lag) = (10, 10);
        Assert.Equal(quorum.Chain.Head, (await quorum.HeadAsync()).Ref);
        quorum.Nodes[4].Failure = RpcFailure.Transport;
        await QuorumFixture.NoQuorumAsync(() => quorum.PassTimeAsync(quorum.HeadAsync()));
        await QuorumFixture.NoQuorumAsync(() => quorum.PassTimeAsync(quorum.BalanceAsync()));
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(3, 1)]
    [InlineData(18, 0)]
    [InlineData(18, 40)]
    public async Task F15_ChainGoesBack_IsFollowedAndAReorgForTheTracker(int dropped, int mined)
    {
        var quorum = new QuorumFixture(required: 2, nodes: 3);
        await using var heads = new HeadTracker(quorum.Rpc, QuorumFixture.Id, TimeSpan.FromMilliseconds(1), TimeProvider.System).FollowAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await heads.MoveNextAsync());
        quorum.Chain.Replace(dropped, mined);
        Assert.True(await heads.MoveNextAsync());
        Assert.Equal((quorum.Chain.Head, true), (heads.Current.Head, heads.Current.Reorg));
        Assert.Empty(quorum.Rpc.Evidence);
    }

    [Fact]
    public async Task F15_OneNodeGoesBackAlone_OnlyLags()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        quorum.Nodes[2].Lag = 12;
        Assert.Equal(quorum.Chain.Head, (await quorum.HeadAsync()).Ref);
        await quorum.UntilAsync(() => quorum.StandingOf(2) == NodeStanding.Lagging);
    }

    [Fact]
    public async Task F07_TwoClaimAFarHead_ChangeNothing()
    {
        var quorum = new QuorumFixture();
        foreach (var node in quorum.Nodes.Take(2))
        {
            node.Lie = (method, honest) =>
            {
                var block = honest!.DeepClone();
                if (method == "eth_getBlockByNumber")
                {
                    block["number"] = "0xffffff";
                    block["hash"] = "0x" + new string('a', 64);
                }

                return block;
            };
        }

        (quorum.Nodes[2].Lag, quorum.Nodes[3].Lag) = (1, 2);
        Assert.Equal(quorum.Chain.Head.Number - 2, (await quorum.PassTimeAsync(quorum.HeadAsync())).Ref.Number);
    }

    [Fact]
    public async Task F07_HeadWithAFalseTimestamp_IsALie()
    {
        var quorum = new QuorumFixture();
        quorum.Nodes[0].Lie = quorum.Nodes[1].Lie = ScriptedNode.InConcert;
        Assert.Equal(quorum.Chain.Head, (await quorum.HeadAsync()).Ref);
        await quorum.UntilAsync(() => quorum.StandingOf(0) == NodeStanding.Lying && quorum.StandingOf(1) == NodeStanding.Lying);
    }

    [Fact]
    public async Task Latest_TwoForksAtTheTip_IsTheBlockUnderThem()
    {
        var quorum = new QuorumFixture(required: 3, nodes: 4);
        var head = quorum.Chain.Head;
        foreach (var node in quorum.Nodes.Take(2))
        {
            node.Lie = (method, honest) => OtherTip(method, honest, head.Number);
        }

        Assert.Equal(quorum.Chain.At(head.Number - 1), (await quorum.PassTimeAsync(quorum.HeadAsync())).Ref);
        Assert.Empty(quorum.Rpc.Evidence);
        Assert.All(quorum.Rpc.Nodes, node => Assert.Equal(NodeStanding.Alive, node.Standing));
    }

    [Fact]
    public async Task Finalized_ByTags_IsWhatKNodesHoldForFinal()
    {
        var quorum = new QuorumFixture();
        (quorum.Nodes[0].Lag, quorum.Nodes[1].Lag) = (2, 1);
        await quorum.HeadAsync();
        Assert.Equal(quorum.Chain.Head.Number - 8, (await quorum.PassTimeAsync(quorum.Eth.GetBlockByTagAsync("finalized", CancellationToken.None)))!.Value.Ref.Number);
        (quorum.Nodes[2].Lag, quorum.Nodes[3].Lag) = (3, 3);
        Assert.Equal(quorum.Chain.Head.Number - 8 - 2, (await quorum.PassTimeAsync(quorum.Eth.GetBlockByTagAsync("finalized", CancellationToken.None)))!.Value.Ref.Number);
    }

    [Fact]
    public async Task Finalized_NoSuchTagOnTheChain_IsNullOrByDepth()
    {
        var tags = new QuorumFixture();
        Array.ForEach(tags.Nodes, node => node.Lie = (method, honest) => honest is JsonObject block && block["number"]!.GetValue<string>() != $"0x{tags.Chain.Head.Number:x}" ? null : honest?.DeepClone());
        Assert.Null(await tags.Eth.GetBlockByTagAsync("finalized", CancellationToken.None));
        var depth = new QuorumFixture(with: options => options with { FinalityDepth = 5 });
        Assert.Equal(depth.Chain.At(depth.Chain.Head.Number - 5), (await depth.Eth.GetBlockByTagAsync("finalized", CancellationToken.None))!.Value.Ref);
        Assert.Equal(depth.Chain.At(depth.Chain.Head.Number - 5), (await depth.Eth.GetBlockByTagAsync("safe", CancellationToken.None))!.Value.Ref);
    }

    private static JsonNode? OtherTip(string method, JsonNode? honest, ulong tip)
    {
        var block = honest?.DeepClone();
        if (method == "eth_getBlockByNumber" && block is JsonObject && block["number"]!.GetValue<string>() == $"0x{tip:x}")
        {
            block["hash"] = "0x" + new string('b', 64);
        }

        return block;
    }
}
