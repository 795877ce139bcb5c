using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The keeper's real process on a live chain whose transactions come to nothing.</summary>
[Collection(EndToEndCollections.World)]
public sealed class SendingFaultTests(ProtocolWorld world)
{
    private const string Approval = "approve/";

    [Fact]
    public async Task F39_OutOfGas_IsToldAsRevertedAndNotSentAgainUntilTheSimulationPasses()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, Approval);
        var sent = await CrashAndSeeSentAsync(folder, keeper);

        // Between simulation and block the vault becomes a loop: everything given is burnt.
        var vault = world.Deployment.Addresses.MarginVault.ToString();
        var code = (await world.SendAsync("eth_getCode", vault, "latest")).GetString();
        await world.SendAsync("anvil_setCode", vault, "0x5b600056");
        await world.SendAsync("anvil_mine", "0x1");
        foreach (var intent in sent)
        {
            var receipt = await world.Chain.Eth.GetTransactionReceiptAsync(intent.Attempts[0].TxHash, CancellationToken.None);
            Assert.False(receipt!.Succeeded);
            Assert.True(receipt.GasUsed >= 100_000, $"{receipt.GasUsed}");
            await folder.SettledAsync(keeper, intent.Purpose);
        }

        var intents = folder.Intents();
        Assert.All(sent, one => Assert.Equal(IntentState.Reverted, intents.Single(intent => intent.Purpose == one.Purpose).State));
        await world.SendAsync("anvil_mine", "0x1");
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.Equal(intents.Count, folder.Intents().Count);

        // The vault is itself again: what is decided then is simulated anew, and lands once.
        await world.SendAsync("anvil_setCode", vault, code);
        await world.SendAsync("evm_setAutomine", true);
        await world.SendAsync("anvil_mine", "0x1");
        await Until.TrueAsync(
            () => keeper.HasExited || sent.All(one => folder.Intents().Any(intent => intent.Purpose == one.Purpose && intent.State == IntentState.Included)),
            "both are liquidated",
            () => keeper.Errors);
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);
        var logged = await world.LiquidatedAsync();
        Assert.Equal(logged.Count, logged.Distinct().Count());
    }

    [Fact]
    public async Task F40_RivalLiquidatesFirst_IsALostRaceThatCostsLittleAndIsNotRepeated()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, Approval);
        var (rival, vault) = (world.Chain.Accounts[1], world.Deployment.Addresses.MarginVault);
        var means = BigInteger.Pow(10, 13);
        await world.Chain.SendAsync(world.Chain.Accounts[0], world.Deployment.Stable, new MockToken.MintFunction(rival, means), CancellationToken.None);
        await world.Chain.SendAsync(rival, world.Deployment.Stable, new MockToken.ApproveFunction(vault, means), CancellationToken.None);
        var sent = await CrashAndSeeSentAsync(folder, keeper);
        foreach (var intent in sent)
        {
            var call = new MarginVault.LiquidateFunction(Account(intent), new LiquidationLimits(means, [0, 0], ulong.MaxValue >> 1), []);
            await world.SendAsync("eth_sendTransaction", new Dictionary<string, object?>
            {
                ["from"] = rival.ToString(),
                ["to"] = vault.ToString(),
                ["data"] = Hex.FromBytes(call.EncodeCall()),
                ["gas"] = "0x200000",
                ["maxFeePerGas"] = "0x174876e800",
                ["maxPriorityFeePerGas"] = "0x174876e800",
            });
        }

        await world.SendAsync("anvil_mine", "0x1");
        Assert.Equal(sent.Count, (await world.LiquidatedAsync()).Count);
        foreach (var intent in sent)
        {
            var receipt = await world.Chain.Eth.GetTransactionReceiptAsync(intent.Attempts[0].TxHash, CancellationToken.None);
            Assert.False(receipt!.Succeeded, "the rival was not first");
            Assert.True(receipt.GasUsed < intent.Attempts[0].GasLimit * 2 / 3, $"a lost race cost {receipt.GasUsed} of {intent.Attempts[0].GasLimit}");
            await folder.SettledAsync(keeper, intent.Purpose);
        }

        // Later blocks bring no second try.
        await world.SendAsync("evm_setAutomine", true);
        for (var i = 0; i < 3; i++)
        {
            await world.SendAsync("anvil_mine", "0x1");
            await Task.Delay(500);
        }

        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);
        Assert.All(sent, one => Assert.Equal(IntentState.Reverted, Assert.Single(folder.Intents(), intent => intent.Purpose == one.Purpose).State));
        Assert.Equal(sent.Count + 1, folder.Intents().Count);
        Assert.Equal(sent.Count, (await world.LiquidatedAsync()).Count);
        Assert.Contains(folder.RefusalsOf(Account(sent[0]).ToString()), refusal => refusal.Code == RefusalCode.Healthy);
    }

    [Fact]
    public async Task F41_GasFundsGone_IsAlarmedAndKeptAndLandsOnceFunded()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, Approval);
        await world.Chain.SetBalanceAsync(world.Keeper, 1, CancellationToken.None);
        await world.SetPricesAsync(2200, 44000, ProtocolWorld.Start + ProtocolWorld.Hour);
        await keeper.SaysAsync("LowFunds");
        Assert.Empty(await world.LiquidatedAsync());
        var doctor = await folder.RunAsync("doctor");
        Assert.True(doctor.ExitCode is 0 or 3 or 4, doctor.ToString());

        await world.Chain.SetBalanceAsync(world.Keeper, BigInteger.Pow(10, 21), CancellationToken.None);
        await Until.TrueAsync(
            async () =>
            {
                await world.SendAsync("anvil_mine", "0x1", "0x2");
                return keeper.HasExited || (folder.OpenLiquidations().Count == 0 && (await world.LiquidatedAsync()).Count >= 2);
            },
            "both are liquidated",
            () => keeper.Errors);
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);
        var logged = await world.LiquidatedAsync();
        Assert.Equal(logged.Count, logged.Distinct().Count());
        Assert.Equal((ulong)folder.Intents().Count, await world.Chain.Eth.GetTransactionCountAsync(world.Keeper, CancellationToken.None));
    }

    [Fact]
    public async Task F42_KeyUsedElsewhere_TheSignerStopsWithAnAlarmAndReadingGoesOn()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, Approval);
        var intents = folder.Intents().Count;
        await world.SendAsync("anvil_setNonce", world.Keeper.ToString(), "0x7");
        await world.SendAsync("anvil_mine", "0x1");
        await keeper.SaysAsync("ForeignNonce");
        await world.SetPricesAsync(2200, 44000, ProtocolWorld.Start + ProtocolWorld.Hour);
        await Until.TrueAsync(
            () => keeper.HasExited || folder.Decisions().Any(decision => decision.Verdict is Act { Action: Liquidate }), "it still decides", () => keeper.Errors);
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.False(keeper.HasExited);
        Assert.Equal(intents, folder.Intents().Count);
        Assert.Empty(await world.LiquidatedAsync());
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);

        // And a start is refused until somebody has looked.
        var again = await folder.RunAsync("run");
        Assert.True(again.ExitCode == 1, again.ToString());
        Assert.Contains("--adopt-nonce", again.Errors, StringComparison.Ordinal);
    }

    /// <summary>From here on nothing is mined by itself; two liquidations are in the pool.</summary>
    private async Task<List<IntentRecord>> CrashAndSeeSentAsync(KeeperFolder folder, ProductProcess keeper)
    {
        await world.SendAsync("evm_setAutomine", false);
        await world.CrashInThePoolAsync();
        await Until.TrueAsync(
            async () => keeper.HasExited || (folder.OpenLiquidations() is { Count: >= 2 } open && await world.AreKnownAsync(open)),
            "two liquidations are in the pool",
            () => keeper.Errors);
        return folder.OpenLiquidations();
    }

    /// <summary>The purpose is liquidate/MARKET/ACCOUNT/COUNT.</summary>
    private static Hash32 Account(IntentRecord intent) => Hash32.FromHex(intent.Purpose.Split('/')[2]);
}
