using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The ladder's second rung on the chain: a keeper's real process tops up whom the owner allowed to, inside his limits and once.</summary>
[Collection(EndToEndCollections.World)]
public sealed class TopUpTests(ProtocolWorld world)
{
    /// <summary>Falls under health 1 by the crash, as does the one before it.</summary>
    private const int Defended = 5;

    private static readonly Wad Trigger = new(Wad.Scale * 105 / 100);
    private static readonly Wad Target = new(Wad.Scale * 110 / 100);
    private static readonly BigInteger Cap = 200_000 * BigInteger.Pow(10, 6);

    [Fact]
    public async Task Run_AllowedTopUp_IsMadeOnceWithinThreeBlocksAndTheAccountIsNotLiquidated()
    {
        await world.ResetAsync();
        var account = await AllowAsync(wallet: Cap);
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, "approve/");

        var crash = await FallAsync();
        await folder.SettledAsync(keeper, "topup/");
        await LiquidatedAsync(keeper, expected: 1);
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);

        var (made, block) = Assert.Single(await ToppedUpAsync());
        Assert.Equal(account, made.Account);
        Assert.True(made.HealthBefore < Trigger.Raw && made.HealthAfter >= Target.Raw, $"{made.HealthBefore} to {made.HealthAfter}");
        Assert.True(made.Amount <= Cap / 2, $"{made.Amount}"); // half of the cap at once
        Assert.InRange(block, crash + 1, crash + 3);
        Assert.DoesNotContain(AccountId.Format(account), await world.LiquidatedAsync());
        Assert.Equal(IntentState.Included, Assert.Single(folder.Intents(), intent => intent.Purpose.StartsWith("topup/", StringComparison.Ordinal)).State);
        Assert.Contains(folder.RefusalsOf(account.ToString()), refusal => refusal.Code == RefusalCode.TopUpUnderWay);

        var explained = await folder.RunAsync("account", "explain", account.ToString());
        Assert.True(explained.ExitCode == 0, explained.ToString());
        Assert.Contains("Standing top-ups, as last judged:", explained.Output, StringComparison.Ordinal);
        Assert.Contains("0: under health 1.05 stable from the owner's wallet up to health 1.1, at most 200000 in 3600 s. ", explained.Output, StringComparison.Ordinal);
        var replayed = await folder.RunAsync("replay");
        Assert.True(replayed.ExitCode == 0, replayed.ToString());
    }

    [Fact]
    public async Task Run_WalletIsEmpty_RefusalIsNamedAndTheAccountIsLiquidated()
    {
        await world.ResetAsync();
        var account = await AllowAsync(wallet: 0);
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, "approve/");

        await FallAsync();
        await LiquidatedAsync(keeper, expected: 2);
        await world.SendAsync("anvil_mine", "0x1");
        await Until.TrueAsync(
            () => keeper.HasExited || folder.Decisions().Count(decision => decision.Subject == Subject.TopUp(account, 0)) >= 2, "the top-up is judged again", () => keeper.Errors);
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);

        Assert.Empty(await ToppedUpAsync());
        Assert.Contains(AccountId.Format(account), await world.LiquidatedAsync());
        Assert.DoesNotContain(folder.Intents(), intent => intent.Purpose.StartsWith("topup/", StringComparison.Ordinal)); // refused before anything was signed
        Assert.Contains("TopUpNothingToMove", keeper.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_KilledAfterTheBroadcast_TopsUpExactlyOnce()
    {
        await world.ResetAsync();
        var account = await AllowAsync(wallet: Cap);
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using (var keeper = folder.StartKeeper())
        {
            await folder.SettledAsync(keeper, "approve/");
            await world.SendAsync("evm_setAutomine", false);
            await world.CrashInThePoolAsync();
            await Until.TrueAsync(() => keeper.HasExited || Open(folder).Count == 1, "the top-up is sent", () => keeper.Errors);
            await Until.TrueAsync(async () => keeper.HasExited || await world.AreKnownAsync(Open(folder)), "the pool has it", () => keeper.Errors);
            Signals.Send("KILL", keeper.Id);
        }

        await using var again = folder.StartKeeper();
        await again.SaysAsync("tells of new heads");
        await world.SendAsync("evm_setAutomine", true);
        await world.SendAsync("anvil_mine", "0x1");
        await folder.SettledAsync(again, "topup/");
        await LiquidatedAsync(again, expected: 1);
        Assert.Equal(0, (await again.StopAsync()).ExitCode);

        Assert.Equal(account, Assert.Single(await ToppedUpAsync()).Event.Account);
        Assert.Equal((ulong)folder.Intents().Count, await world.Chain.Eth.GetTransactionCountAsync(world.Keeper, CancellationToken.None));
    }

    private static List<IntentRecord> Open(KeeperFolder folder) =>
        [.. folder.Intents().Where(intent => intent.IsOpen && intent.Purpose.StartsWith("topup/", StringComparison.Ordinal))];

    /// <summary>The owner lets anyone repay from his wallet when health is under 1.05.</summary>
    private async Task<Hash32> AllowAsync(BigInteger wallet)
    {
        var snapshot = await world.SnapshotAsync();
        var (owner, account) = (world.Owner(Defended), snapshot.Accounts[Defended].Account);
        var (vault, stable) = (world.Deployment.Addresses.MarginVault, world.Deployment.Stable);
        var held = await world.Chain.Eth.CallAsync(new ERC20.BalanceOfFunction(owner), stable, owner, snapshot.Block.Hash, CancellationToken.None);
        await world.Chain.SendAsync(owner, stable, new ERC20.TransferFunction(world.Chain.Accounts[0], held), CancellationToken.None);
        await world.Chain.SendAsync(world.Chain.Accounts[0], stable, new MockToken.MintFunction(owner, wallet), CancellationToken.None);
        await world.Chain.SendAsync(owner, stable, new ERC20.ApproveFunction(vault, Cap), CancellationToken.None);
        var mandate = new TopUpMandate(default, stable, (ulong)Trigger.Raw, 3_600, (ulong)Target.Raw, ProtocolWorld.Start + 1_000_000, Cap);
        await world.Chain.SendAsync(owner, vault, new MarginVault.SetTopUpMandateFunction(account, 0, mandate), CancellationToken.None);
        return account;
    }

    /// <summary>In one block: between two, some would be liquidated by the first price and again by the second.</summary>
    /// <returns>the block of the prices</returns>
    private async Task<ulong> FallAsync()
    {
        await world.SendAsync("evm_setAutomine", false);
        await world.CrashInThePoolAsync();
        await world.SendAsync("evm_setAutomine", true);
        return (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number;
    }

    private Task LiquidatedAsync(ProductProcess keeper, int expected) => Until.TrueAsync(
        async () => keeper.HasExited || (await world.UnhealthyAsync() == 0 && (await world.LiquidatedAsync()).Count == expected), $"{expected} are liquidated", () => keeper.Errors);

    private async Task<List<(MarginVault.ToppedUpEvent Event, ulong Block)>> ToppedUpAsync()
    {
        var head = (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number;
        var filter = new LogFilter(world.Deployment.Addresses.MarginVault, null, null, world.Deployment.Block, head);
        var made = new List<(MarginVault.ToppedUpEvent, ulong)>();
        foreach (var log in await world.Chain.Eth.GetLogsAsync(filter, CancellationToken.None))
        {
            if (MarginVault.ToppedUpEvent.TryDecode(log, out var one))
            {
                made.Add((one, log.BlockNumber));
            }
        }

        return made;
    }
}
