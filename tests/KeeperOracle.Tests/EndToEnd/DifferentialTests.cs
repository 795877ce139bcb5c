using System.Globalization;
using System.Numerics;
using System.Text.Json;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Reading;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Snapshots;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The two implementations of each formula, C# and Solidity, on the same numbers: the code that is deployed, on a live chain.</summary>
[Collection(EndToEndCollections.World)]
public sealed class DifferentialTests(ProtocolWorld world, ITestOutputHelper output)
{
    private const int Cases = 10_000;
    private const int Seed = 3_141_592;
    private const double Tolerance = 1e-9;

    [Fact]
    public async Task Factors_TenThousandRandomCases_AgreeWithSolidity()
    {
        await using var anvil = await AnvilNode.StartAsync();
        var harness = await anvil.DeployAsync(BytecodeOf("MathHarness"));
        var reader = new ChainReader(anvil.Rpc, await anvil.DeployMulticall3Async(), batchSize: 500);
        var head = (await anvil.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref;
        var batch = reader.At(head.Hash);
        var random = new Random(Seed);
        var cases = Enumerable.Range(0, Cases).Select(_ => ThresholdFunction.Random(random)).ToList();
        var reads = cases.Select(one => (Case: one, Read: batch.Add(harness, one))).ToList();
        await batch.ExecuteAsync(CancellationToken.None);

        var (largest, where) = (0.0, cases[0]);
        foreach (var (one, read) in reads)
        {
            var (threshold, borrow) = one.InCSharp();
            var difference = Math.Max(Relative(threshold, read.Value.Threshold), Relative(borrow, read.Value.Borrow));
            (largest, where) = difference > largest ? (difference, one) : (largest, where);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"largest relative difference of {Cases} cases: {largest:e2} at {where}"));
        Assert.True(largest <= Tolerance, $"{largest} at {where}");
    }

    [Fact]
    public async Task Digest_RandomObservations_EqualsTheVerifiers()
    {
        await world.ResetAsync();
        var verifier = world.Deployment.Addresses.AttestationVerifier;
        var random = new Random(Seed);
        var batch = world.Reader.At((await world.Chain.Eth.GetLatestBlockAsync(CancellationToken.None)).Ref.Hash);
        var reads = Enumerable.Range(0, 300).Select(i => RandomObservation(random, i % 4, i % 3)).Select(observation =>
            (observation, batch.Add(verifier, new AttestationVerifier.DigestOfFunction(observation)))).ToList();
        await batch.ExecuteAsync(CancellationToken.None);
        Assert.All(reads, read => Assert.Equal(read.Item2.Value, ObservationDigest.Compute(world.Chain.Id, verifier, read.observation)));
    }

    [Fact]
    public async Task Valuation_UnpricedCollateral_EqualsTheVaults()
    {
        await world.ResetAsync();
        await world.PushAsync(1, BigInteger.Zero);
        var snapshot = await world.SnapshotAsync();
        Assert.Equal(PriceStatus.TooFewFeeds, snapshot.Assets[1].PriceStatus);
        foreach (var account in snapshot.Accounts)
        {
            await CompareAsync(snapshot, account);
        }
    }

    [Fact]
    public async Task Valuation_SilentOracle_EqualsTheVaults()
    {
        await world.ResetAsync();
        var report = (await world.SnapshotAsync()).Report;
        await world.SetPricesAsync(2600, 52000, report.LastReportAt + report.HeartbeatSeconds + 60);
        var snapshot = await world.SnapshotAsync();
        foreach (var account in snapshot.Accounts)
        {
            await CompareAsync(snapshot, account);
        }

        Assert.All(snapshot.Assets, asset =>
        {
            var here = SnapshotValuation.RecomputeFactors(asset, snapshot.Report, snapshot.Block.Timestamp);
            Assert.InRange(Relative(here.BorrowFactor.ToDouble(), asset.BorrowFactor.Raw), 0, Tolerance);
            Assert.InRange(Relative(here.LiquidationThreshold.ToDouble(), asset.LiquidationThreshold.Raw), 0, Tolerance);
        });
    }

    private static Observation RandomObservation(Random random, int assets, int expiries)
    {
        ulong Number() => (ulong)random.NextInt64();
        byte[] Bytes(int length)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            return bytes;
        }

