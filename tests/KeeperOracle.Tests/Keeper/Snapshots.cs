using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Factors;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.Keeper;

/// <summary>
/// A small market: WETH at 3000 and WBTC at 60000 against a stable token of 6 decimals, four oracle nodes of which three make a whole
/// report and two a tightening. Factors are those the formulas give, so that the keeper finds chain and formulas agreeing.
/// </summary>
internal static class Snapshots
{
    public const ulong Now = 1_767_225_600;
    public const ulong LastReportAt = Now - 30_000; // over the least interval, under the heartbeat

    public static readonly ChainId Anvil = new(31337);
    public static readonly Address Weth = Token(0xE1);
    public static readonly Address Wbtc = Token(0xB1);
    public static readonly Hash32 Market = Number(31337, 12);

    /// <summary>As purposes name it.</summary>
    public static readonly string MarketName = new Address(Market.ToBytes().AsSpan(12)).ToString();
    public static readonly Hash32 ConfigDigest = Number(77, 32);
    public static readonly ImmutableArray<Address> Signers = [Token(1), Token(2), Token(3), Token(4)];

    public static KeeperSettings Settings { get; } = new(
        KeeperMode.Active,
        DeviationBps: new Bps(500),
        ReportHeartbeatSeconds: 86_400,
        MinimumBonusValue: Wad.One,
        SeizureTolerance: new Bps(100),
        QuarantineAfterFailures: 3,
        QuarantineSeconds: 600,
        LiquidationDeadlineSeconds: 120,
        MaxAccounts: 10,
        FactorTolerance: 1e-9,
        ReportWorth: Fraction(1_000),
        FundingWorth: Fraction(100),
        ClosingWorth: Wad.Zero,
        MaxLiquidatableByReport: new Bps(2_000),
        TopUpWorth: Fraction(10),
        SettlementWorth: Fraction(5),
        AlertHealth: Wad.One);

    public static ReportSnapshot Report { get; } = new(Market, ConfigDigest, 4, LastReportAt, 21_600, 93_600, 259_200, 2, 3, Signers);

    public static ChainSnapshot Snapshot(params AccountSnapshot[] accounts) => new(
        Anvil,
        new BlockRef(100, Number(100, 32), Number(99, 32), Now),
        new MarketSnapshot(Token(0xCC), 6, Fraction(1.03m), 100_000_000, Fraction(0.5m), Fraction(0.05m), Wad.Zero, 0, 0, MarketSnapshot.ShareScale),
        Report,
        [Asset("WETH", Weth, 18, 3_000), Asset("WBTC", Wbtc, 8, 60_000)],
        [.. accounts],
        new KeeperBalances(Token(0xAA), Stable(1_000_000), (BigInteger.One << 256) - 1, BigInteger.Pow(10, 18)));

    public static AssetSnapshot Asset(string symbol, Address token, int decimals, decimal price, decimal volatility = 0.6m)
    {
        var asset = new AssetSnapshot(
            token,
            symbol,
            decimals,
            PriceStatus.Ok,
            new Price(Fraction(price)),
            Now - 60,
            Wad.Zero,
            new Price(Fraction(price * 100)),
            [.. Enumerable.Repeat(new FeedSnapshot(PriceStatus.Ok, new Price(Fraction(price)), Now - 60), 3)],
            0,
            Attested(volatility),
            new FallbackSnapshot(Fraction(1.5m), Fraction(0.1m)),
            Bounds(),
            [],
            Wad.Zero,
            Wad.Zero);
        return WithFactors(asset);
    }

    /// <summary>The asset with the factors that the formulas give at <see cref="Now"/>.</summary>
    public static AssetSnapshot WithFactors(AssetSnapshot asset)
    {
        var factors = SnapshotValuation.RecomputeFactors(asset, Report, Now);
        return asset with { LiquidationThreshold = factors.LiquidationThreshold, BorrowFactor = factors.BorrowFactor };
    }

    public static AttestedSnapshot Attested(decimal volatility, decimal slippage = 0.02m)
    {
        var parameters = new FactorParameters(2.6652142, 432_000, 0.05, 0.15);
        var start = Wad.FromDoubleDown(CollateralFactors.LnLiquidationThreshold((double)volatility, (double)slippage, parameters));
        return new AttestedSnapshot(Fraction(volatility), Fraction(slippage), Fraction(volatility), Fraction(slippage), start, LastReportAt);
    }

    public static BoundsSnapshot Bounds() => new(
        VolatilityFloor: Fraction(0.35m),
        VolatilityCap: Fraction(4m),
        SlippageCap: Fraction(0.3m),
        TightenStep: Fraction(1m),
        LoosenStep: Fraction(0.1m),
        SlippageStep: Fraction(0.1m),
        TailMultiplier: Fraction(2.6652142m),
        Bonus: Fraction(0.05m),
        Jump: Fraction(0.15m),
        RampPerDay: Fraction(0.021309m),
        HorizonSeconds: 432_000);

    /// <summary>Debt in whole stable tokens (a share is a unit here), collateral in whole tokens.</summary>
    public static AccountSnapshot Account(int number, decimal debt, decimal weth, decimal wbtc = 0) => new(
        Number(number, 32), Token(0xD0), number, 0, Stable(debt), 0, 0, [Units(weth, 18), Units(wbtc, 8)], OptionSnapshot.None, default);

    /// <summary>An observation of node 1 to 4 that every guard lets through.</summary>
    public static CollectedObservation Observation(int node, decimal weth, decimal wbtc = 0.6m, decimal slippage = 0.02m) => new(
        $"node-{node}",
        Signers[node - 1],
        "",
        Market,
        5,
        ConfigDigest,
        ObservedAt: Now - 10,
        NotBefore: Now - 10,
        Deadline: Now + 300,
        InputsRoot: Number(node, 32),
        [new ObservedRisk(Weth, Fraction(weth), Fraction(slippage), []), new ObservedRisk(Wbtc, Fraction(wbtc), Fraction(slippage), [])],
        $"0x{node:x2}");

    public static LaneState Offered(params CollectedObservation[] observations) => LaneState.Empty with { Observations = [.. observations] };

    /// <summary>The snapshot with one asset replaced; its factors are made anew.</summary>
    public static ChainSnapshot WithAsset(this ChainSnapshot snapshot, int index, Func<AssetSnapshot, AssetSnapshot> change) =>
        snapshot with { Assets = snapshot.Assets.SetItem(index, WithFactors(change(snapshot.Assets[index]))) };

    public static Wad Fraction(decimal value) => new(Units(value, 18));

    public static BigInteger Stable(decimal whole) => Units(whole, 6);

    /// <summary>A number at the end of the first so many bytes of 32.</summary>
    public static Hash32 Number(int number, int bytes)
    {
        var all = new byte[32];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(all.AsSpan(bytes - 4), number);
        return new Hash32(all);
    }

    private static BigInteger Units(decimal whole, int decimals) =>
        new BigInteger(decimal.Round(whole * 1_000_000_000, 0)) * BigInteger.Pow(10, decimals) / 1_000_000_000;

    private static Address Token(byte last) => new([.. new byte[19], last]);
}
