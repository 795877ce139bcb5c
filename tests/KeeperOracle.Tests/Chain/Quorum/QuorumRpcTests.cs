using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Quorum;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.Chain.Quorum;

/// <summary>What counts as an answer, with nodes in memory: nothing here waits for real time.</summary>
public sealed class QuorumRpcTests
{
    private static readonly string Transaction = Keccak.HashText("a transaction").ToString();

    [Theory]
    [InlineData(1, 2)]
    [InlineData(2, 4)]
    [InlineData(2, 5)]
    [InlineData(4, 3)]
    [InlineData(0, 1)]
    public void Create_NoMajorityOrMoreThanThereAre_IsRefused(int required, int nodes) =>
        Assert.Contains("no quorum", Assert.Throws<ArgumentException>(() => new QuorumFixture(required, nodes)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(2, 3)]
    [InlineData(3, 5)]
    [InlineData(5, 5)]
    public async Task Read_AllHonest_IsTheTruth(int required, int nodes)
    {
        var quorum = new QuorumFixture(required, nodes);
        Assert.Equal(quorum.TrueBalance(), await quorum.BalanceAsync());
        Assert.All(quorum.Rpc.Nodes, node => Assert.Equal(NodeStanding.Alive, node.Standing));
        Assert.Empty(quorum.Rpc.Evidence);
    }

    [Fact]
    public void Create_TwoNodesOfOneName_IsRefused()
    {
        var chain = new TrueChain();
        QuorumNode[] nodes = [new("a", new ScriptedNode("a", chain)), new("A", new ScriptedNode("A", chain))];
        Assert.Throws<ArgumentException>(() => new QuorumRpc(QuorumFixture.Id, nodes, new ReadQuorumOptions { Required = 2 }, TimeProvider.System));
    }

    [Theory]
    [InlineData(RpcFailure.Transport)] // F01
    [InlineData(RpcFailure.Timeout)] // F02
    [InlineData(RpcFailure.RateLimited)] // F04
    [InlineData(RpcFailure.MalformedReply)] // F05
    public async Task F01_F02_F04_F05_TwoOfFiveFail_TheOthersCarryAndTheTwoComeBack(RpcFailure failure)
    {
        var quorum = new QuorumFixture();
        (quorum.Nodes[0].Failure, quorum.Nodes[3].Failure) = (failure, failure);
        Assert.Equal(quorum.TrueBalance(), await quorum.BalanceAsync());
        Assert.Equal([NodeStanding.Down, NodeStanding.Alive, NodeStanding.Alive, NodeStanding.Down, NodeStanding.Alive], quorum.Rpc.Nodes.Select(node => node.Standing));
        (quorum.Nodes[0].Failure, quorum.Nodes[3].Failure) = (null, null);
        await quorum.HeadAsync();
        Assert.All(quorum.Rpc.Nodes, node => Assert.Equal(NodeStanding.Alive, node.Standing));
    }

    [Fact]
    public async Task F01_NodeRestsAfterItsFailures_KeepsTheFirstReason()
    {
        var quorum = new QuorumFixture();
        quorum.Nodes[0].Failure = RpcFailure.Transport;
        await quorum.HeadAsync();
        quorum.Nodes[0].Failure = RpcFailure.CircuitOpen;
        await quorum.HeadAsync();
        Assert.Equal((NodeStanding.Down, "Transport: scripted"), (quorum.Rpc.Nodes[0].Standing, quorum.Rpc.Nodes[0].Reason));
    }

    [Fact]
    public async Task F01_ThreeOfFiveFail_IsNoQuorumAtOnceNamingEach()
    {
        var quorum = new QuorumFixture();
        quorum.Nodes.Take(3).ToList().ForEach(node => node.Failure = RpcFailure.Transport);
        var problem = await QuorumFixture.NoQuorumAsync(() => quorum.BalanceAsync());
        Assert.All((string[])["alpha is down", "beta is down", "gamma is down", "delta", "epsilon", "3 of 5 must agree"], part => Assert.Contains(part, problem.Message, StringComparison.Ordinal));
        Assert.True(problem.IsTransient);
    }

    [Fact]
    public async Task F02_TwoHang_AreNotWaitedForAndAreDownAfterTheGrace()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        (quorum.Nodes[1].Hangs, quorum.Nodes[2].Hangs) = (true, true);

        // The clock stands still: an answer that waited for the slow ones would never come.
        Assert.Equal(quorum.TrueBalance(), await quorum.BalanceAsync());
        await quorum.UntilAsync(() => quorum.StandingOf(1) == NodeStanding.Down && quorum.StandingOf(2) == NodeStanding.Down);
    }

