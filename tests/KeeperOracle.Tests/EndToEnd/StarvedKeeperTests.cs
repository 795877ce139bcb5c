using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>A keeper that gets no time, and one account that would take all of it.</summary>
[Collection(EndToEndCollections.World)]
public sealed class StarvedKeeperTests(ProtocolWorld world)
{
    [Fact]
    public async Task F51_StoppedThroughTheCrash_GoesOnWhereItWasAndActsOnce()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, "approve/");
        for (var round = 0; round < 3; round++)
        {
            // At any point of its work: while it reads, decides, signs or waits.
            Signals.Send("STOP", keeper.Id);
            await world.SetPricesAsync(2300 - (100 * round), 46000 - (2000 * round), ProtocolWorld.Start + ((ulong)(round + 1) * ProtocolWorld.Hour));
            await world.SendAsync("anvil_mine", "0x5");
            Signals.Send("CONT", keeper.Id);
            await Task.Delay(20 * round);
        }

        await folder.SettledAsync(keeper, "liquidate/");
        await Until.TrueAsync(
            async () => keeper.HasExited || (folder.OpenLiquidations().Count == 0 && (await world.LiquidatedAsync()).Distinct().Count() >= 2),
            "both are liquidated",
            () => keeper.Errors);
        var ended = await keeper.StopAsync();
        Assert.True(ended.ExitCode == 0, ended.ToString());
        Assert.All(folder.Intents(), intent => Assert.Equal(IntentState.Included, intent.State));
        Assert.Equal((ulong)folder.Intents().Count, await world.Chain.Eth.GetTransactionCountAsync(world.Keeper, CancellationToken.None));
        var replay = await folder.RunAsync("replay");
        Assert.True(replay.ExitCode == 0, replay.ToString());
    }

    /// <summary>What the option book says of one account reverts, or is five bytes: that account is left alone by name, the others are liquidated.</summary>
    [Theory]
    [InlineData("60006000fd", "reverted")]
    [InlineData("60056000f3", "the account cannot be read now")]
    public async Task F51_OneAccountCannotBeRead_TheOthersAreLiquidated(string ending, string words)
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        var head = await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None);
        var book = await world.Reader.ReadAsync(new MarginVault.OptionBookFunction(), world.Deployment.Addresses.MarginVault, head.Ref.Hash, CancellationToken.None);
        var poison = (await world.SnapshotAsync()).Accounts[0].Account;

        // if (first argument == poison) the ending, else one word of nothing
        await world.SendAsync("anvil_setCode", book.ToString(), $"0x6004357f{poison.ToString()[2..]}14602d576020" + $"6000f35b{ending}");
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, "approve/");
        await world.SetPricesAsync(2200, 44000, ProtocolWorld.Start + ProtocolWorld.Hour);
        await folder.SettledAsync(keeper, "liquidate/");
        await Until.TrueAsync(() => keeper.HasExited || folder.OpenLiquidations().Count == 0, "all is settled", () => keeper.Errors);
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);
        Assert.NotEmpty(await world.LiquidatedAsync());
        var refusal = folder.RefusalsOf(poison.ToString())[^1];
        Assert.Equal(RefusalCode.OptionsUnvalued, refusal.Code);
        Assert.Contains(words, refusal.Detail, StringComparison.Ordinal);
        var replay = await folder.RunAsync("replay");
        Assert.True(replay.ExitCode == 0, replay.ToString());
    }
}
