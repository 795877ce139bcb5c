using KeeperOracle.Chain.Rpc;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;

namespace KeeperOracle.Tests.Chain.Quorum;

public sealed class TransactionFanTests
{
    private static readonly byte[] Raw = [0x02, 0x01, 0x02];
    private readonly QuorumFixture _quorum = new();

    [Fact]
    public async Task Send_AllTakeIt_IsAcceptedAndEveryNodeHasIt()
    {
        Assert.Equal(SendOutcomeKind.Accepted, (await SendAsync()).Kind);
        Assert.All(_quorum.Nodes, node => Assert.Single(node.Sent));
    }

    [Fact]
    public async Task Send_OneTakesItAndFourRefuse_IsAccepted()
    {
        await _quorum.HeadAsync();
        _quorum.Nodes.Skip(1).ToList().ForEach(node => node.Refusal = "transaction underpriced");
        Assert.Equal(SendOutcomeKind.Accepted, (await SendAsync()).Kind);
    }

    [Fact]
    public async Task F38_OneKnowsItAlready_IsHeld()
    {
        await _quorum.HeadAsync();
        Array.ForEach(_quorum.Nodes, node => node.Failure = RpcFailure.Timeout);
        _quorum.Nodes[3].Failure = null;
        _quorum.Nodes[3].Refusal = "already known";
        Assert.True((await SendAsync()).IsHeld);
    }

    [Fact]
    public async Task F37_NobodyAnswers_IsUnknown()
    {
        await _quorum.HeadAsync();
        Array.ForEach(_quorum.Nodes, node => node.Failure = RpcFailure.Timeout);
        Assert.Equal(SendOutcomeKind.Unknown, (await SendAsync()).Kind);
    }

    [Theory]
    [InlineData(2, SendOutcomeKind.Unknown)]
    [InlineData(3, SendOutcomeKind.NonceTooLow)]
    public async Task F07_NonceTooLow_IsBelievedOfKNodesOnly(int saying, SendOutcomeKind expected)
    {
        await _quorum.HeadAsync();
        for (var i = 0; i < 5; i++)
        {
            (_quorum.Nodes[i].Refusal, _quorum.Nodes[i].Failure) = i < saying ? ("nonce too low", (RpcFailure?)null) : (null, RpcFailure.Timeout);
        }

        Assert.Equal(expected, (await SendAsync()).Kind);
    }

    [Fact]
    public async Task F09_NodeOfAnotherChain_GetsNothing()
    {
        _quorum.Nodes[2].ChainId = 1;
        Assert.Equal(SendOutcomeKind.Accepted, (await SendAsync()).Kind);
        Assert.Empty(_quorum.Nodes[2].Sent);
    }

    private async Task<SendOutcome> SendAsync() =>
        await _quorum.PassTimeAsync(_quorum.Eth.SendRawTransactionAsync(Raw, Keccak.Hash(Raw), CancellationToken.None));
}
