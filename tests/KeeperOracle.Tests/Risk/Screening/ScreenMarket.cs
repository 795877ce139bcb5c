using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Screening;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Tests.Keeper;

namespace KeeperOracle.Tests.Risk.Screening;

/// <summary>Random markets with everything that is at an edge: amounts, prices, decimals, debts within a unit of health 1.</summary>
internal sealed class ScreenMarket(int seed)
{
    private static readonly int[] Decimals = [0, 6, 8, 18, 24];
    private static readonly int[] StableDecimals = [0, 6, 8, 18];
    private readonly Random _random = new(seed);

    public int Next(int limit) => _random.Next(limit);

    public ChainSnapshot Snapshot(int accounts, int assets)
    {
        var snapshot = Snapshots.Snapshot();
        snapshot = snapshot with
        {
            Market = snapshot.Market with
            {
                StableDecimals = StableDecimals[Next(StableDecimals.Length)],
                BorrowIndex = Next(3) == 0 ? MarketSnapshot.ShareScale : BigInteger.Pow(10, 27) + Below(BigInteger.Pow(10, 27)),
            },
            Assets = [.. Enumerable.Range(0, assets).Select(Asset)],
        };
        return snapshot with { Accounts = [.. Enumerable.Range(0, accounts).Select(number => Account(snapshot, number))] };
    }

    public AssetSnapshot Asset(int number) => Moved(Snapshots.Asset($"A{number}", new Address([.. new byte[18], 0xA0, (byte)number]), Decimals[Next(Decimals.Length)], 1));

    /// <summary>With another price, status, largest price and threshold of at most 1.</summary>
    public AssetSnapshot Moved(AssetSnapshot asset) => asset with
    {
        PriceStatus = Next(10) switch { 0 => PriceStatus.Stale, 1 => PriceStatus.RepayWindow, 2 => PriceStatus.Divided, _ => PriceStatus.Ok },
        Price = new Price(new Wad(Number(28))),
        MaxPrice = new Price(new Wad(Number(30))),
        LiquidationThreshold = new Wad(Next(8) switch { 0 => 0, 1 => Wad.Scale, 2 => 1, _ => Below(Wad.Scale) }),
    };

    public AccountSnapshot Account(ChainSnapshot snapshot, int number)
    {
        var account = Snapshots.Account(number, 0, 0) with
        {
            Collateral = [.. snapshot.Assets.Select(asset => Next(2) == 0 ? BigInteger.Zero : Amount(asset.Decimals))],
            Credit = Next(10) == 0 ? Number(20) : 0,
            Options = Next(25) switch
            {
                0 => new OptionSnapshot(2, Wad.Zero, new Wad(Number(24)), Wad.Zero, 0, ""),
                1 => new OptionSnapshot(1, Wad.Zero, Wad.Zero, Wad.Zero, 0, "an underlying without a price"),
                2 => OptionSnapshot.None with { PendingClaims = Number(12) },
                _ => OptionSnapshot.None,
            },
            Remote = Next(25) == 0 ? new RemoteSnapshot(Wad.One, new Wad(Number(24)), Wad.One) : default,
        };
        return account with { DebtShares = Shares(snapshot, account) };
    }

    private BigInteger Shares(ChainSnapshot snapshot, AccountSnapshot account)
    {
        if (account.Options.Problem.Length > 0 || Next(5) == 0)
        {
            return Next(2) == 0 ? 0 : Number(60);
        }

        // As much as its capacity holds up, to two units: both sides of health 1.
        var capacity = SnapshotValuation.Value(snapshot, account with { DebtShares = 1 }).LiquidationCapacity.Raw - account.Options.Requirement.Raw;
        var edge = (capacity / BigInteger.Pow(10, 18 - snapshot.Market.StableDecimals)) + Next(5) - 2;
        var units = Next(6) switch
        {
            0 => edge * 9 / 10,
            1 => edge * 11 / 10,
            2 => edge - (edge >> 40),
            3 => edge + (edge >> 53),
            _ => edge,
        };
        return BigInteger.Max(0, (units * MarketSnapshot.ShareScale / snapshot.Market.BorrowIndex) + Next(3) - 1);
    }

    private BigInteger Amount(int decimals) => Next(12) switch
    {
        0 => 1,
        1 => (BigInteger.One << 128) - 1,
        2 => (BigInteger.One << 256) - Next(2),
        3 => Number(90),
        4 => (BigInteger.One << 53) + 1,
        _ => Below(BigInteger.Pow(10, decimals + 4)),
    };

    /// <summary>Of any size up to so many digits, and zero at times.</summary>
    private BigInteger Number(int digits) => Next(15) == 0 ? 0 : Below(BigInteger.Pow(10, 1 + Next(digits)));

    private BigInteger Below(BigInteger limit)
    {
        var bytes = new byte[limit.GetByteCount() + 8];
        _random.NextBytes(bytes);
        return new BigInteger(bytes, isUnsigned: true) % limit;
    }

    public static int[] Open(AccountScreen screen) => [.. screen.ToJudge(screen)];

    /// <summary>Those whose exact health is under 1, and those that have none.</summary>
    public static IEnumerable<int> MustBeOpen(ChainSnapshot snapshot) => MustBeOpen(snapshot, Wad.One);

    public static IEnumerable<int> MustBeOpen(ChainSnapshot snapshot, Wad health) => Enumerable.Range(0, snapshot.Accounts.Length).Where(i =>
        snapshot.Accounts[i].Options.Problem.Length > 0 || SnapshotValuation.Value(snapshot, snapshot.Accounts[i]).Health < health);
}
