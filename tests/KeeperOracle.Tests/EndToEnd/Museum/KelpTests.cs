using System.Numerics;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.ChaosProxy;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>
/// Kelp and LayerZero, 18 April 2026: two of the nodes that one verifier read from had been replaced by liars, the honest one was flooded until it failed
/// over to them, and one verifier of one was enough: 116,500 rsETH, some USD 292m, were released for what had never happened on the other chain (LayerZero's
/// incident statement of 20 April 2026).
/// The two liars tell of one copy of the chain, in which every feed says that prices have fallen by half.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class KelpTests(ProtocolWorld world, ITestOutputHelper output) : IncidentReplay(world, output)
{
    [Fact]
    public async Task KelpLayerZero_HonestNodesAreSilencedAndTwoLiarsAreLeft_NothingIsDoneUntilTheyAreBack()
    {
        await PrepareAsync();
        await using var first = await ChaosProxyHost.StartAsync(new ChaosProxyOptions { Upstream = Chain.Url });
        await using var second = await ChaosProxyHost.StartAsync(new ChaosProxyOptions { Upstream = Chain.Url });
        await using var third = await ChaosProxyHost.StartAsync(new ChaosProxyOptions { Upstream = Chain.Url });
        await using var liar = await CopyAsync();
        var alias = new UriBuilder(liar.Url) { Host = "localhost" }.Uri;
        await using var keeper = await AttendedKeeper.StartAsync(
            World,
            chain => chain["Rpc"] = Nodes(("first", first.Url), ("second", second.Url), ("third", third.Url), ("fourth", liar.Url), ("fifth", alias)));
        var sent = await NonceAsync();
        await first.CloseAsync();
        await second.CloseAsync();
        await third.CloseAsync();
        await LieAsync(liar);
        await keeper.Process.SaysAsync("no head");
        await liar.MineAsync(3);
        await Task.Delay(TimeSpan.FromSeconds(1)); // ten polls, in which nothing may happen
        Assert.False(keeper.Process.HasExited, keeper.Process.Errors);
        Assert.DoesNotContain(keeper.Folder.Decisions(), decision => decision.Verdict is Act { Action: Liquidate });
        Assert.Equal(sent, await NonceAsync());

        // They are back, and what happens then happens to the prices: it is seen, and acted on once.
        await first.ListenAsync();
        await second.ListenAsync();
        await third.ListenAsync();
        await World.SetPricesOfFeedsAsync(2200, 44_000, await World.NowAsync() + 12);
        await keeper.QuietAsync();
        await keeper.StopAsync();
        var judged = await JudgeAsync();
        judged.AssertHolds();
        Assert.Equal(2, judged.Liquidations);
    }

    [Fact]
    public async Task KelpLayerZero_OneNodeOfOne_ControlSignsLiquidationsOfTheHealthy()
    {
        await PrepareAsync();
        await using var liar = await CopyAsync();
        await using var keeper = await AttendedKeeper.StartAsync(World, chain => chain["Rpc"] = Nodes(("only", liar.Url)));
        await LieAsync(liar);
        await Until.TrueAsync(() => keeper.Process.HasExited || keeper.Liquidations.Any(), "it believes the liar", () => keeper.Process.Errors);
        // The one whose nonce is next: it waits for no other.
        var signed = keeper.Liquidations.MinBy(intent => intent.Nonce)!.Attempts[0];

        // On the true chain they are worth their gas and no more: the vault says that the account is healthy.
        await Chain.Eth.SendRawTransactionAsync(signed.Raw, signed.TxHash, CancellationToken.None);
        await Until.TrueAsync(
            async () => await Chain.Eth.GetTransactionReceiptAsync(signed.TxHash, CancellationToken.None) is { Succeeded: false, GasUsed: > 21_000 }, "it has reverted");
        (await JudgeAsync()).AssertHolds();
    }

    [Fact]
    public async Task KelpLayerZero_OneOfThreeAsked_IsRefusedAtTheStart()
    {
        await World.ResetAsync();
        using var folder = World.NewKeeper(KeeperMode.Active);
        folder.Edit("common.json", section =>
        {
            var chain = section["Chains"]!["31337"]!.AsObject();
            chain["Rpc"] = Nodes(("first", Chain.Url), ("second", new Uri("http://127.0.0.1:1")), ("third", new Uri("http://127.0.0.1:2")));
            chain["ReadQuorum"] = 1;
        });
        var refused = await folder.RunAsync("run");
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("KeeperOracle:Chains:31337:ReadQuorum", refused.Errors, StringComparison.Ordinal);
    }

    /// <summary>The keeper's approval is made before: while the chain is lied about it stands still.</summary>
    private async Task PrepareAsync()
    {
        await World.ResetAsync();
        await using (var keeper = await AttendedKeeper.StartAsync(World))
        {
            await keeper.StopAsync();
        }

        await BeginAsync();
    }

    private Task<AnvilNode> CopyAsync() => AnvilNode.StartAsync(31337, "--fork-url", Chain.Url.ToString(), "--no-mining");

    /// <summary>The last answer of each feed, which lies in slot keccak(round . 2) with its time in the upper 64 bits, becomes half of what it was.</summary>
    private async Task LieAsync(AnvilNode liar)
    {
        foreach (var feed in World.Deployment.Assets.SelectMany(asset => asset.Feeds))
        {
            var round = await AskAsync(feed, new MockFeed.LatestRoundFunction());
            var slot = Keccak.Hash(Hex.ToBytes(Word(round) + Word(2)[2..])).ToString();
            var word = BigInteger.Parse("0" + (await World.SendAsync("eth_getStorageAt", feed.ToString(), slot, "latest")).GetString()![2..], System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);
            var answer = word & ((BigInteger.One << 192) - 1);
            await liar.SendAsync("anvil_setStorageAt", feed.ToString(), slot, Word(word - answer + (answer / 2)));
        }

        await liar.MineAsync();
    }

    private Task<ulong> NonceAsync() => Chain.Eth.GetTransactionCountAsync(World.Keeper, CancellationToken.None);

    private static JsonArray Nodes(params (string Name, Uri Url)[] nodes) =>
        new([.. nodes.Select(node => new JsonObject { ["Name"] = node.Name, ["Url"] = node.Url.ToString() })]);
}
