using System.Diagnostics;
using KeeperOracle.Keeper;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>
/// The keeper's journal on a disk of its own that is really full: a small file system in memory, seen by the keeper's process alone (a mount namespace).
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class FullDiskTests(ProtocolWorld world)
{
    private const string Says = "Nothing is decided or signed until the journal takes it";

    [Fact]
    public async Task F47_Keeper_DiskIsFull_LivesAndSignsNothingAndGoesOnWhenThereIsRoom()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        var disk = Directory.CreateDirectory(folder.FileOf("disk")).FullName;
        folder.Edit("keeper.json", section => section["JournalFile"] = Path.Combine(disk, "journal.db"));
        await using var keeper = ProductProcess.Start(
            ["run", .. folder.Configuration], folder.Path, null, "unshare", "-rm", "sh", "-c", $"mount -t tmpfs -o size=400k none '{disk}' && exec \"$@\"", "sh");
        await Until.TrueAsync(async () => keeper.HasExited || await NonceAsync() > 0, "the approval is mined", () => keeper.Errors);

        // Each head is written down, and so the disk fills.
        await Until.TrueAsync(
            async () =>
            {
                await world.SendAsync("anvil_mine", "0x1");
                return keeper.HasExited || keeper.Errors.Contains(Says, StringComparison.Ordinal);
            },
            "the disk is full",
            () => keeper.Errors);
        var before = await NonceAsync();
        await world.SetPricesAsync(2200, 44000, await world.NowAsync() + 60);
        for (var blocks = 0; blocks < 20; blocks++)
        {
            await world.SendAsync("anvil_mine", "0x1");
            await Task.Delay(100);
        }

        Assert.False(keeper.HasExited, keeper.Errors);
        Assert.Equal(before, await NonceAsync());
        Assert.NotEqual(0, await world.UnhealthyAsync());

        Remount(keeper.Id, disk);
        await Until.TrueAsync(
            async () =>
            {
                await world.SendAsync("anvil_mine", "0x1");
                return keeper.HasExited || await world.UnhealthyAsync() == 0;
            },
            "it liquidates now",
            () => keeper.Errors);
        Assert.True(await NonceAsync() > before);
        var ended = await keeper.StopAsync();
        Assert.True(ended.ExitCode == 0, ended.ToString());
    }

    private Task<ulong> NonceAsync() => world.Chain.Eth.GetTransactionCountAsync(world.Keeper, CancellationToken.None);

    private static void Remount(int process, string disk)
    {
        using var mount = Process.Start(new ProcessStartInfo(
            "nsenter", ["--preserve-credentials", "-t", $"{process}", "-U", "-m", "mount", "-o", "remount,size=100m", disk])
        { RedirectStandardError = true })!;
        var errors = mount.StandardError.ReadToEnd();
        mount.WaitForExit();
        Assert.True(mount.ExitCode == 0, errors);
    }
}
