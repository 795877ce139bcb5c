using System.Numerics;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Simulation;

/// <summary>
/// What the keeper would read of a simulated block: one collateral at 3,000, and accounts that owe either little or so much that they must be
/// liquidated. Its report never ages, so that the keeper finds the factors that its formulas give.
/// </summary>
internal sealed class SimulatedMarket
{
    public static readonly ChainId Chain = new(31337);

    private static readonly Wad Unit = Wad.One;
    private static readonly Address Token = Numbered(0xE1);
    private static readonly ReportSnapshot Report = new(
        new Hash32([.. new byte[12], .. Bytes(0x0A)]), Hash32.Zero, 4, SimulatedChain.Start, 21_600, uint.MaxValue, uint.MaxValue, 2, 3, []);

    private readonly AssetSnapshot _asset = Asset();

    public static KeeperSettings Settings { get; } = new(
        KeeperMode.Active, new Bps(500), 86_400, Wad.One, new Bps(100), QuarantineAfterFailures: 3, QuarantineSeconds: 30, LiquidationDeadlineSeconds: 60, MaxAccounts: 10, 1e-9, Wad.One, Wad.One, Wad.Zero, new Bps(10_000), Wad.Zero, Wad.Zero, Wad.One);

    public static Address Numbered(int number) => new(Bytes(number));

    public ChainSnapshot Read(SimulatedBlock block, Address keeper) => new(
        Chain,
        block.Ref,
        new MarketSnapshot(Numbered(0xCC), 6, Percent(103), 100_000_000, Percent(50), Percent(5), Wad.Zero, 0, 0, MarketSnapshot.ShareScale),
        Report with { LastReportAt = block.Ref.Timestamp },
        [_asset with { Attested = _asset.Attested with { UpdatedAt = block.Ref.Timestamp }, PriceUpdatedAt = block.Ref.Timestamp }],
        [.. block.State.IsUnhealthy.Select((isUnhealthy, account) => Account(account, isUnhealthy, block.State.Liquidations[account]))],
        new KeeperBalances(keeper, new BigInteger(1_000_000) * 1_000_000, (BigInteger.One << 256) - 1, BigInteger.Pow(10, 18)));

    public static int AccountOf(Hash32 account) => account.ToBytes()[31];

    private static AccountSnapshot Account(int account, bool isUnhealthy, uint liquidations)
    {
        var id = new byte[32];
        id[31] = (byte)account;
        return new AccountSnapshot(
            new Hash32(id), Numbered(0xD0), account, liquidations, new BigInteger(isUnhealthy ? 2_500 : 1_000) * 1_000_000, 0, 0, [BigInteger.Pow(10, 18)], OptionSnapshot.None, default);
    }

    private static AssetSnapshot Asset()
    {
        var parameters = new FactorParameters(2.6652142, 432_000, 0.05, 0.15);
        var start = Wad.FromDoubleDown(CollateralFactors.LnLiquidationThreshold(0.6, 0.02, parameters));
        var price = new Price(new Wad(3_000 * Unit.Raw));
        var asset = new AssetSnapshot(
            Token,
            "WETH",
            18,
            PriceStatus.Ok,
            price,
            SimulatedChain.Start,
            Wad.Zero,
            new Price(new Wad(300_000 * Unit.Raw)),
            [.. Enumerable.Repeat(new FeedSnapshot(PriceStatus.Ok, price, SimulatedChain.Start), 3)],
            0,
            new AttestedSnapshot(Percent(60), Percent(2), Percent(60), Percent(2), start, SimulatedChain.Start),
            new FallbackSnapshot(Percent(150), Percent(10)),
            new BoundsSnapshot(Percent(35), Percent(400), Percent(30), Percent(100), Percent(10), Percent(10), new Wad(BigInteger.Parse("2665214200000000000", System.Globalization.CultureInfo.InvariantCulture)), Percent(5), Percent(15), Percent(2), 432_000),
            [],
            Wad.Zero,
            Wad.Zero);
        var factors = SnapshotValuation.RecomputeFactors(asset, Report, SimulatedChain.Start);
        return asset with { LiquidationThreshold = factors.LiquidationThreshold, BorrowFactor = factors.BorrowFactor };
    }

    /// <summary>As a fraction.</summary>
    private static Wad Percent(int percent) => new(Unit.Raw * percent / 100);

    private static byte[] Bytes(int number)
    {
        var bytes = new byte[20];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(16), number);
        return bytes;
    }
}
