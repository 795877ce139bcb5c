using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Policy;
using KeeperOracle.Risk.Snapshots;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>
/// Aave, 10 March 2026: the off-chain side proposed a ratio that the contract clamped to its own limit of 3 % while it took the timestamp as it came;
/// the two together priced wstETH 2.85 % under the market and 34 accounts were liquidated (Chaos Labs, "stETH CAPO Misconfiguration", and its post-mortem).
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class AaveCapoTests(ProtocolWorld world, ITestOutputHelper output) : IncidentReplay(world, output)
{
    private const int Accounts = 34;
    private const double Gap = 0.0285;

    /// <summary>A little over health 1, as leverage on wstETH stood: nearer than 2.85 %.</summary>
    private const double Near = 2800;

    [Fact]
    public async Task AaveCapo_OneSourceIsCapped285BelowTheMarket_NoneOfThe34IsLiquidated()
    {
        await PrepareAsync(Near);
        await using var keeper = await AttendedKeeper.StartAsync(World);
        await World.PushFeedAsync(Weth.Feeds[0], Weth.Answer(Near * (1 - Gap)));
        await keeper.QuietAsync();
        Assert.Empty(await PreyAsync());
        await keeper.StopAsync();
        var judged = await JudgeAsync();
        judged.AssertHolds();
        Assert.Equal(0, judged.Liquidations);
    }

    [Fact]
    public async Task AaveCapo_EverySourceIsCappedLikewise_ControlLiquidatesThe34()
    {
        await PrepareAsync(Near);
        await using var keeper = await AttendedKeeper.StartAsync(World);
        foreach (var feed in Weth.Feeds)
        {
            await World.PushFeedAsync(feed, Weth.Answer(Near * (1 - Gap)));
        }

        await keeper.QuietAsync();
        await keeper.StopAsync();
        var judged = await JudgeAsync();
        Assert.True(judged.Wrongful.Count >= Accounts, judged.ToString());
    }

    /// <summary>
    /// One entry over its limit: nothing is clamped, nothing is applied, and the time stays. On both sides of every limit the keeper and the contract say
    /// the same.
    /// </summary>
    [Fact]
    public async Task AaveCapo_EntryBeyondItsLimit_IsRefusedWholeAndBothSidesAgreeToTheUnit()
    {
        await PrepareAsync(3000);
        await World.MineAtAsync(await World.NowAsync() + ProtocolWorld.ReportInterval + 1);
        var before = await World.SnapshotAsync();
        var asset = before.Assets[0];
        var honest = await World.ObserveAsync(1.0);
        var (low, high) = RiskPolicy.VolatilityRange(asset.Attested, asset.Bounds);
        var (thin, thick) = RiskPolicy.SlippageRange(asset.Attested, asset.Bounds);
        (ulong Volatility, ulong Slippage, bool Right)[] cases =
        [
            ((ulong)low.Raw, (ulong)asset.Attested.Slippage.Raw, true),
            ((ulong)low.Raw - 1, (ulong)asset.Attested.Slippage.Raw, false),
            ((ulong)high.Raw, (ulong)asset.Attested.Slippage.Raw, true),
            ((ulong)high.Raw + 1, (ulong)asset.Attested.Slippage.Raw, false),
            ((ulong)asset.Attested.Volatility.Raw, (ulong)thin.Raw, true),
            ((ulong)asset.Attested.Volatility.Raw, (ulong)thick.Raw, true),
            ((ulong)asset.Attested.Volatility.Raw, (ulong)thick.Raw + 1, false),
        ];
        foreach (var (volatility, slippage, right) in cases)
        {
            // The other asset's entry is good in every case, and would be applied by a contract that clamps.
            var observation = honest with { Vector = [new AssetRisk(asset.Token, volatility, slippage, []), honest.Vector[1] with { Volatility = honest.Vector[1].Volatility * 9 / 10 }] };
            var call = new RiskOracle.SubmitFunction(World.SignByThree(observation));
            var there = await Record.ExceptionAsync(() => Chain.Eth.CallAsync(World.Keeper, World.Deployment.Addresses.RiskOracle, call.EncodeCall(), null, CancellationToken.None));
            Assert.True(there is null == right, $"the contract at {volatility}, {slippage}: {there?.Message}");
            Assert.True(there is null or ContractRevertException, $"{there}");
            var here = BrokenBound(before, observation);
            Assert.True(here is null == right, $"the keeper at {volatility}, {slippage}: {here}");
        }

        var after = await World.SnapshotAsync();
        Assert.Equal((before.Report.Epoch, before.Report.LastReportAt), (after.Report.Epoch, after.Report.LastReportAt));
        Assert.Equal(before.Assets.Select(one => one.Attested), after.Assets.Select(one => one.Attested));
    }

    /// <summary>Inside its limits, and still it would liquidate a third of the book by itself: it is not carried. With the limit away it is.</summary>
    [Theory]
    [InlineData(2000, 0)]
    [InlineData(10_000, 1)]
    public async Task AaveCapo_ReportThatAloneMakesTheBookLiquidatable_IsCarriedOnlyWithTheLimitAtItsMaximum(int limitBps, int epoch)
    {
        await PrepareAsync(Near);
        await World.MineAtAsync(await World.NowAsync() + ProtocolWorld.ReportInterval + 1);
        await World.SetPricesOfFeedsAsync(Near, 60_000, await World.NowAsync() + 12);
        var nodes = new List<OfferingNode>();
        try
        {
            foreach (var signed in World.SignByThree(await World.ObserveAsync(1.9)))
            {
                nodes.Add(await OfferingNode.StartAsync($"node-{nodes.Count}", World.Offer($"node-{nodes.Count}", signed)));
            }

            await using var keeper = await AttendedKeeper.StartAsync(
                World, keeper: section => section["MaxLiquidatableByReportBps"] = limitBps, oracleNodes: [.. nodes.Select(node => (node.Name, node.Url))]);
            await Until.TrueAsync(
                () => keeper.Process.HasExited || keeper.Folder.Decisions().Any(decision => decision.Subject == Subject.Report && Speaks(decision.Verdict)),
                "the report is judged",
                () => keeper.Process.Errors);
            await keeper.QuietAsync();
            await keeper.StopAsync();
            Assert.Equal((ulong)epoch, (await World.SnapshotAsync()).Report.Epoch);
            var refusals = keeper.Folder.RefusalsOf(Subject.Report);
            Assert.Equal(epoch == 0, refusals.Any(refusal => refusal.Code == RefusalCode.ReportLiquidatesTooMuch));
            (await JudgeAsync()).AssertHolds();
        }
        finally
        {
            foreach (var node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    }

    private static bool Speaks(Verdict verdict) => verdict is Act or Refuse { Refusal.Code: RefusalCode.ReportLiquidatesTooMuch };

    private async Task PrepareAsync(double price)
    {
        await World.ResetAsync();
        await NewCrowd().OpenAsync(first: 0, Accounts, weth: 10, appetite: 0.99, CancellationToken.None);
        await World.SetPricesOfFeedsAsync(price, 60_000, await World.NowAsync() + 12);
        await BeginAsync();
        await TrueFromNowAsync(Weth, price);
    }

    /// <summary>Which bound the keeper sees broken; null where it would carry the report.</summary>
    private string? BrokenBound(ChainSnapshot snapshot, Observation observation)
    {
        var offered = World.SignByThree(observation).Select((signed, i) => new CollectedObservation(
            $"node-{i}",
            World.Signers[i].Address,
            "",
            observation.Market,
            observation.Epoch,
            observation.ConfigDigest,
            observation.ObservedAt,
            observation.NotBefore,
            observation.Deadline,
            observation.InputsRoot,
            [.. observation.Vector.Select(entry => new ObservedRisk(entry.Asset, new Wad(entry.Volatility), new Wad(entry.Slippage), []))],
            Hex.FromBytes(signed.Signature)));
        var verdict = Judged.Report(snapshot, [.. offered]);
        if (verdict is Refuse { Refusal.Code: RefusalCode.OutOfBounds } refuse)
        {
            return refuse.Refusal.Detail;
        }

        Assert.IsType<SubmitReport>(Assert.IsType<Act>(verdict).Action);
        return null;
    }
}
