using System.Collections.Immutable;
using System.Numerics;
using CsCheck;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Screening;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;
using static KeeperOracle.Tests.Risk.Screening.ScreenMarket;

namespace KeeperOracle.Tests.Risk.Screening;

public sealed class AccountScreenTests
{
    [Fact]
    public void Build_AnyMarket_LetsThroughEveryAccountUnderOne() => Gen.Int[0, int.MaxValue - 1].Sample(
        seed =>
        {
            var market = new ScreenMarket(seed);
            var snapshot = market.Snapshot(1 + market.Next(90), 1 + market.Next(9));

            Assert.Empty(MustBeOpen(snapshot).Except(Open(AccountScreen.Build(snapshot))));
        },
        iter: 300);

    [Theory]
    [InlineData(1.02)]
    [InlineData(1.5)]
    [InlineData(10)]
    public void Build_AnotherHealth_LetsThroughEveryAccountUnderIt(double level) => Gen.Int[0, int.MaxValue - 1].Sample(
        seed =>
        {
            var market = new ScreenMarket(seed);
            var snapshot = market.Snapshot(1 + market.Next(90), 1 + market.Next(9));
            var health = Wad.FromDoubleDown(level);
            var screen = AccountScreen.Build(snapshot, health);

            Assert.Empty(MustBeOpen(snapshot, health).Except(Open(screen)));
            Assert.Equal(Open(screen), Open(screen.Advance(snapshot, [])));
            foreach (var (account, position) in snapshot.Accounts.Select((account, position) => (account, position)))
            {
                if (screen.HealthDown(position) is { } bound && double.IsFinite(bound))
                {
                    Assert.True(Wad.FromDoubleDown(bound) <= SnapshotValuation.Value(snapshot, account).Health, $"account {position}: {bound}");
                }
            }
        },
        iter: 100);

