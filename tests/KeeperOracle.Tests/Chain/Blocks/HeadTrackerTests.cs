using KeeperOracle.Chain.Blocks;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.Primitives;
using KeeperOracle.Tests.EndToEnd;
using Microsoft.Extensions.Time.Testing;

namespace KeeperOracle.Tests.Chain.Blocks;

public sealed class HeadTrackerTests
{
    private static readonly ChainId Expected = new(31337);
    private readonly ScriptedChain _chain = new();
    private readonly List<RpcException> _problems = [];

    [Fact]
    public async Task Follow_NodeOfAnotherChain_RefusesWithBothIds()
    {
        _chain.ChainId = 1;
        await using var heads = Follow(_chain);
        var problem = await Assert.ThrowsAsync<WrongChainException>(async () => await heads.MoveNextAsync());
        Assert.Equal((Expected, new ChainId(1)), (problem.Expected, problem.Actual));
    }

    [Fact]
    public async Task Follow_NodeComesBackAsAnotherChain_Refuses()
    {
        await using var heads = Follow(_chain);
        await NextAsync(heads);
        _chain.FailuresToCome = 1;
        _chain.ChainId = 5;
        await Assert.ThrowsAsync<WrongChainException>(async () => await heads.MoveNextAsync());
    }

    [Fact]
    public async Task Follow_NodeFails_TellsAndGoesOn()
    {
        _chain.FailuresToCome = 3;
        await using var heads = Follow(_chain);
        Assert.Equal(_chain.Head, (await NextAsync(heads)).Head);
        Assert.Equal(3, _problems.Count);
    }

