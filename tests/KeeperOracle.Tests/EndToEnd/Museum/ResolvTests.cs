using System.Numerics;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd.Museum;

/// <summary>
/// Resolv, 22 March 2026: a service's key was stolen, and no contract had a limit to what that key could confirm: 50m USR were minted for USD 100,000, and
/// later 30m more for as much; some USD 25m were taken out (Resolv Labs' post-mortem, and the two transactions at 02:21 and 03:41 UTC).
/// Here the thief has the key of every oracle node for 24 hours, and the keeper does his work for him, as anybody would.
/// </summary>
[Collection(EndToEndCollections.World)]
public sealed class ResolvTests(ProtocolWorld world, ITestOutputHelper output) : IncidentReplay(world, output)
{
    private const double MintedOverPaid = 500;
    private const int Loans = 20;
    private const double Price = 2770;
    private const double LargestVolatility = 4;
    private const int Steps = 12;

    [Fact]
    public async Task Resolv_EveryOracleKeyIsStolenForADay_WronglyLiquidatedDebtIsUnderTwoPercent()
    {
        await PrepareAsync();
        var honest = (await World.SnapshotAsync()).Assets.Select(asset => asset.LiquidationThreshold).ToList();
        await using var keeper = await AttendedKeeper.StartAsync(World);
        for (var step = 0; step < Steps; step++)
        {
            await PassAsync(hours: 2);
            if (step % 3 == 2)
            {
                await ReportAsync(scale: 1.99);
            }

            await keeper.QuietAsync();
        }

        await keeper.StopAsync();
        var judged = await JudgeAsync();
        judged.AssertHolds();
        var wrongly = await LiquidatedAtAsync(honest);
        var limit = (double)judged.Debt.Raw / 1e18 * 0.02;
        Say($"liquidated for a rule {wrongly:0}, limit {limit:0}");
        Assert.True(wrongly > 0 && wrongly <= limit, $"{wrongly} was liquidated for a rule, the limit is {limit}");

        // The control: what the same keys would have taken today if the vault had no such limit. And nobody can take it away.
        var held = (await PreyAsync()).Values.Aggregate(BigInteger.Zero, (sum, repay) => sum + repay);
        Say($"held back {(double)held / 1e6:0}");
        Assert.True((double)held / 1e6 > 2 * limit, $"{held} held back: the limit was not needed");
        Assert.Contains(keeper.Decisions, decision => decision.Verdict is Refuse { Refusal.Code: RefusalCode.RuleBudgetExhausted });
        var wider = new MarginVault.SetLimitsFunction(new VaultLimits(20_000_000_000_000_001, 0, 0, 3600));
        Assert.StartsWith("LimitInvalid(", await RefusedAsync(Admin, Vault, wider), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resolv_EveryOracleKeyIsStolenForADay_MoreIsLentOnlyByThePublishedSteps()
    {
        await PrepareAsync();
        var account = Id(Attacker, 0);
        await AddAsync(Attacker, account, Weth, 100);
        await PassAsync(hours: 6);
        var before = await RoomAsync(account);

        // As in the incident, five hundred times what there is: refused, and so is a five-hundredth.
        foreach (var scale in (double[])[MintedOverPaid, 1 / MintedOverPaid])
        {
            var observation = await World.ObserveAsync();
            var vector = observation.Vector.Select(entry => entry with { Volatility = (ulong)Math.Min(entry.Volatility * scale, 1.8e19) });
            var words = await RefusedAsync(
                Attacker, World.Deployment.Addresses.RiskOracle, new RiskOracle.SubmitFunction(World.SignByThree(observation with { Vector = [.. vector] })));
            Assert.StartsWith("VolatilityOutOfBounds(", words, StringComparison.Ordinal);
        }

        for (var report = 0; report < 4; report++)
        {
            await ReportAsync(scale: 0.9001);
            await PassAsync(hours: 6);
        }

        var after = await RoomAsync(account);
        Assert.InRange((double)after / (double)before, 1.001, 1.08);
        await BorrowAsync(account, Attacker, after - 10_000);
        (await JudgeAsync()).AssertHolds();
    }

    /// <summary>Twenty loans a third of a percent over health 1.</summary>
    private async Task PrepareAsync()
    {
        await World.ResetAsync();
        await NewCrowd().OpenAsync(first: 0, Loans, weth: 10, appetite: 0.99, CancellationToken.None);
        await World.SetPricesOfFeedsAsync(Price, 60_000, await World.NowAsync() + 12);
        await BeginAsync();
    }

    private async Task PassAsync(ulong hours) => await World.SetPricesOfFeedsAsync(Price, 60_000, await World.NowAsync() + (hours * ProtocolWorld.Hour));

    /// <summary>Signed by all that a report needs, as far as the contract takes it.</summary>
    private async Task ReportAsync(double scale)
    {
        var observation = await World.ObserveAsync(scale);
        var vector = observation.Vector.Select(entry => entry with { Volatility = Math.Clamp(entry.Volatility, 350_000_000_000_000_000, (ulong)(LargestVolatility * 1e18)) });
        await SendAsync(Attacker, World.Deployment.Addresses.RiskOracle, new RiskOracle.SubmitFunction(World.SignByThree(observation with { Vector = [.. vector] })));
    }

    /// <summary>Units of account repaid by liquidations of accounts that were healthy at these thresholds.</summary>
    private async Task<double> LiquidatedAtAsync(List<Wad> thresholds)
    {
        var sum = 0.0;
        foreach (var (block, liquidated) in await LiquidatedAsync())
        {
            var before = await SnapshotAtAsync(block - 1);
            var honest = before with { Assets = [.. before.Assets.Select((asset, i) => asset with { LiquidationThreshold = thresholds[i] })] };
            if (SnapshotValuation.Value(honest, honest.Accounts.Single(one => one.Account == liquidated.Account)).Health >= Wad.One)
            {
                sum += (double)liquidated.Repaid / 1e6;
            }
        }

        return sum;
    }
}
