using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The keeper's real process whose flushes to disk fail from some point on: strace gives its system calls the error of a dying disk.</summary>
[Collection(EndToEndCollections.World)]
public sealed class BrokenDiskTests(ProtocolWorld world)
{
    /// <param name="flushes">that work before all others fail: at the opening, at the first decisions, while it sends</param>
    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(8)]
    public async Task F49_Keeper_FlushFails_EndsByNameAndWhatItSentIsInTheJournal(int flushes)
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using (var keeper = folder.StartKeeper())
        {
            await folder.SettledAsync(keeper, "approve/");
            Assert.Equal(0, (await keeper.StopAsync()).ExitCode);
        }

        await world.SetPricesAsync(2200, 44000, await world.NowAsync() + 60);
        await using (var broken = ProductProcess.Start(
            ["run", .. folder.Configuration],
            folder.Path,
            null,
            "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync,fsync", "-e", $"inject=fdatasync,fsync:error=EIO:when={flushes + 1}+"))
        {
            var ended = await broken.EndAsync(TimeSpan.FromSeconds(120));
            Assert.True(ended.ExitCode != 0, ended.ToString());
            Assert.Contains("could not be read, written or flushed", ended.Errors, StringComparison.Ordinal);
        }

        // Nothing went out that is not written down.
        var sent = await world.Chain.Eth.GetTransactionCountAsync(world.Keeper, CancellationToken.None);
        Assert.True((ulong)folder.Intents().Count >= sent, $"{sent} were sent, {folder.Intents().Count} are in the journal");

        // On a disk that works it goes on.
        await using var healed = folder.StartKeeper();
        await healed.SaysAsync("tells of new heads");
        await Until.TrueAsync(
            async () =>
            {
                await world.SendAsync("anvil_mine", "0x1");
                return healed.HasExited || (folder.Intents().All(intent => !intent.IsOpen) && await world.UnhealthyAsync() == 0);
            },
            "all is settled",
            () => healed.Errors);
        Assert.Equal(0, (await healed.StopAsync()).ExitCode);
        Assert.All(folder.Intents(), intent => Assert.True(intent.State is IntentState.Included or IntentState.Finalized, $"{intent.Purpose} is {intent.State}"));
        var liquidated = await world.LiquidatedAsync();
        Assert.Equal(liquidated.Count, liquidated.Distinct().Count());
    }
}
