using KeeperOracle.Host.Sending;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Host.Sending;

/// <summary>On a live anvil, which counts what lies 64 blocks under its head as final.</summary>
public sealed class NodeSendingChainTests
{
    [Fact]
    public async Task Finalized_MarkHasPassedTheHeadThatIsLookedAt_IsByDepthUnderThatHead()
    {
        await using var anvil = await AnvilNode.StartAsync();
        await anvil.Rpc.SendAsync("anvil_mine", CancellationToken.None, "0x64");
        var node = new NodeSendingChain(anvil.Eth, 10, TimeProvider.System);

        Assert.Equal(36UL, await node.FinalizedAsync(await BlockAsync(anvil, 100), CancellationToken.None));
        Assert.Equal(36UL, await node.FinalizedAsync(await BlockAsync(anvil, 36), CancellationToken.None));
        Assert.Equal(25UL, await node.FinalizedAsync(await BlockAsync(anvil, 35), CancellationToken.None));
        Assert.Equal(0UL, await node.FinalizedAsync(await BlockAsync(anvil, 9), CancellationToken.None));
    }

    private static async Task<BlockRef> BlockAsync(AnvilNode anvil, ulong height) =>
        (await anvil.Eth.GetBlocksByNumberAsync([height], CancellationToken.None))[0]!.Value.Ref;
}
