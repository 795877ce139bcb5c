using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>Two real keepers with one key: on one journal the lease keeps them apart, on two journals the chain does.</summary>
[Collection(EndToEndCollections.World)]
public sealed class DuplicateKeeperTests(ProtocolWorld world)
{
    [Fact]
    public async Task F46_OneJournal_HolderStandsStill_StandbyTakesOverAndTheOldOneIsFenced()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        folder.Edit("keeper.json", section => section["Keeper"]!["LeaseSeconds"] = 2);
        await using var holder = folder.StartKeeper();
        await ApprovedAsync(folder, holder);
        await using var standby = folder.StartKeeper("--standby");
        await standby.SaysAsync("Standing by");

        Signals.Send("STOP", holder.Id);
        try
        {
            await FallAsync();
            await HealthyAsync(standby);
        }
        finally
        {
            Signals.Send("CONT", holder.Id);
        }

        var fenced = await holder.EndAsync(TimeSpan.FromSeconds(60));
        Assert.True(fenced.ExitCode == 1, fenced.ToString());
        Assert.Contains("was taken over by another process", fenced.Errors, StringComparison.Ordinal);
        await OneEffectEachAsync(folder.Intents());
        Assert.Equal(0, (await standby.StopAsync()).ExitCode);
    }

    [Fact]
    public async Task F46_OneJournal_HolderIsKilled_StandbyIsThereAtOnce()
    {
        await world.ResetAsync();
        using var folder = world.NewKeeper(KeeperMode.Active);
        folder.Edit("keeper.json", section => section["Keeper"]!["LeaseSeconds"] = 3600);
        await using var holder = folder.StartKeeper();
        await ApprovedAsync(folder, holder);
        await using var standby = folder.StartKeeper("--standby");
        await standby.SaysAsync("Standing by");

        Signals.Send("KILL", holder.Id);
        await FallAsync();
        await HealthyAsync(standby);

        await OneEffectEachAsync(folder.Intents());
        Assert.Equal(0, (await standby.StopAsync()).ExitCode);
    }

    [Fact]
    public async Task F46_TwoJournals_BothAct_EveryAccountIsLiquidatedOnce()
    {
        await world.ResetAsync();
        using var one = world.NewKeeper(KeeperMode.Active);
        using var two = world.NewKeeper(KeeperMode.Active);
        await using var first = one.StartKeeper();
        await ApprovedAsync(one, first);
        // Nobody is watched for here, so that both are at work when the prices fall.
        await using var second = two.StartKeeper("--adopt-nonce");
        await Until.TrueAsync(() => second.HasExited || two.Decisions().Count > 0, "the second decides", () => second.Errors);

        await FallAsync();
        await HealthyAsync(first, second);

        var effects = await world.LiquidationsAsync();
        Assert.Equal(effects.Count, effects.Select(effect => effect.Account).Distinct().Count());
        var ours = one.Intents().Concat(two.Intents()).SelectMany(intent => intent.Attempts).Select(attempt => attempt.TxHash).ToHashSet();
        Assert.All(effects, effect => Assert.Contains(effect.Transaction, ours));
        // At least one of the two learns that it is not alone with its key.
        await Until.TrueAsync(
            () => Learned(first) || Learned(second), "one of them says that its key is used elsewhere", () => first.Errors + second.Errors);
    }

    [Fact]
    public async Task F46_TwoJournals_TheFirstIsAtWork_TheSecondSeesItBeforeItBegins()
    {
        await world.ResetAsync();
        using var one = world.NewKeeper(KeeperMode.Active);
        using var two = world.NewKeeper(KeeperMode.Active);
        two.Edit("keeper.json", section => section["Keeper"]!["DoppelgangerSeconds"] = 600);
        await using var first = one.StartKeeper();
        await ApprovedAsync(one, first);
        await using var second = two.StartKeeper("--adopt-nonce");
        await second.SaysAsync("watched for 600 s");

        await FallAsync();

        var ended = await second.EndAsync(TimeSpan.FromSeconds(90));
        Assert.True(ended.ExitCode == 1, ended.ToString());
        Assert.Contains("the key is used elsewhere at this moment", ended.Errors, StringComparison.Ordinal);
        Assert.Empty(two.Intents());
        await HealthyAsync(first);
        await OneEffectEachAsync(one.Intents());
    }

    private static bool Learned(ProductProcess keeper) =>
        keeper.Errors.Contains("ForeignNonce", StringComparison.Ordinal) || keeper.Errors.Contains("NonceTaken", StringComparison.Ordinal);

    private static Task ApprovedAsync(KeeperFolder folder, ProductProcess keeper) => Until.TrueAsync(
        () => keeper.HasExited || folder.Intents().Any(intent => intent.State == IntentState.Included), "the approval is settled", () => keeper.Errors);

    private async Task FallAsync() => await world.SetPricesAsync(2200, 44000, await world.NowAsync() + 60);

    private Task HealthyAsync(params ProductProcess[] keepers) => Until.TrueAsync(
        async () =>
        {
            await world.SendAsync("anvil_mine", "0x1");
            return await world.UnhealthyAsync() == 0;
        },
        "every account is healthy",
        () => string.Join("\n---\n", keepers.Select(keeper => keeper.Errors)));

    private async Task OneEffectEachAsync(IReadOnlyList<IntentRecord> intents)
    {
        var effects = await world.LiquidationsAsync();
        Assert.NotEmpty(effects);
        Assert.Equal(effects.Count, effects.Select(effect => effect.Account).Distinct().Count());
        Assert.All(effects, effect => Assert.Contains(intents, intent => intent.Attempts.Any(attempt => attempt.TxHash == effect.Transaction)));
        Assert.Equal((ulong)intents.Count, await world.Chain.Eth.GetTransactionCountAsync(world.Keeper, CancellationToken.None));
    }
}