    [Fact]
    public async Task Follow_Cancelled_Ends()
    {
        using var cancel = new CancellationTokenSource();
        await using var heads = new HeadTracker(_chain, Expected, TimeSpan.FromMilliseconds(1), TimeProvider.System).FollowAsync(cancel.Token).GetAsyncEnumerator();
        await heads.MoveNextAsync();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await heads.MoveNextAsync());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(HeadTracker.Lookback)]
    [InlineData(HeadTracker.Lookback + 1)]
    [InlineData(1000)]
    public async Task Follow_ChainGrows_IsNoReorgHoweverManyHeightsAreSkipped(int blocks)
    {
        await using var heads = Follow(_chain);
        Assert.Equal(new HeadEvent(_chain.Head, false, 0), await NextAsync(heads));
        _chain.Grow(blocks);
        Assert.Equal(new HeadEvent(_chain.Head, false, 0), await NextAsync(heads));
    }

    [Theory]
    [InlineData(1, 1)] // same height, another block
    [InlineData(1, 2)]
    [InlineData(7, 3)] // backwards
    [InlineData(7, 50)]
    [InlineData(20, 21)]
    public async Task Follow_BlocksReplaced_IsAReorgOfThatDepth(int dropped, int mined)
    {
        await using var heads = Follow(_chain);
        for (var i = 0; i < 10; i++)
        {
            await NextAsync(heads);
            _chain.Grow(3);
        }

        await NextAsync(heads);
        _chain.Replace(dropped, mined);
        Assert.Equal(new HeadEvent(_chain.Head, true, dropped), await NextAsync(heads));
        _chain.Grow(1);
        Assert.Equal(new HeadEvent(_chain.Head, false, 0), await NextAsync(heads));
    }

    [Fact]
    public async Task Follow_HeadRolledBack_IsAReorg()
    {
        _chain.Grow(5);
        await using var heads = Follow(_chain);
        await NextAsync(heads);
        _chain.Grow(2);
        await NextAsync(heads);
        _chain.Replace(2, 0);
        Assert.Equal(new HeadEvent(_chain.Head, true, 2), await NextAsync(heads));
    }

    [Theory]
    [InlineData(20, 25)] // below everything that was seen
    [InlineData(20, 5)]
    [InlineData(20, 500)] // and further than is walked
    public async Task Follow_ReplacedDeeperThanSeen_IsAReorgOfUnknownDepth(int dropped, int mined)
    {
        _chain.Grow(30);
        await using var heads = Follow(_chain);
        await NextAsync(heads);
        _chain.Replace(dropped, mined);
        Assert.Equal(new HeadEvent(_chain.Head, true, null), await NextAsync(heads));
    }

    [Fact]
    public async Task Follow_Woken_LooksBeforeItsTime()
    {
        var wake = new WakeSignal();
        await using var heads = FollowAtWill(wake, new FakeTimeProvider());
        await NextAsync(heads);
        for (var i = 0; i < 5; i++)
        {
            _chain.Grow(1);
            wake.Set();
            wake.Set();
            Assert.Equal(_chain.Head, (await NextAsync(heads)).Head);
        }
    }

    [Fact]
    public async Task Follow_WokenWithoutEnd_LooksOnlySoOftenBetweenTwoHeads()
    {
        var (wake, time) = (new WakeSignal(), new FakeTimeProvider());
        await using var heads = FollowAtWill(wake, time);
        for (var i = 0; i < 3; i++)
        {
            await NextAsync(heads);
            var looks = _chain.Looks;
            var next = heads.MoveNextAsync().AsTask();
            await Until.TrueAsync(
                () =>
                {
                    Enumerable.Range(0, 100).ToList().ForEach(_ => wake.Set());
                    return _chain.Looks == looks + HeadTracker.FruitlessWakes;
                },
                "the wakes are used up");
            Assert.False(next.IsCompleted);

            // Polling goes on behind.
            _chain.Grow(1);
            await Until.TrueAsync(
                () =>
                {
                    time.Advance(TimeSpan.FromDays(1));
                    return next.IsCompleted;
                },
                "it is polled");
            Assert.True(await next);
            Assert.Equal(looks + HeadTracker.FruitlessWakes + 1, _chain.Looks);
            Assert.Equal(_chain.Head, heads.Current.Head);
            _chain.Grow(1);
            wake.Set();
        }
    }

    [Fact]
    public async Task Follow_WokenWhileTheNodeFails_TellsAndGoesOn()
    {
        var wake = new WakeSignal();
        await using var heads = FollowAtWill(wake, new FakeTimeProvider());
        await NextAsync(heads);
        _chain.Grow(1);
        _chain.FailuresToCome = 1;
        wake.Set();
        var next = heads.MoveNextAsync().AsTask();
        await Until.TrueAsync(() => _problems.Count == 1, "the failure is told");
        wake.Set();
        Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.Equal(_chain.Head, heads.Current.Head);
    }

    [Fact]
    public async Task Follow_LiveAnvil_SeesGrowthReorgAndRollback()
    {
        await using var anvil = await AnvilNode.StartAsync();
        await using var heads = Follow(anvil.Rpc);
        Assert.Equal(0UL, (await NextAsync(heads)).Head.Number);
        await anvil.MineAsync(5);
        var grown = await NextAsync(heads);
        Assert.Equal((5UL, false), (grown.Head.Number, grown.Reorg));
        await anvil.ReorgAsync(3);
        var reorg = await NextAsync(heads);
        Assert.Equal((5UL, true, (int?)3), (reorg.Head.Number, reorg.Reorg, reorg.ReorgDepth));
        await anvil.SendAsync("anvil_rollback", 2);
        var back = await NextAsync(heads);
        Assert.Equal((3UL, true, (int?)2), (back.Head.Number, back.Reorg, back.ReorgDepth));
        Assert.Empty(_problems);
    }

    /// <summary>Polls once a day of this clock, and else only when it is woken.</summary>
    private IAsyncEnumerator<HeadEvent> FollowAtWill(WakeSignal wake, FakeTimeProvider time) =>
        new HeadTracker(_chain, Expected, TimeSpan.FromDays(1), time, _problems.Add, wake).FollowAsync(CancellationToken.None).GetAsyncEnumerator();

    private IAsyncEnumerator<HeadEvent> Follow(IRpc rpc) =>
        new HeadTracker(rpc, Expected, TimeSpan.FromMilliseconds(1), TimeProvider.System, _problems.Add).FollowAsync(CancellationToken.None).GetAsyncEnumerator();

    private static async Task<HeadEvent> NextAsync(IAsyncEnumerator<HeadEvent> heads)
    {
        Assert.True(await heads.MoveNextAsync());
        return heads.Current;
    }
}