        return new Observation(
            new Hash32(Bytes(32)), Number(), new Hash32(Bytes(32)), Number(), Number(), ulong.MaxValue, new Hash32(Bytes(32)),
            [.. Enumerable.Range(0, assets).Select(i => new AssetRisk(new Address(Bytes(20)), Number(), Number(), [.. Enumerable.Range(0, i % 2 == 0 ? expiries : 0)
                .Select(_ => new ExpiryRisk(Number(), Number(), ulong.MaxValue))]))]);
    }

    [Fact]
    public async Task Valuation_LiveAccountsAtSeveralPrices_EqualsTheVaults()
    {
        await world.ResetAsync();
        var (liquidatable, closed) = (0, 0);
        (double Weth, double Wbtc)[] prices = [(3000, 60000), (2600, 60000), (2600, 52000), (2213.77, 47011.5), (1800, 36000), (1000, 20000)];
        for (var i = 0; i < prices.Length; i++)
        {
            await world.SetPricesAsync(prices[i].Weth, prices[i].Wbtc, ProtocolWorld.Start + ((ulong)(i + 1) * ProtocolWorld.Hour));
            var snapshot = await world.SnapshotAsync();
            foreach (var account in snapshot.Accounts)
            {
                var (sized, closes) = await CompareAsync(snapshot, account);
                liquidatable += sized ? 1 : 0;
                closed += closes ? 1 : 0;
            }
        }

        output.WriteLine($"{prices.Length * ProtocolWorld.AccountCount} valuations, {liquidatable} plans, {closed} of them of the whole debt");
        Assert.True(liquidatable >= 10);
    }

    private async Task<(bool Sized, bool Closes)> CompareAsync(ChainSnapshot snapshot, AccountSnapshot account)
    {
        var vault = world.Deployment.Addresses.MarginVault;
        var batch = world.Reader.At(snapshot.Block.Hash);
        var health = batch.Add(vault, new MarginVault.HealthFunction(account.Account));
        var valuation = batch.Add(vault, new MarginVault.ValuationFunction(account.Account));
        var plan = batch.Add(vault, new MarginVault.LiquidationPlanFunction(account.Account));
        await batch.ExecuteAsync(CancellationToken.None);

        var here = SnapshotValuation.Value(snapshot, account);
        Assert.Equal(health.Value, here.Health!.Value.Raw);
        Assert.Equal(
            (valuation.Value.Debt, valuation.Value.CollateralValue, valuation.Value.BorrowCapacity, valuation.Value.LiquidationCapacity),
            (here.Debt.Raw, here.CollateralValue.Raw, here.BorrowCapacity.Raw, here.LiquidationCapacity.Raw));
        Assert.Equal(
            (valuation.Value.InitialRequirement, valuation.Value.MaintenanceRequirement, valuation.Value.MarkToMarket),
            (here.InitialRequirement.Raw, here.MaintenanceRequirement.Raw, here.MarkToMarket.Raw));

        var sizing = SnapshotValuation.Size(snapshot, account);
        Assert.Equal(plan.Value.HealthBefore, here.Health.Value.Raw);
        Assert.Equal(sizing is null, plan.Value.Repay.IsZero);
        if (sizing is null)
        {
            return (false, false);
        }

        Assert.InRange(BigInteger.Abs(plan.Value.Repay - sizing.Repay), 0, 1);
        for (var i = 0; i < snapshot.Assets.Length; i++)
        {
            var asset = snapshot.Assets[i];
            var units = (double)(sizing.SeizeValue[i].Raw * BigInteger.Pow(10, asset.Decimals)) / (double)asset.Price.PerToken.Raw;
            // One unit of a token with few decimals is more than the tolerance of a small seizure.
            Assert.InRange((double)plan.Value.Seize[i], (units * (1 - Tolerance)) - 1, (units * (1 + Tolerance)) + 1);
        }

        return (true, sizing.Repay == snapshot.Market.DebtOf(account));
    }

    private static double Relative(double here, BigInteger there) => Math.Abs(here - ((double)there / 1e18)) / ((double)there / 1e18);

    private static string BytecodeOf(string contract)
    {
        using var artifact = JsonDocument.Parse(File.ReadAllText(RepositoryFiles.PathOf("artifacts", "contracts", $"{contract}.sol", $"{contract}.json")));
        return artifact.RootElement.GetProperty("bytecode").GetProperty("object").GetString()!;
    }

    /// <summary>MathHarness.threshold: the arithmetic of FactorMath without any bounds. All arguments scaled by 1e18 but the horizon in seconds.</summary>
    private sealed record ThresholdFunction(
        ulong Volatility, ulong Slippage, ulong TailMultiplier, ulong Horizon, ulong Bonus, ulong Jump) : IContractFunction<(BigInteger Threshold, BigInteger Borrow)>
    {
        private static readonly Selector Selector = Selector.Of("threshold(uint256,uint256,uint256,uint256,uint256,uint256)");

        /// <summary>Wider than any sensible bounds; volatility and horizon by their logarithm.</summary>
        public static ThresholdFunction Random(Random random)
        {
            ulong Between(double low, double high) => (ulong)((low + ((high - low) * random.NextDouble())) * 1e18);
            double Logarithmic(double low, double high) => low * Math.Pow(high / low, random.NextDouble());
            return new ThresholdFunction(
                (ulong)(Logarithmic(0.01, 5) * 1e18),
                Between(0, 0.6),
                Between(0.5, 6),
                (ulong)Logarithmic(60, 30 * 86_400),
                Between(0, 0.3),
                Between(0, 0.5));
        }

        public (double Threshold, double Borrow) InCSharp()
        {
            var volatility = new Wad(Volatility).ToDouble();
            var parameters = new FactorParameters(new Wad(TailMultiplier).ToDouble(), Horizon, new Wad(Bonus).ToDouble(), new Wad(Jump).ToDouble());
            var threshold = CollateralFactors.LiquidationThreshold(volatility, new Wad(Slippage).ToDouble(), parameters);
            return (threshold, CollateralFactors.BorrowFactor(threshold, volatility));
        }

        public byte[] EncodeCall()
        {
            var writer = new AbiWriter();
            foreach (var argument in (ulong[])[Volatility, Slippage, TailMultiplier, Horizon, Bonus, Jump])
            {
                writer.BigUnsigned(argument, 256);
            }

            return writer.ToCall(Selector);
        }

        public (BigInteger Threshold, BigInteger Borrow) DecodeResult(ReadOnlySpan<byte> data)
        {
            var reader = new AbiReader(data, 2);
            var result = (reader.BigUnsigned(256), reader.BigUnsigned(256));
            reader.Finish();
            return result;
        }
    }
}
