using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>A chain that stands still, whose sequencer was away, or whose clock jumps: nobody is liquidated by it.</summary>
[Collection(EndToEndCollections.World)]
public sealed class ChainTimeFaultTests(ProtocolWorld world)
{
    private const ulong Hour = ProtocolWorld.Hour;

    [Fact]
    public async Task F16_ChainHalts_NothingIsSentAndAfterwardsNothingByOldPrices()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, "approve/");

        // The prices that would liquidate two accounts are in the pool when the chain stops.
        await world.SendAsync("evm_setAutomine", false);
        foreach (var asset in world.Deployment.Assets)
        {
            foreach (var feed in asset.Feeds)
            {
                await world.PoolAsync(world.Chain.Accounts[0], feed, new MockFeed.PushFunction(asset.Answer(asset.Symbol == "WETH" ? 2200 : 44000)));
            }
        }

        var intents = folder.Intents().Count;
        await Task.Delay(TimeSpan.FromSeconds(2)); // twenty polls
        Assert.Equal(intents, folder.Intents().Count);
        Assert.DoesNotContain(folder.Decisions(), decision => decision.Verdict is Act { Action: Liquidate });
        Assert.False(keeper.HasExited);

        // It goes on three hours later, and the prices are as old: nobody is liquidated, whatever the clock has run meanwhile.
        await world.SendAsync("anvil_dropAllTransactions");
        await world.MineAtAsync(ProtocolWorld.Start + (3 * Hour));
        await Until.TrueAsync(
            () => keeper.HasExited || folder.Decisions().Any(decision => decision.Verdict is Refuse { Refusal.Code: RefusalCode.PriceUnavailable }),
            "the old prices are refused",
            () => keeper.Errors);
        Assert.Equal(intents, folder.Intents().Count);

        // With prices of now it works again.
        await world.SendAsync("evm_setAutomine", true);
        await world.SetPricesAsync(2200, 44000, ProtocolWorld.Start + (3 * Hour) + 60);
        await folder.SettledAsync(keeper, "liquidate/");
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);
    }

    [Fact]
    public async Task F17_SequencerDownThenUpWithABacklog_NoLiquidationThroughTheGraceAndNoOldAttestation()
    {
        await world.ResetAsync();
        // Any feed that says 0 is a sequencer that is up.
        var sequencer = world.Deployment.Assets[0].Fallback;
        await world.MineAtAsync(await world.NowAsync() + ProtocolWorld.ReportInterval + 1);
        await world.PushFeedAsync(sequencer, 0);
        var hub = world.Deployment.Addresses.OracleHub;
        await world.Chain.SendAsync(world.Chain.Accounts[0], hub, new OracleHub.SetSequencerFeedFunction(sequencer), CancellationToken.None);
        var grace = (ulong)await ReadAsync(new OracleHub.GracePeriodFunction());
        var up = await world.NowAsync();
        await PricesAsync(up + grace + 10);
        var before = await world.SnapshotAsync();
        Assert.All(Judged.Verdicts(before), verdict => Assert.IsType<Act>(verdict));
        var attested = world.SignByThree(await world.ObserveAsync());

        await world.PushFeedAsync(sequencer, 1);
        var down = await world.SnapshotAsync();
        Assert.All(down.Assets, asset => Assert.Equal(PriceStatus.SequencerDown, asset.PriceStatus));
        Judged.AssertUnavailable(Judged.Verdicts(down), "SequencerDown");

        // Up again an hour later; the backlog brings new prices at once, and still nobody is liquidated.
        await world.MineAtAsync(await world.NowAsync() + Hour);
        await world.PushFeedAsync(sequencer, 0);
        await PricesAsync(await world.NowAsync() + 10);
        var grazing = await world.SnapshotAsync();
        Assert.All(grazing.Assets, asset => Assert.Equal(PriceStatus.SequencerGrace, asset.PriceStatus));
        Judged.AssertUnavailable(Judged.Verdicts(grazing), "SequencerGrace");

        // What was signed before the gap is void after it.
        var revert = await Assert.ThrowsAsync<ContractRevertException>(() => world.Chain.Eth.CallAsync(
            world.Keeper, world.Deployment.Addresses.RiskOracle, new RiskOracle.SubmitFunction(attested).EncodeCall(), null, CancellationToken.None));
        Assert.StartsWith("ObservationExpired(", revert.Message, StringComparison.Ordinal);

        await PricesAsync(await world.NowAsync() + grace + 10);
        Assert.All(Judged.Verdicts(await world.SnapshotAsync()), verdict => Assert.IsType<Act>(verdict));
    }

    [Fact]
    public async Task F18_BlockTimesJump_PricesFromTheFutureAndOldOnesAreNone()
    {
        await world.ResetAsync();
        try
        {
            var start = ProtocolWorld.Start + Hour;
            await PricesAsync(start);
            Assert.All(Judged.Verdicts(await world.SnapshotAsync()), verdict => Assert.IsType<Act>(verdict));

            // Two blocks of one second, or of none.
            await world.SendAsync("anvil_setBlockTimestampInterval", 0);
            await world.SendAsync("anvil_mine", "0x2");
            Assert.All(Judged.Verdicts(await world.SnapshotAsync()), verdict => Assert.IsType<Act>(verdict));
            await world.SendAsync("anvil_removeBlockTimestampInterval");

            // The chain's clock goes back: the answers are of a time that has not come.
            await world.SendAsync("anvil_setTime", start - 1000);
            await world.SendAsync("anvil_mine", "0x1");
            var back = await world.SnapshotAsync();
            Assert.True(back.Block.Timestamp < start, $"the clock did not go back: {back.Block.Timestamp}");
            Assert.All(back.Assets.SelectMany(asset => asset.Feeds), feed => Assert.Equal(PriceStatus.FromFuture, feed.Status));
            Judged.AssertUnavailable(Judged.Verdicts(back), "FromFuture");

            // And forward by a day: they are old, whatever the host's clock says.
            await world.MineAtAsync(start + (24 * Hour));
            Judged.AssertUnavailable(Judged.Verdicts(await world.SnapshotAsync()), "Stale");
        }
        finally
        {
            await world.SendAsync("anvil_removeBlockTimestampInterval");
        }
    }

    [Fact]
    public async Task F21_OneFeedJumpsByAThirdForABlock_IsOutvotedAndNobodyIsLiquidated()
    {
        await world.ResetAsync();
        // Interest moves the numbers from block to block; what is decided must not move.
        static IEnumerable<RefusalCode?> Codes(IEnumerable<Verdict> verdicts) => verdicts.Select(verdict => (verdict as Refuse)?.Refusal.Code);
        var before = Codes(Judged.Verdicts(await world.SnapshotAsync())).ToList();
        foreach (var asset in world.Deployment.Assets)
        {
            foreach (var feed in asset.Feeds)
            {
                var price = asset.Symbol == "WETH" ? 3000 : 60000;
                foreach (var spike in (double[])[0.7, 1.3])
                {
                    await world.PushFeedAsync(feed, asset.Answer(price * spike));
                    var spiked = await world.SnapshotAsync();
                    Assert.All(spiked.Assets, one => Assert.Equal(PriceStatus.Ok, one.PriceStatus));
                    Assert.Equal(before, Codes(Judged.Verdicts(spiked)));
                }

                await world.PushFeedAsync(feed, asset.Answer(price));
            }
        }
    }

    /// <summary>At which every account of this world is under health 1.</summary>
    private Task PricesAsync(ulong timestamp) => world.SetPricesOfFeedsAsync(1000, 20000, timestamp);

    private Task<T> ReadAsync<T>(KeeperOracle.Chain.Abi.IContractFunction<T> call) => ReadAsync(call, world.Deployment.Addresses.OracleHub);

    private async Task<T> ReadAsync<T>(KeeperOracle.Chain.Abi.IContractFunction<T> call, Address to) =>
        await world.Reader.ReadAsync(call, to, (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Hash, CancellationToken.None);
}