    [Fact]
    public void Build_HealthUnderOne_IsRefused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => AccountScreen.Build(Snapshot(), new Wad(Wad.Scale - 1)));

    [Fact]
    public void HealthDown_AnyMarket_IsAtMostTheExactHealth() => Gen.Int[0, int.MaxValue - 1].Sample(
        seed =>
        {
            var market = new ScreenMarket(seed);
            var snapshot = market.Snapshot(40, 1 + market.Next(9));
            var screen = AccountScreen.Build(snapshot);
            foreach (var (account, position) in snapshot.Accounts.Select((account, position) => (account, position)))
            {
                if (screen.HealthDown(position) is { } bound && double.IsFinite(bound))
                {
                    Assert.True(Wad.FromDoubleDown(bound) <= SnapshotValuation.Value(snapshot, account).Health, $"account {position}: {bound}");
                }
            }
        },
        iter: 200);

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(18)]
    [InlineData(24)]
    public void Build_OneWeiAroundHealthOne_LetsThroughAndHoldsBackFromABillionthOn(int decimals)
    {
        var snapshot = Snapshot(Account(1, 0, 0)).WithAsset(0, asset => asset with { Decimals = decimals, Price = new Price(Fraction(1_234.567m)) });
        snapshot = snapshot with { Market = snapshot.Market with { StableDecimals = 18 } };
        var account = snapshot.Accounts[0] with { Collateral = [BigInteger.Pow(10, decimals) * 97, 0] };
        var capacity = SnapshotValuation.Value(snapshot, account with { DebtShares = 1 }).LiquidationCapacity.Raw;
        bool IsOpen(BigInteger debt) => Open(AccountScreen.Build(snapshot with { Accounts = [account with { DebtShares = debt }] })).Length == 1;

        Assert.True(SnapshotValuation.Value(snapshot, account with { DebtShares = capacity + 1 }).Health < Wad.One);
        Assert.All([capacity - 1, capacity, capacity + 1], debt => Assert.True(IsOpen(debt)));
        Assert.False(IsOpen(capacity - (capacity / 1_000_000_000)));
        Assert.True(IsOpen(capacity + (capacity / 1_000_000_000)));
    }

    [Fact]
    public void Build_OrdinaryAccounts_HoldsBackTheHealthyAndThoseWithoutDebt() =>
        Assert.Equal([2], Open(AccountScreen.Build(Snapshot(Account(1, 10_000, 10), Account(2, 0, 10), Account(3, 24_000, 10), Account(4, 0, 0)))));

    [Fact]
    public void Build_NoBoundForIt_LetsThroughWhateverItsHealth()
    {
        var fine = Account(1, 1, 10);
        AccountSnapshot[] unbounded =
        [
            fine with { Options = new OptionSnapshot(1, Wad.Zero, Wad.Zero, Wad.Zero, 0, "") },
            fine with { Options = new OptionSnapshot(1, Wad.Zero, Wad.Zero, Wad.Zero, 0, "no price") },
            fine with { Options = OptionSnapshot.None with { PendingClaims = 1 } },
            fine with { Remote = new RemoteSnapshot(Wad.Zero, Wad.Zero, Wad.One) },
            fine with { Credit = -1 },
            fine with { DebtShares = -1 },
            fine with { DebtShares = (BigInteger.One << 256) + 1 },
            fine with { Collateral = [(BigInteger.One << 256) + 1, 0] },
            fine with { Collateral = [BigInteger.Pow(10, 19), -1] },
            fine with { Collateral = [BigInteger.Pow(10, 19)] },
        ];

        Assert.Empty(Open(AccountScreen.Build(Snapshot(fine, fine with { Credit = 5, DebtShares = 0 }))));
        Assert.Equal(unbounded.Length, Open(AccountScreen.Build(Snapshot(unbounded))).Length);
    }

    [Fact]
    public void Build_TermsWithoutABound_LetThroughEverybodyTheyTouch()
    {
        var snapshot = Snapshot(Account(1, 1, 10), Account(2, 1, 10, 1));
        int OpenAt(ChainSnapshot changed) => Open(AccountScreen.Build(changed)).Length;

        Assert.Equal(0, OpenAt(snapshot));
        Assert.Equal(2, OpenAt(snapshot with { Market = snapshot.Market with { StableDecimals = 19 } }));
        Assert.Equal(2, OpenAt(snapshot with { Market = snapshot.Market with { BorrowIndex = -1 } }));
        Assert.Equal(2, OpenAt(snapshot with { Assets = snapshot.Assets.SetItem(1, snapshot.Assets[1] with { Price = new Price(new Wad(-1)) }) }));
        Assert.Equal(2, OpenAt(snapshot with { Assets = snapshot.Assets.SetItem(0, snapshot.Assets[0] with { LiquidationThreshold = new Wad(-1) }) }));
        Assert.Equal(0, OpenAt(snapshot with { Assets = snapshot.Assets.SetItem(0, snapshot.Assets[0] with { Price = new Price(new Wad(BigInteger.Pow(10, 400))) }) }));
    }

    [Fact]
    public void Advance_AnyChanges_IsTheScreenBuiltAnew() => Gen.Int[0, int.MaxValue - 1].Sample(
        seed =>
        {
            var market = new ScreenMarket(seed);
            var snapshot = market.Snapshot(900 + market.Next(300), 1 + market.Next(9));
            var screen = AccountScreen.Build(snapshot);
            for (var step = 0; step < 8; step++)
            {
                (snapshot, var changed) = Change(market, snapshot);
                screen = screen.Advance(snapshot, changed);
                Assert.Equal(Open(AccountScreen.Build(snapshot)), Open(screen));
            }

            Assert.Empty(MustBeOpen(snapshot).Except(Open(screen)));
        },
        iter: 25);

    [Fact]
    public void Advance_DebtsGrow_FindsWhoeverTheyBringUnderWithoutBeingTold() => Gen.Int[0, int.MaxValue - 1].Sample(
        seed =>
        {
            var market = new ScreenMarket(seed);
            var snapshot = market.Snapshot(700, 3);
            var screen = AccountScreen.Build(snapshot);
            var before = Open(screen);
            for (var step = 0; step < 12; step++)
            {
                var growth = new[] { 1, 1_000_000, 1_000_000_000_000 }[market.Next(3)];
                snapshot = snapshot with { Market = snapshot.Market with { BorrowIndex = snapshot.Market.BorrowIndex + (snapshot.Market.BorrowIndex * market.Next(10_000) / 1_000_000 / growth) } };
                screen = screen.Advance(snapshot, []);
                Assert.Equal(Open(AccountScreen.Build(snapshot)), Open(screen));
            }

            Assert.Empty(MustBeOpen(snapshot).Except(Open(screen)));
            Assert.Empty(before.Except(Open(screen)));
        },
        iter: 25);

    [Fact]
    public void Advance_OneAssetMoves_ScreensOnlyItsHolders()
    {
        var snapshot = Snapshot([.. Enumerable.Range(0, 600).Select(number => number % 100 == 7 ? Account(number, 20_000, 0, 1) : Account(number, 20_000, 10))]);
        var screen = AccountScreen.Build(snapshot);
        Assert.Empty(Open(screen));

        var fallen = snapshot.WithAsset(1, asset => asset with { Price = new Price(Fraction(20_000)) });
        Assert.Equal([7, 107, 207, 307, 407, 507], Open(screen.Advance(fallen, [])));
        Assert.Empty(Open(screen.Advance(fallen, []).Advance(snapshot, [])));
        Assert.Equal(594, Open(screen.Advance(snapshot.WithAsset(0, asset => asset with { Price = new Price(Fraction(2_000)) }), [])).Length);
    }

    [Fact]
    public void Advance_OldScreen_StaysAsItWas()
    {
        var snapshot = Snapshot(Account(1, 10_000, 10), Account(2, 24_000, 10));
        var screen = AccountScreen.Build(snapshot);

        var changed = snapshot with { Accounts = [Account(1, 24_000, 10), Account(2, 10_000, 10)] };
        var next = screen.Advance(changed, [0, 1]);

        Assert.Equal([1], Open(screen));
        Assert.Equal([0], Open(next));
        Assert.Equal([0, 1], next.ToJudge(screen).AsEnumerable()); // who has just left is judged once more
    }

    private static (ChainSnapshot Next, ImmutableArray<int> Changed) Change(ScreenMarket market, ChainSnapshot snapshot)
    {
        if (market.Next(2) == 0)
        {
            var asset = market.Next(snapshot.Assets.Length);
            snapshot = snapshot with { Assets = snapshot.Assets.SetItem(asset, market.Moved(snapshot.Assets[asset])) };
        }

        var count = market.Next(4) switch { 0 => Math.Max(1, snapshot.Accounts.Length - market.Next(600)), 1 => snapshot.Accounts.Length + market.Next(600), _ => snapshot.Accounts.Length };
        var chance = new[] { 0, 2, 100 }[market.Next(3)];
        var changed = Enumerable.Range(0, count).Where(i => i >= snapshot.Accounts.Length || market.Next(100) < chance).ToImmutableArray();
        var accounts = snapshot.Accounts.Take(count).Concat(Enumerable.Repeat<AccountSnapshot>(null!, Math.Max(0, count - snapshot.Accounts.Length))).ToArray();
        foreach (var position in changed)
        {
            accounts[position] = market.Account(snapshot, position);
        }

        return (snapshot with { Accounts = [.. accounts] }, changed);
    }
}
