using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Benchmarks;

/// <summary>A market of eight assets and accounts that hold three each, all owing; one in a thousand is under health 1.</summary>
internal static class ScreenInputs
{
    public const int Assets = 8;

    private const int HeldEach = 3;
    private const int UnderEvery = 1000;
    private const ulong Now = 1_767_225_600;

    public static readonly KeeperSettings Settings = new(
        KeeperMode.Active, new Bps(500), 86_400, Wad.One, new Bps(100), QuarantineAfterFailures: 3, QuarantineSeconds: 600, LiquidationDeadlineSeconds: 120, int.MaxValue, 1e-9, Wad.One, Wad.One, Wad.Zero, new Bps(10_000), Wad.Zero, Wad.Zero, Wad.One);

    public static ChainSnapshot Market(int accounts, int seed)
    {
        var random = new SeededRandom((ulong)seed);
        var assets = Enumerable.Range(0, Assets).Select(Asset).ToImmutableArray();
        return new ChainSnapshot(
            new ChainId(31337),
            new BlockRef(100, Numbered(100), Numbered(99), Now),
            new MarketSnapshot(Token(0xCC), 6, Percent(103), 100_000_000, Percent(50), Percent(5), Wad.Zero, 0, 0, MarketSnapshot.ShareScale),
            Report,
            assets,
            [.. Enumerable.Range(0, accounts).Select(number => Account(number, assets, random))],
            new KeeperBalances(Token(0xAA), BigInteger.Pow(10, 30), (BigInteger.One << 256) - 1, BigInteger.Pow(10, 18)));
    }

    /// <summary>The next block, with every account the same object and these assets at a fraction of their price.</summary>
    public static ChainSnapshot Next(ChainSnapshot snapshot, int moved, int perMille) => snapshot with
    {
        Block = new BlockRef(snapshot.Block.Number + 1, Numbered((int)snapshot.Block.Number + 1), snapshot.Block.Hash, snapshot.Block.Timestamp),
        Assets = [.. snapshot.Assets.Select((asset, i) => i >= moved ? asset : asset with { Price = new Price(new Wad(asset.Price.PerToken.Raw * perMille / 1000)) })],
    };

    private static readonly ReportSnapshot Report = new(Numbered(1), Hash32.Zero, 4, Now - 60, 21_600, 93_600, 259_200, 2, 3, []);

    private static AccountSnapshot Account(int number, ImmutableArray<AssetSnapshot> assets, SeededRandom random)
    {
        var collateral = new BigInteger[Assets];
        for (var held = 0; held < HeldEach; held++)
        {
            var asset = random.NextInt(Assets);
            collateral[asset] = new BigInteger(1_000_000 * (1 + (99 * random.NextUniform()))) * BigInteger.Pow(10, assets[asset].Decimals) / 1_000_000;
        }

        var account = new AccountSnapshot(Numbered(number), Token(0xD0), number, 0, 1, 0, 0, [.. collateral], OptionSnapshot.None, default);
        var capacity = collateral.Select((amount, i) => (double)amount / Math.Pow(10, assets[i].Decimals) * assets[i].Price.PerToken.ToDouble() * assets[i].LiquidationThreshold.ToDouble()).Sum();
        var share = number % UnderEvery == 0 ? 1.02 : 0.2 + (0.7 * random.NextUniform());
        return account with { DebtShares = new BigInteger(capacity * share * 1e6) };
    }

    private static AssetSnapshot Asset(int number)
    {
        int[] decimals = [18, 8, 6, 18, 18, 8, 24, 0];
        var parameters = new FactorParameters(2.6652142, 432_000, 0.05, 0.15);
        var start = Wad.FromDoubleDown(CollateralFactors.LnLiquidationThreshold(0.6, 0.02, parameters));
        var price = new Price(new Wad(Wad.Scale * (number + 1) * 397));
        var asset = new AssetSnapshot(
            Token(0xE0 + number),
            $"A{number}",
            decimals[number],
            PriceStatus.Ok,
            price,
            Now,
            Wad.Zero,
            price,
            [.. Enumerable.Repeat(new FeedSnapshot(PriceStatus.Ok, price, Now), 3)],
            0,
            new AttestedSnapshot(Percent(60), Percent(2), Percent(60), Percent(2), start, Now - 60),
            new FallbackSnapshot(Percent(150), Percent(10)),
            new BoundsSnapshot(
                Percent(35), Percent(400), Percent(30), Percent(100), Percent(10), Percent(10), new Wad(new BigInteger(2_665_214_200) * 1_000_000_000), Percent(5), Percent(15), Percent(2), 432_000),
            [],
            Wad.Zero,
            Wad.Zero);
        var factors = SnapshotValuation.RecomputeFactors(asset, Report, Now);
        return asset with { LiquidationThreshold = factors.LiquidationThreshold, BorrowFactor = factors.BorrowFactor };
    }

    private static Wad Percent(int percent) => new(Wad.Scale * percent / 100);

    private static Address Token(int number) => new([.. new byte[19], (byte)number]);

    private static Hash32 Numbered(int number)
    {
        var bytes = new byte[32];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(28), number);
        return new Hash32(bytes);
    }
}
