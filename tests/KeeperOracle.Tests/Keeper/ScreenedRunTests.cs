using System.Collections.Immutable;
using System.Numerics;
using System.Text;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper;

/// <summary>Two keepers over one run of a market: one is given every snapshot whole and values all, one is given differences and screens.</summary>
public sealed class ScreenedRunTests
{
    private const int Events = 400;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Step_SeveralHundredEvents_ScreenedActsAsExhaustive(int seed)
    {
        var run = new Run(seed);
        for (var i = 0; i < Events; i++)
        {
            run.Next();
        }

        Assert.True(run.Acts > 20, $"{run.Acts} actions");
        Assert.True(run.Screened * 2 < run.Exhaustive, $"{run.Screened} decisions for {run.Exhaustive}");
    }

    private sealed class Run(int seed)
    {
        private static readonly KeeperSettings Many = Settings with { MaxAccounts = 5_000 };
        private readonly Random _random = new(seed);
        private ChainSnapshot _snapshot = Snapshot([.. Enumerable.Range(0, 560).Select(number => Account(number, 1, 1))]);
        private KeeperState _whole = KeeperState.Start(new Started(Many, []));
        private KeeperState _screened = KeeperState.Start(new Started(Many, []));
        private ChainSnapshot? _seen;

        public int Acts { get; private set; }

        public int Screened { get; private set; }

        public int Exhaustive { get; private set; }

        public void Next()
        {
            var inFlight = _whole.Lane(Anvil).InFlight;
            if (_seen is not null && !inFlight.IsEmpty && _random.Next(3) == 0)
            {
                var purpose = inFlight[_random.Next(inFlight.Count)];
                Hash32? account = purpose.StartsWith("liquidate/", StringComparison.Ordinal) ? Hash32.FromHex(purpose.Split('/')[2]) : null;
                var settled = new IntentSettled(
                    Anvil, purpose, account, (SettlementOutcome)_random.Next(5), _random.Next(4) == 0 ? "RuleBudgetExhausted(account, 1)" : "", _snapshot.Block.Timestamp);
                if (settled.Outcome == SettlementOutcome.Included && account is { } id)
                {
                    Replace(id, one => one with { DebtShares = one.DebtShares / 2, Liquidations = one.Liquidations + 1 });
                }

                Compare(settled, settled);
                return;
            }

            Move();
            Compare(new ChainObserved(_snapshot), _seen is null ? new ChainObserved(_snapshot) : ChainAdvanced.Between(_seen, _snapshot));
            _seen = _snapshot;
        }

        private void Move()
        {
            var block = _snapshot.Block;
            _snapshot = _snapshot with
            {
                Block = new BlockRef(block.Number + 1, Number((int)block.Number + 1, 32), block.Hash, block.Timestamp + (ulong)_random.Next(120)),
                Keeper = _snapshot.Keeper with { Stable = Stable(_random.Next(5) == 0 ? _random.Next(60_000) : 1_000_000) },
            };
            if (_seen is null)
            {
                _snapshot = _snapshot with { Accounts = [.. _snapshot.Accounts.Select((_, number) => Drawn(number))] };
            }

            var assets = _snapshot.Assets.Select((asset, i) => _random.Next(4) > 0 ? asset : asset with
            {
                Price = new Price(Fraction((i == 0 ? 3_000 : 60_000) * (decimal)(0.85 + (0.3 * _random.NextDouble())))),
                PriceStatus = _random.Next(12) switch { 0 => PriceStatus.Stale, 1 => PriceStatus.RepayWindow, _ => PriceStatus.Ok },
                LiquidationBlockedUntil = _random.Next(10) == 0 ? _snapshot.Block.Timestamp + 60 : 0,
            });
            _snapshot = _snapshot with { Assets = [.. assets.Select(WithFactorsNow)] };
            for (var i = _random.Next(8); i > 0; i--)
            {
                var number = _random.Next(_snapshot.Accounts.Length);
                Replace(Number(number, 32), one => Drawn(number) with { Liquidations = one.Liquidations });
            }

            if (_random.Next(20) == 0)
            {
                _snapshot = _snapshot with { Accounts = _snapshot.Accounts.Add(Drawn(_snapshot.Accounts.Length)) };
            }

            // Interest on all of them.
            _snapshot = _snapshot with { Market = _snapshot.Market with { BorrowIndex = _snapshot.Market.BorrowIndex * (1_000_000 + _random.Next(100)) / 1_000_000 } };
        }

        private AssetSnapshot WithFactorsNow(AssetSnapshot asset)
        {
            if (_random.Next(60) == 0)
            {
                return asset with { LiquidationThreshold = asset.LiquidationThreshold - new Wad(BigInteger.Pow(10, 15)) }; // diverges for a while
            }

            var factors = SnapshotValuation.RecomputeFactors(asset, _snapshot.Report, _snapshot.Block.Timestamp);
            return asset with { LiquidationThreshold = factors.LiquidationThreshold, BorrowFactor = factors.BorrowFactor };
        }

        private AccountSnapshot Drawn(int number)
        {
            var (weth, wbtc) = _random.Next(3) switch { 0 => (_random.Next(1, 20), 0m), 1 => (0, (decimal)_random.NextDouble()), _ => (_random.Next(1, 20), 0.5m) };
            var value = (weth * 3_000) + (wbtc * 60_000);
            var account = Account(number, _random.Next(6) == 0 ? 0 : decimal.Round(value * (decimal)(0.3 + (0.43 * _random.NextDouble())), 6), weth, wbtc);
            return _random.Next(40) switch
            {
                0 => account with { Options = new OptionSnapshot(1, Wad.Zero, Fraction(10), Wad.Zero, 0, "") },
                1 => account with { Options = new OptionSnapshot(1, Wad.Zero, Wad.Zero, Wad.Zero, 0, "no price") },
                2 => account with { Remote = new RemoteSnapshot(Fraction(1_000), Fraction(1_200), Fraction(1_500)) },
                _ => account,
            };
        }

        private void Replace(Hash32 id, Func<AccountSnapshot, AccountSnapshot> change)
        {
            var i = _snapshot.Accounts.ToList().FindIndex(one => one.Account == id);
            _snapshot = _snapshot with { Accounts = _snapshot.Accounts.SetItem(i, change(_snapshot.Accounts[i])) };
        }

        private void Compare(KeeperEvent whole, KeeperEvent difference)
        {
            var (all, some) = (KeeperStep.Step(_whole, whole), KeeperStep.Step(_screened, KeeperJson.ReadEvent(KeeperJson.Write(difference))));
            (_whole, _screened) = (all.State, some.State);
            var (wholeLane, lane) = (_whole.Lane(Anvil), _screened.Lane(Anvil));
            Assert.Equal(Text(all.Decisions), Text(some.Decisions));
            Assert.Equal(wholeLane.InFlight, lane.InFlight);
            Assert.Equal(wholeLane.Failures, lane.Failures);
            Acts += some.Decisions.Count(decision => decision.Verdict is Act);
            Screened += some.Decisions.Length;
            Exhaustive += all.Decisions.Length;
        }

        private static string Text(ImmutableArray<Decision> decisions) =>
            Encoding.UTF8.GetString(KeeperJson.Write([.. decisions.Where(decision => decision.Verdict is Act)]));
    }
}
