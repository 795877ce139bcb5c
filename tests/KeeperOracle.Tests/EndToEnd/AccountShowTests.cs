using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>`account show` against a live chain, and beside one that nobody can read.</summary>
[Collection(EndToEndCollections.World)]
public sealed class AccountShowTests(ProtocolWorld world)
{
    [Fact]
    public async Task Show_Owner_HasTheVaultsMarginAndADistance()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Observe);
        var snapshot = await world.SnapshotAsync();
        var account = snapshot.Accounts.Single(one => one.Owner == world.Owner(5));
        var own = SnapshotValuation.Value(snapshot, account);

        var result = await folder.RunAsync("account", "show", Eip55.Format(world.Owner(5)), "-o", "json");

        Assert.True(result.ExitCode == 0, result.ToString());
        var shown = JsonDocument.Parse(result.Output).RootElement;
        Close(own.LiquidationCapacity - own.Debt, shown.GetProperty("margin").GetProperty("mm"));
        Close(own.BorrowCapacity - own.Debt, shown.GetProperty("margin").GetProperty("im"));
        Close(own.Health!.Value, shown.GetProperty("margin").GetProperty("health"));
        Assert.Equal("liquidatableAt", shown.GetProperty("margin").GetProperty("distance").GetProperty("down").GetProperty("status").GetString());
        Assert.Equal("healthy", Assert.Single(shown.GetProperty("accounts").EnumerateArray()).GetProperty("standing").GetString());
        Assert.Empty(shown.GetProperty("unread").EnumerateArray());

        var stranger = await folder.RunAsync("account", "show", Eip55.Format(world.Keeper));
        Assert.True(stranger.ExitCode == 1, stranger.ToString());
        Assert.Contains("has no account on chain 31337", stranger.Errors, StringComparison.Ordinal);
    }

    /// <summary>The second chain of the configuration has no node that answers: the first one's margin is given all the same, and the
    /// other one named.</summary>
    [Fact]
    public async Task F01_Show_ChainThatNobodyCanRead_IsNamedAndTheOthersCount()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Observe);
        folder.Edit("common.json", section =>
        {
            var other = section["Chains"]!["31337"]!.DeepClone().AsObject();
            other["Name"] = "dark";
            other["Rpc"] = new JsonArray(new JsonObject { ["Name"] = "nobody", ["Url"] = "http://127.0.0.1:1/" });
            section["Chains"]!["31399"] = other;
        });

        var all = await folder.RunAsync("account", "show", Eip55.Format(world.Owner(3)), "-o", "json");
        var table = await folder.RunAsync("account", "show", Eip55.Format(world.Owner(3)), "--chain", "31337");

        Assert.True(all.ExitCode == 4, all.ToString());
        Assert.Contains("Chain 31399 cannot be read, and nothing of it counts: ", all.Errors, StringComparison.Ordinal);
        var shown = JsonDocument.Parse(all.Output).RootElement;
        Assert.Single(shown.GetProperty("margin").GetProperty("chains").EnumerateArray());
        Assert.Equal(JsonValueKind.Null, Assert.Single(shown.GetProperty("unread").EnumerateArray()).GetProperty("lastKnownBlock").ValueKind);

        Assert.True(table.ExitCode == 0, table.ToString());
        Assert.Contains("sigma-days", table.Output, StringComparison.Ordinal);
        Assert.Contains("Contracts liquidate each account on its own", table.Output, StringComparison.Ordinal);
    }

    private static void Close(Wad expected, JsonElement actual) =>
        Assert.Equal(expected.ToDouble(), actual.GetDouble(), 1e-9 * Math.Max(1, Math.Abs(expected.ToDouble())));
}