    [Fact]
    public async Task F02_ThreeHang_EndsAtTheDeadline()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        quorum.Nodes.Take(3).ToList().ForEach(node => node.Hangs = true);
        var question = quorum.BalanceAsync();
        Assert.False(question.IsCompleted);
        var problem = await QuorumFixture.NoQuorumAsync(() => quorum.PassTimeAsync(question));
        Assert.Contains("alpha is down (no answer in time)", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task F02_NodeHangsForEver_HasALimitedNumberOfQuestionsOpen()
    {
        var quorum = new QuorumFixture(with: options => options with { MaxOpenQuestions = 4 });
        await quorum.HeadAsync();
        quorum.Nodes[4].Hangs = true;
        var before = quorum.Nodes[4].Calls;
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(quorum.TrueBalance(), await quorum.BalanceAsync());
        }

        Assert.Equal(4, quorum.Nodes[4].Calls - before);
    }

    [Fact]
    public async Task F03_SlowNodeIsNeeded_IsWaitedFor()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        var gate = new TaskCompletionSource();
        quorum.Nodes[0].Gate = gate.Task;
        (quorum.Nodes[1].Failure, quorum.Nodes[2].Failure) = (RpcFailure.Transport, RpcFailure.Transport);
        var question = quorum.BalanceAsync();
        Assert.False(question.IsCompleted);
        gate.SetResult();
        Assert.Equal(quorum.TrueBalance(), await question);
    }

    [Fact]
    public async Task F03_SlowLiar_IsMarkedThoughNobodyWaitedForIt()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        var gate = new TaskCompletionSource();
        quorum.Nodes[0].Gate = gate.Task;
        quorum.Nodes[0].Lie = ScriptedNode.InConcert;
        Assert.Equal(quorum.TrueBalance(), await quorum.BalanceAsync());
        Assert.Equal(NodeStanding.Alive, quorum.StandingOf(0));
        gate.SetResult();
        await quorum.UntilAsync(() => quorum.StandingOf(0) == NodeStanding.Lying);
    }

    [Theory]
    [InlineData("eth_getBalance")]
    [InlineData("eth_call")]
    [InlineData("eth_getCode")]
    [InlineData("eth_getTransactionCount")]
    [InlineData("eth_getTransactionReceipt")]
    [InlineData("eth_getBlockByHash")]
    [InlineData("eth_getLogs")]
    public async Task F07_TwoLieInConcert_TheTruthCountsAndBothAreMarkedWithEvidence(string method)
    {
        var quorum = new QuorumFixture();
        quorum.Chain.Mine(Transaction);
        await quorum.HeadAsync();
        var block = quorum.Chain.Head.Hash;
        object?[] parameters = method switch
        {
            "eth_call" => [new Dictionary<string, object?> { ["data"] = "0x02" }, QuorumFixture.At(block)],
            "eth_getTransactionReceipt" => [Transaction],
            "eth_getBlockByHash" => [block.ToString(), false],
            "eth_getLogs" => [new Dictionary<string, object?> { ["blockHash"] = block.ToString() }],
            _ => ["0x01", QuorumFixture.At(block)],
        };
        JsonNode? Lie(string asked, JsonNode? honest) => asked != method ? honest?.DeepClone()
            : honest is JsonArray logs ? new JsonArray(ScriptedNode.InConcert(asked, logs[0]!.AsObject()), logs[0]!.DeepClone())
            : ScriptedNode.InConcert(asked, honest);
        var truth = await quorum.Rpc.SendAsync(method, CancellationToken.None, parameters);
        (quorum.Nodes[1].Lie, quorum.Nodes[4].Lie) = (Lie, Lie);

        Assert.Equal(truth.GetRawText(), (await quorum.Rpc.SendAsync(method, CancellationToken.None, parameters)).GetRawText());

        await quorum.UntilAsync(() => quorum.StandingOf(1) == NodeStanding.Lying && quorum.StandingOf(4) == NodeStanding.Lying);
        Assert.Equal(["beta", "epsilon"], quorum.Rpc.Evidence.Select(evidence => evidence.Node).Order(StringComparer.Ordinal));
        var found = quorum.Rpc.Evidence[0];
        Assert.Equal((method, block.ToString(), quorum.Time.GetUtcNow().Date), (found.Method, found.Block, found.At.Date));
        Assert.Equal(16, found.ParametersDigest.Length);
        Assert.NotEqual(found.AgreedDigest, found.ItsDigest);
        Assert.NotEqual(found.AgreedExcerpt, found.ItsExcerpt);
        Assert.True(found.AgreedBy.Count >= 3);
        Assert.DoesNotContain("beta", found.AgreedBy);
    }

    [Fact]
    public async Task F07_ThreeLieEachInItsOwnWay_IsNoQuorumWithTheDigests()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        for (var i = 0; i < 3; i++)
        {
            var lie = $"0x{i + 1}";
            quorum.Nodes[i].Lie = (_, _) => JsonValue.Create(lie);
        }

        var problem = await QuorumFixture.NoQuorumAsync(() => quorum.BalanceAsync());
        Assert.Matches("delta, epsilon said [0-9a-f]{16}", problem.Message);
        Assert.Matches("alpha said [0-9a-f]{16}", problem.Message);
        Assert.Empty(quorum.Rpc.Evidence);
    }

    [Fact]
    public async Task F07_BatchWithOneLie_IsComparedCallByCall()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        quorum.Nodes[0].Lie = (method, honest) => method == "eth_getCode" ? JsonValue.Create("0xbad0") : honest?.DeepClone();
        quorum.Nodes[1].Lie = (method, honest) => method == "eth_getBalance" ? JsonValue.Create("0x1") : honest?.DeepClone();
        var at = QuorumFixture.At(quorum.Chain.Head.Hash);
        var replies = await quorum.Rpc.SendBatchAsync(
            [new("eth_getBalance", ["0x01", at]), new("eth_getCode", ["0x01", at]), new("eth_call", [new Dictionary<string, object?> { ["data"] = "0xdead01" }, at])], CancellationToken.None);
        Assert.Equal(quorum.TrueBalance(), replies[0].Result.GetString());
        Assert.Equal(TrueChain.StateAt("eth_getCode", "0x01", quorum.Chain.Head.Hash), replies[1].Result.GetString());
        Assert.Equal([0xDE, 0xAD, 0x01], replies[2].Error!.RevertData.ToArray());
        await quorum.UntilAsync(() => quorum.StandingOf(0) == NodeStanding.Lying && quorum.StandingOf(1) == NodeStanding.Lying);
    }

    [Fact]
    public async Task F07_RevertHiddenOrInvented_IsALieLikeAnother()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        (quorum.Nodes[0].Lie, quorum.Nodes[1].Lie) = (ScriptedNode.InConcert, ScriptedNode.InConcert);
        var reverted = await Assert.ThrowsAsync<ContractRevertException>(() => quorum.Eth.CallAsync(default, default, [0xDE, 0xAD], quorum.Chain.Head.Hash, CancellationToken.None));
        Assert.NotNull(reverted);
        await quorum.UntilAsync(() => quorum.StandingOf(0) == NodeStanding.Lying && quorum.StandingOf(1) == NodeStanding.Lying);
    }

    [Fact]
    public async Task F07_Evidence_IsKeptUpToItsLimit()
    {
        var quorum = new QuorumFixture(with: options => options with { EvidenceKept = 2, Quarantine = TimeSpan.FromSeconds(1) });
        for (var i = 0; i < 4; i++)
        {
            await quorum.HeadAsync();
            quorum.Nodes[0].Lie = ScriptedNode.InConcert;
            await quorum.BalanceAsync();
            await quorum.UntilAsync(() => quorum.StandingOf(0) == NodeStanding.Lying);
            quorum.Nodes[0].Lie = null;
            quorum.Time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal((4L, 2), (quorum.Rpc.EvidenceFound, quorum.Rpc.Evidence.Count));
    }

    [Fact]
    public async Task F07_LiarWithoutQuarantine_HasNoVoteUntilAnOperatorResetsIt()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        quorum.Nodes[0].Lie = ScriptedNode.InConcert;
        await quorum.BalanceAsync();
        await quorum.UntilAsync(() => quorum.StandingOf(0) == NodeStanding.Lying);
        quorum.Nodes[0].Lie = null;
        quorum.Time.Advance(TimeSpan.FromDays(100));
        await quorum.HeadAsync();
        Assert.Equal(NodeStanding.Lying, quorum.StandingOf(0));
        Assert.False(quorum.Rpc.Reset("beta"));
        Assert.True(quorum.Rpc.Reset("ALPHA"));
        await quorum.HeadAsync();
        Assert.Equal(NodeStanding.Alive, quorum.StandingOf(0));
        Assert.Equal(
            [(NodeStanding.Down, NodeStanding.Alive), (NodeStanding.Alive, NodeStanding.Lying), (NodeStanding.Lying, NodeStanding.Down), (NodeStanding.Down, NodeStanding.Alive)],
            quorum.Changes.Where(change => change.Node == "alpha").Select(change => (change.From, change.To)));
    }

    [Fact]
    public async Task F08_HonestDownAndLiarsRemain_StaysKOfTheConfigured()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        (quorum.Nodes[0].Lie, quorum.Nodes[1].Lie) = (ScriptedNode.InConcert, ScriptedNode.InConcert);
        quorum.Nodes.Skip(2).ToList().ForEach(node => node.Failure = RpcFailure.Transport);
        await QuorumFixture.NoQuorumAsync(() => quorum.BalanceAsync());
        await QuorumFixture.NoQuorumAsync(quorum.HeadAsync);
        await QuorumFixture.NoQuorumAsync(() => quorum.BalanceAsync());
    }

    [Fact]
    public async Task F06_UnknownBlockAtANode_IsNoVoteAndNoLie()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        quorum.Nodes[0].Lag = quorum.Nodes[1].Lag = 2;
        quorum.Chain.Grow(2);
        Assert.Equal(quorum.TrueBalance(), await quorum.BalanceAsync());
        Assert.Equal(quorum.Chain.Head, (await quorum.Eth.GetBlockByHashAsync(quorum.Chain.Head.Hash, CancellationToken.None))!.Value.Ref);
        quorum.Nodes[2].Failure = RpcFailure.Timeout;
        await QuorumFixture.NoQuorumAsync(() => quorum.BalanceAsync());
        Assert.Empty(quorum.Rpc.Evidence);
    }

    [Fact]
    public async Task Read_BlockThatNobodyKnows_IsTheNodesOwnRefusal()
    {
        var quorum = new QuorumFixture();
        var nowhere = Keccak.HashText("nowhere");
        Assert.Null(await quorum.Eth.GetBlockByHashAsync(nowhere, CancellationToken.None));
        var problem = await Assert.ThrowsAsync<RpcException>(() => quorum.Eth.GetBalanceAsync(default, nowhere, CancellationToken.None));
        Assert.Equal((RpcFailure.ErrorReply, "header not found"), (problem.Kind, problem.Problem));
    }

    [Fact]
    public async Task Read_AtLatest_IsPinnedToTheAgreedHead()
    {
        var quorum = new QuorumFixture();
        quorum.Nodes[0].Lag = quorum.Nodes[1].Lag = quorum.Nodes[2].Lag = 1;
        var agreed = quorum.Chain.At(quorum.Chain.Head.Number - 1);
        var nonce = await quorum.Eth.GetTransactionCountAsync(default, CancellationToken.None);
        Assert.Equal(Convert.ToUInt64(TrueChain.StateAt("eth_getTransactionCount", "", agreed.Hash), 16), nonce);
        Assert.NotEqual(BigInteger.Zero, await quorum.Eth.GetBalanceAsync(default, null, CancellationToken.None));
        Assert.NotEqual(0UL, await quorum.Eth.EstimateGasAsync(default, null, [], 0, CancellationToken.None));
        Assert.Equal(8, (await quorum.Eth.SuggestFeesAsync(4, 50, CancellationToken.None)).BaseFeePerGas);
    }

    [Fact]
    public async Task F43_ReadAtPending_IsABug()
    {
        var quorum = new QuorumFixture();
        await Assert.ThrowsAsync<NotSupportedException>(() => quorum.Rpc.SendAsync("eth_getTransactionCount", CancellationToken.None, "0x01", "pending"));
        await Assert.ThrowsAsync<NotSupportedException>(() => quorum.Rpc.SendAsync("eth_sendTransaction", CancellationToken.None));
    }

    [Fact]
    public async Task F09_NodeOfAnotherChain_NeverVotesUntilItsIdIsRight()
    {
        var quorum = new QuorumFixture();
        quorum.Nodes[0].ChainId = 1;
        await quorum.HeadAsync();
        Assert.Equal(NodeStanding.WrongChain, quorum.StandingOf(0));
        quorum.Nodes[1].Failure = quorum.Nodes[2].Failure = RpcFailure.Transport;
        await QuorumFixture.NoQuorumAsync(() => quorum.BalanceAsync());
        quorum.Nodes[0].ChainId = 31337;
        Assert.Equal(quorum.TrueBalance(), await quorum.BalanceAsync());
        Assert.Equal(NodeStanding.Alive, quorum.StandingOf(0));
    }

    [Fact]
    public async Task F09_NodeComesBackAsAnotherChain_IsRefusedAtTheNextHead()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        quorum.Nodes[4].ChainId = 5;
        await quorum.HeadAsync();
        await quorum.UntilAsync(() => quorum.StandingOf(4) == NodeStanding.WrongChain);
        Assert.Contains(quorum.Changes, change => change is { Node: "epsilon", From: NodeStanding.Alive, To: NodeStanding.WrongChain, Reason: "it is on chain 5, not 31337" });
    }

    [Fact]
    public async Task F09_AllOnAnotherChain_SaySoTogether()
    {
        var quorum = new QuorumFixture();
        Array.ForEach(quorum.Nodes, node => node.ChainId = 1);
        Assert.Equal(new ChainId(1), await quorum.Eth.GetChainIdAsync(CancellationToken.None));
        await QuorumFixture.NoQuorumAsync(quorum.HeadAsync);
    }

    [Fact]
    public async Task Receipt_NotAtEnoughNodesYet_IsNoneOrNoQuorumAndNeverALie()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        quorum.Chain.Grow(1);
        quorum.Chain.Mine(Transaction);
        quorum.Nodes[0].Lag = quorum.Nodes[1].Lag = quorum.Nodes[2].Lag = 1;
        Assert.Null(await quorum.Eth.GetTransactionReceiptAsync(Hash32.FromHex(Transaction), CancellationToken.None));
        quorum.Nodes[2].Failure = RpcFailure.Transport;
        await QuorumFixture.NoQuorumAsync(() => quorum.Eth.GetTransactionReceiptAsync(Hash32.FromHex(Transaction), CancellationToken.None));
        Assert.Empty(quorum.Rpc.Evidence);
    }

    [Fact]
    public async Task TransactionByHash_InABlockForSomeAndWaitingForOthers_IsKnownAndWaits()
    {
        var quorum = new QuorumFixture();
        await quorum.HeadAsync();
        quorum.Chain.Grow(1);
        quorum.Chain.Mine(Transaction);
        quorum.Nodes[0].Lag = quorum.Nodes[1].Lag = 1;
        quorum.Nodes[2].Lie = (_, _) => null;
        var known = await quorum.Eth.GetTransactionByHashAsync(Hash32.FromHex(Transaction), CancellationToken.None);
        Assert.True(known!.IsPending);
        quorum.Nodes[3].Lie = quorum.Nodes[4].Lie = (_, _) => null;
        Assert.Null(await quorum.Eth.GetTransactionByHashAsync(Hash32.FromHex(Transaction), CancellationToken.None));
    }

    [Fact]
    public async Task Estimate_WithinAFifth_IsTheLargestOfKAndALiarIsOutvoted()
    {
        var quorum = new QuorumFixture();
        for (var i = 0; i < 5; i++)
        {
            var gas = (string[])["0x1", "0xffffffff", "0x5208", "0x5300", "0x5400"];
            var mine = gas[i];
            quorum.Nodes[i].Lie = (method, honest) => method == "eth_estimateGas" ? JsonValue.Create(mine) : honest?.DeepClone();
        }

        Assert.Equal(0x5400UL, await quorum.Eth.EstimateGasAsync(default, null, [], 0, CancellationToken.None));
        quorum.Nodes[3].Failure = RpcFailure.Transport;
        await QuorumFixture.NoQuorumAsync(() => quorum.Eth.EstimateGasAsync(default, null, [], 0, CancellationToken.None));
    }

    [Theory]
    [InlineData("0x5208", "0x05208")]
    [InlineData("0xAB", "0xab")]
    public async Task Read_SameQuantityWrittenInTwoWays_IsTheSame(string one, string other)
    {
        var quorum = new QuorumFixture(2, 2);
        await quorum.HeadAsync();
        quorum.Nodes[0].Lie = (_, _) => JsonValue.Create(one);
        quorum.Nodes[1].Lie = (_, _) => JsonValue.Create(other);
        Assert.Equal(one.ToLowerInvariant(), await quorum.BalanceAsync());
    }
}
