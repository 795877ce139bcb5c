using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>A keeper with a key of its own for reports, on a live chain.</summary>
[Collection(EndToEndCollections.World)]
public sealed class TwoKeysTests(ProtocolWorld world)
{
    [Fact]
    public async Task Run_ReportKey_CarriesTheReportAndTheOtherKeyHasTheMoney()
    {
        await world.ResetAsync();
        await world.MineAtAsync(await world.NowAsync() + ProtocolWorld.ReportInterval + 1);
        var nodes = new List<OfferingNode>();
        try
        {
            foreach (var signed in world.SignByThree(await world.ObserveAsync()))
            {
                var name = $"node-{nodes.Count}";
                nodes.Add(await OfferingNode.StartAsync(name, world.Offer(name, signed)));
            }

            using var folder = world.NewKeeper(KeeperMode.Active, [.. nodes.Select(node => (node.Name, node.Url))]);
            var carrier = DemoKey.Create("carrier", "keeper", folder.Path);
            folder.Edit("keeper.json", section =>
            {
                section["Keys"]!["carrier"] = new JsonObject { ["Role"] = "keeper", ["KeystoreFile"] = "carrier.keystore.json", ["PasswordFile"] = "carrier.password" };
                section["Keeper"]!["ReportKey"] = "carrier";
            });

            // Without gas for its reports it does not start, and doctor says which key lacks it.
            var poor = await folder.RunAsync("run");
            Assert.True(poor.ExitCode == 3, poor.ToString());
            Assert.Contains($"gas for reports: {Eip55.Format(carrier.Address)} has none", poor.Errors, StringComparison.Ordinal);
            await world.SendAsync("anvil_setBalance", carrier.Address.ToString(), "0xde0b6b3a7640000");
            Assert.Equal(["ok", "ok"], await DoctorAsync(folder));
            await OnlyItsOwnCallsAsync(folder, carrier.Address);

            await using var keeper = folder.StartKeeper();
            await Until.TrueAsync(() => keeper.HasExited || folder.Intents().Count(intent => !intent.IsOpen) >= 2, "both are settled", () => keeper.Errors);
            Assert.Equal(0, (await keeper.StopAsync()).ExitCode);
            var intents = folder.Intents();
            Assert.All(intents, intent => Assert.Equal(IntentState.Included, intent.State));
            Assert.Equal((carrier.Address, 0UL), intents.Single(intent => intent.Purpose.StartsWith("report/", StringComparison.Ordinal)) is var report ? (report.Signer, report.Nonce) : default);
            Assert.Equal(world.Keeper, intents.Single(intent => intent.Purpose.StartsWith("approve/", StringComparison.Ordinal)).Signer);
            Assert.Equal(1UL, (await world.SnapshotAsync()).Report.Epoch);

            // The journal has a floor for either key: without it the keeper does not start.
            Directory.GetFiles(folder.Path, "journal.db*").ToList().ForEach(File.Delete);
            var forgetful = await folder.RunAsync("run");
            Assert.Equal(1, forgetful.ExitCode);
            Assert.Contains("has sent 1 transactions", forgetful.Errors, StringComparison.Ordinal);
        }
        finally
        {
            foreach (var node in nodes)
            {
                await node.DisposeAsync();
            }
        }
    }

    private static async Task<string[]> DoctorAsync(KeeperFolder folder)
    {
        var result = await folder.RunAsync("doctor", "-o", "json");
        Assert.True(result.ExitCode is 0 or 4, result.ToString());
        using var checks = JsonDocument.Parse(result.Output);
        return [.. checks.RootElement.EnumerateArray().Where(check => check.GetProperty("name").GetString() is "gas" or "gas for reports").Select(check => check.GetProperty("status").GetString()!)];
    }

    /// <summary>The policy of a signer gives each key what its part needs, and no more.</summary>
    private async Task OnlyItsOwnCallsAsync(KeeperFolder folder, Address carrier)
    {
        var written = await folder.RunAsync("signer", "policy", "--listen", $"unix:{folder.FileOf("s.sock")}");
        Assert.True(written.ExitCode == 0, written.ToString());
        var calls = JsonNode.Parse(written.Output)!["transactions"]!.AsArray().ToDictionary(
            entry => entry!["signer"]!.GetValue<string>(), entry => string.Join(' ', entry!["calls"]!.AsArray().Select(call => call!["function"]!.GetValue<string>().Split('(')[0])));
        Assert.Equal("liquidate liquidatePortfolio liquidateLien topUp swapCollateral requestSwapByMandate markOutage recordObservation finalise finaliseFromFallback settle close claim approve", calls[Eip55.Format(world.Keeper)]);
        Assert.Equal("submit tighten", calls[Eip55.Format(carrier)]);
    }
}
