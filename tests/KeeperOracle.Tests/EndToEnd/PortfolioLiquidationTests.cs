using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>An account that has sold options and owes nothing, on the chain: a keeper's real process takes a fraction of everything over into an account of its own.</summary>
[Collection(EndToEndCollections.World)]
public sealed class PortfolioLiquidationTests(ProtocolWorld world)
{
    private const double Spot = 3000;

    [Fact]
    public async Task Run_OptionRiskDominates_TakesTheFractionThatRestoresTheTargetOnce()
    {
        await world.ResetAsync();
        using var seller = PrivateKey.Generate();
        var account = await FundAsync(seller.Address, 5);
        var own = await FundAsync(world.Keeper, 60);
        await SellAsync(seller, account, calls: 6);
        await RiseUntilLiquidatableAsync(account);
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        await folder.SettledAsync(keeper, "liquidate/");
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);

        var taken = Assert.Single(await TakenAsync());
        Assert.Equal((account, own), (taken.Account, taken.Taker));
        Assert.True(taken.HealthBefore < Wad.Scale && taken.HealthAfter >= Wad.Scale * 103 / 100, $"{taken.HealthBefore} to {taken.HealthAfter}");
        Assert.InRange(new Wad(taken.Fraction).ToDouble(), 0.001, 0.999);
        var after = await world.SnapshotAsync();
        Assert.Equal(1, after.Accounts.Single(one => one.Account == own).Options.Legs);
        Assert.True(SnapshotValuation.Value(after, after.Accounts.Single(one => one.Account == own)).InitialHealth >= Wad.One);
        var sent = folder.Intents().Where(intent => intent.Purpose.StartsWith("liquidate/", StringComparison.Ordinal)).ToList();
        Assert.True(sent is [{ State: IntentState.Included }], string.Join('\n', sent.Select(intent => $"{intent.Purpose}: {intent.State}")) + keeper.Errors);
        var replayed = await folder.RunAsync("replay");
        Assert.True(replayed.ExitCode == 0, replayed.ToString());
    }

    [Fact]
    public async Task Run_WriterOfOptionsNearLiquidation_IsToldAHedgeAndNothingIsSent()
    {
        await world.ResetAsync();
        using var seller = PrivateKey.Generate();
        var account = await FundAsync(seller.Address, 5);
        await SellAsync(seller, account, calls: 6);
        await RiseUntilUnderAsync(account, 1.08);
        Assert.True(HealthOf(await world.SnapshotAsync(), account) >= 1);
        using var folder = world.NewKeeper(KeeperMode.Active);
        await using var keeper = folder.StartKeeper();
        var subject = Subject.Hedge(account, world.Deployment.Assets[0].Token);
        await Until.TrueAsync(() => keeper.HasExited || folder.Decisions().Any(decision => decision.Subject == subject), "a hedge is judged", () => keeper.Errors);
        await folder.SettledAsync(keeper, "approve/");
        Assert.Equal(0, (await keeper.StopAsync()).ExitCode);

        var told = folder.Decisions().First(decision => decision.Subject == subject).Verdict;
        var hedge = Assert.IsType<Propose>(told).Hedge;
        Assert.True(hedge.MarginReleased > Wad.Zero && hedge.Cost > Wad.Zero && hedge.Trades.Length > 0, $"{hedge}");
        Assert.All(folder.Intents(), intent => Assert.StartsWith("approve/", intent.Purpose, StringComparison.Ordinal));
        var explained = await folder.RunAsync("account", "explain", account.ToString());
        Assert.Contains("hedge on WETH: Propose: health ", explained.Output, StringComparison.Ordinal);
        var replayed = await folder.RunAsync("replay");
        Assert.True(replayed.ExitCode == 0, replayed.ToString());
    }

    private static double HealthOf(ChainSnapshot snapshot, Hash32 account) =>
        SnapshotValuation.Value(snapshot, snapshot.Accounts.Single(one => one.Account == account)).Health!.Value.ToDouble();

    /// <summary>Anyone may add collateral to any account: that opens it.</summary>
    private async Task<Hash32> FundAsync(Address owner, int weth)
    {
        var (giver, vault, token, amount) = (world.Chain.Accounts[0], world.Deployment.Addresses.MarginVault, world.Deployment.Assets[0].Token, weth * Wad.Scale);
        var account = new Hash32([.. owner.ToBytes(), .. new byte[12]]);
        await world.Chain.SendAsync(giver, token, new MockToken.MintFunction(giver, amount), CancellationToken.None);
        await world.Chain.SendAsync(giver, token, new MockToken.ApproveFunction(vault, amount), CancellationToken.None);
        await world.Chain.SendAsync(giver, vault, new MarginVault.AddCollateralFunction(account, token, amount), CancellationToken.None);
        return account;
    }

    /// <summary>Calls at the money for a month, to the owner of account 0.</summary>
    private async Task SellAsync(PrivateKey seller, Hash32 account, int calls)
    {
        var (weth, oracle) = (world.Deployment.Assets[0].Token, world.Deployment.Addresses.RiskOracle);
        var snapshot = await world.SnapshotAsync();
        var expiry = snapshot.Block.Timestamp + (30 * 24 * ProtocolWorld.Hour);
        await world.Chain.SendAsync(world.Chain.Accounts[0], oracle, new RiskOracle.ListExpiryFunction(weth, expiry, (ulong)(Wad.Scale * 7 / 10), (ulong)Wad.Scale), CancellationToken.None);
        var block = snapshot.Block.Hash;
        var book = await world.Chain.Eth.CallAsync(new MarginVault.OptionBookFunction(), world.Deployment.Addresses.MarginVault, world.Keeper, block, CancellationToken.None);
        var size = calls * Wad.Scale;
        var holder = snapshot.Accounts[0];
        var offer = new Offer(account, weth, true, new BigInteger(Spot) * Wad.Scale, expiry, size, false, 1_000_000, default, 1, expiry);
        var digest = await world.Chain.Eth.CallAsync(new OptionBook.DigestOfFunction(offer), book, world.Keeper, block, CancellationToken.None);
        await world.Chain.SendAsync(
            holder.Owner, book, new OptionBook.TradeFunction(offer, seller.SignDigest(digest).ToBytes65(), new Fill(holder.Account, size, false, false, [], [])), CancellationToken.None);
    }

    /// <summary>The price goes up until the account is to be liquidated; nobody is at work yet, who would make it healthy while it rises.</summary>
    private Task RiseUntilLiquidatableAsync(Hash32 account) => RiseUntilUnderAsync(account, 1);

    private async Task RiseUntilUnderAsync(Hash32 account, double health)
    {
        var price = Spot;
        for (var tries = 0; tries < 80 && HealthOf(await world.SnapshotAsync(), account) >= health; tries++)
        {
            price *= 1.01;
            await world.SetPricesAsync(price, price * 20, await world.NowAsync() + 60);
        }
    }

    private async Task<List<MarginVault.PortfolioTakenEvent>> TakenAsync()
    {
        var head = (await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Number;
        var taken = new List<MarginVault.PortfolioTakenEvent>();
        foreach (var log in await world.Chain.Eth.GetLogsAsync(new LogFilter(world.Deployment.Addresses.MarginVault, null, null, world.Deployment.Block, head), CancellationToken.None))
        {
            if (MarginVault.PortfolioTakenEvent.TryDecode(log, out var one))
            {
                taken.Add(one);
            }
        }

        return taken;
    }
}
