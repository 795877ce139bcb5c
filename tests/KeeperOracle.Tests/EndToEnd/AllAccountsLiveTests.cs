using System.Text.Json;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.MarginOracle.Snapshots;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The lens and the calls it stands for, over the real contracts.</summary>
[Collection(EndToEndCollections.World)]
public sealed class AllAccountsLiveTests(ProtocolWorld world)
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>More than one page of the lens.</summary>
    private const int Crowded = 260;

    [Fact]
    public async Task Lens_ManyAccounts_GivesWhatTheCallsGive()
    {
        await world.ResetAsync();
        await new Crowd(world.Chain, world.Deployment).OpenAsync(first: 0, Crowded, weth: 1, appetite: 0.5, None);
        var (block, peers) = await PeersAsync();
        var accounts = new AllAccounts(world.Reader, world.Deployment.Addresses);
        var count = ProtocolWorld.AccountCount + Crowded;
        AssertSame(await accounts.ByCallsAsync(block, peers, count, None), await accounts.ByLensAsync(block, peers, count, 2, None));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lens_NodeThatCarriesNoCode_IsReadByCallsAndNotAskedAgain(bool saysSo)
    {
        await world.ResetAsync();
        var (block, peers) = await PeersAsync();
        var node = new CarriesNothing(world.Chain.Rpc, saysSo);
        var accounts = new AllAccounts(new ChainReader(node, world.Deployment.Addresses.Multicall3), world.Deployment.Addresses);
        var first = await accounts.ReadAsync(block, peers, ProtocolWorld.AccountCount, 2, None);
        Assert.Equal(1, node.Asked);
        AssertSame(first, await accounts.ReadAsync(block, peers, ProtocolWorld.AccountCount, 2, None));
        Assert.Equal(1, node.Asked);
        AssertSame(first, await new AllAccounts(world.Reader, world.Deployment.Addresses).ByLensAsync(block, peers, ProtocolWorld.AccountCount, 2, None));
    }

    [Fact]
    public async Task Lens_AnotherNumberOfAccounts_IsRefused()
    {
        await world.ResetAsync();
        var (block, peers) = await PeersAsync();
        var accounts = new AllAccounts(world.Reader, world.Deployment.Addresses);
        await Assert.ThrowsAsync<KeeperOracle.Chain.Abi.AbiException>(() => accounts.ByLensAsync(block, peers, ProtocolWorld.AccountCount - 1, 2, None));
    }

    private static void AssertSame(IReadOnlyList<SeenAccount> expected, IReadOnlyList<SeenAccount> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.All(expected.Zip(actual), pair => Assert.True(pair.First.Account.IsSameAs(pair.Second.Account) && pair.First.Moves == pair.Second.Moves));
    }

    private async Task<(BlockRef Block, VaultPeers Peers)> PeersAsync()
    {
        var block = (await world.Chain.Eth.GetLatestBlockAsync(None)).Ref;
        var vault = world.Deployment.Addresses.MarginVault;
        return (block, new VaultPeers(
            world.Deployment.Stable,
            await world.Reader.ReadAsync(new MarginVault.GuardianFunction(), vault, block.Hash, None),
            await world.Reader.ReadAsync(new MarginVault.OptionBookFunction(), vault, block.Hash, None),
            await world.Reader.ReadAsync(new MarginVault.MarginHubFunction(), vault, block.Hash, None)));
    }

    /// <summary>A node without state overrides: some say that there are too many parameters, others overlook the third.</summary>
    private sealed class CarriesNothing(IRpc node, bool saysSo) : IRpc
    {
        public int Asked { get; private set; }

        public Task<JsonElement> SendAsync(string method, CancellationToken ct, params object?[] parameters) => node.SendAsync(method, ct, parameters);

        public Task<IReadOnlyList<RpcReply>> SendBatchAsync(IReadOnlyList<RpcRequest> requests, CancellationToken ct)
        {
            if (requests.All(request => request.Parameters.Count < 3))
            {
                return node.SendBatchAsync(requests, ct);
            }

            Asked++;
            var refusal = new RpcException(RpcFailure.ErrorReply, "node", "too many arguments, want at most 2", -32602);
            return saysSo
                ? Task.FromResult<IReadOnlyList<RpcReply>>([.. requests.Select(_ => new RpcReply(default, refusal))])
                : node.SendBatchAsync([.. requests.Select(request => request with { Parameters = [.. request.Parameters.Take(2)] })], ct);
        }
    }
}
