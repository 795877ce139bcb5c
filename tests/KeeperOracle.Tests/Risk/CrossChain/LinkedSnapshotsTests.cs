using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk;
using KeeperOracle.Risk.CrossChain;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Snapshots;
using KeeperOracle.Tests.Keeper;

namespace KeeperOracle.Tests.Risk.CrossChain;

public sealed class LinkedSnapshotsTests
{
    private const ulong Lag = 900;

    private static readonly ChainId Other = new(10);

    /// <summary>With debt, the home chain has no haircut: margins are those of the vault's own valuation.</summary>
    [Fact]
    public void Of_OneChain_HasTheVaultsOwnMargins()
    {
        var snapshot = Snapshots.Snapshot(Snapshots.Account(1, 9_000, 4, .1m), Snapshots.Account(2, 1_000_000, 1));
        var own = SnapshotValuation.Value(snapshot, snapshot.Accounts[0]);

        var figures = CrossChainMargin.Assess(Linked(1, Seen(snapshot))).Figures;

        Close((own.LiquidationCapacity - own.Debt).ToDouble(), figures.MaintenanceMargin);
        Close((own.BorrowCapacity - own.Debt).ToDouble(), figures.InitialMargin);
        Close(own.Health!.Value.ToDouble(), figures.Health!.Value);
    }

    [Fact]
    public void Of_SeveralAccountsOfOneOwner_AreOneRow()
    {
        var snapshot = Snapshots.Snapshot(Snapshots.Account(1, 9_000, 4), Snapshots.Account(2, 1_000, 1, 1));

        var chain = Assert.Single(LinkedSnapshots.Of([Seen(snapshot)], _ => true, Snapshots.Now).Chains);

        Assert.Equal((10_000, 0, "31337"), (chain.Debt, chain.AgeSeconds, chain.Chain));
        Assert.Equal([("WETH", 5.0, 3000.0), ("WBTC", 1.0, 60_000.0)], chain.Collaterals.Select(held => (held.Asset, held.Amount, held.Price)));
    }

    [Fact]
    public void Of_ChainWithoutTheDebt_HasTheHaircutsOfItsLagAndAge()
    {
        var home = Snapshots.Snapshot(Snapshots.Account(1, 9_000, 4));
        var away = home with
        {
            Chain = Other,
            Accounts = [Snapshots.Account(1, 0, 2)],
            Block = home.Block with { Timestamp = Snapshots.Now - 3600 },
        };

        var linked = Linked(1, Seen(away), Seen(home));
        var margin = CrossChainMargin.Assess(linked);

        Assert.Equal([Lag, 0.0], linked.Chains.Select(chain => chain.FinalityLagSeconds));
        Assert.Equal([3600.0, 0.0], margin.Chains.Select(chain => chain.CountedAgeSeconds));
        Assert.Equal(.0149133, margin.Chains[0].Collaterals[0].Capacity.InitialHaircut, 1e-6); // z99 .6 sqrt(3600 s)
        Assert.Equal(.0074566, margin.Chains[0].Collaterals[0].Capacity.MaintenanceHaircut, 1e-6);
        Assert.Equal(0, margin.Chains[1].Collaterals[0].Capacity.InitialHaircut);
    }

    [Fact]
    public void Of_Liens_AreRowsOfTheirSourceWithTheAgeOfTheProof()
    {
        var home = Snapshots.Snapshot(Snapshots.Account(1, 9_000, 0) with { Remote = new RemoteSnapshot(Wad.One, Wad.One, Wad.One) });
        var seen = Seen(home) with { Liens = [Lien(5, 0, 1200), Lien(2, 3, 1200), Lien(1, 0, 60)] };

        var linked = Linked(1, seen);
        var margin = CrossChainMargin.Assess(linked);

        Assert.Equal(["31337", "10 by liens on 31337", "10 by liens on 31337 (2)"], linked.Chains.Select(chain => chain.Chain));
        Assert.Empty(linked.Chains[0].Collaterals); // what the hub sums up is not counted beside what it is made of
        Assert.Equal([5.0, 2.0, 3.0], linked.Chains[1].Collaterals.Select(held => held.Amount));
        Assert.Equal([1200.0, Lag], margin.Chains.Skip(1).Select(chain => chain.CountedAgeSeconds));
        var disputed = margin.Chains[1].Collaterals[2].Capacity;
        Assert.Equal(0, disputed.Initial);
        Assert.True(disputed.Maintenance > 0, "what is disputed counts for maintenance");
    }

    [Fact]
    public void F31_Of_ProofFromTheFuture_HasTheLagAsItsAge()
    {
        var seen = Seen(Snapshots.Snapshot(Snapshots.Account(1, 9_000, 0))) with { Liens = [Lien(5, 0, -50)] };

        var chain = CrossChainMargin.Assess(Linked(1, seen)).Chains[1];

        Assert.Equal(Lag, chain.CountedAgeSeconds);
    }

    [Fact]
    public void F18_Of_AssetWithoutPrice_CountsForMaintenanceAlone()
    {
        var snapshot = Snapshots.Snapshot(Snapshots.Account(1, 9_000, 4)).WithAsset(0, asset => asset with { PriceStatus = PriceStatus.TooFewFeeds, Price = default });
        var own = SnapshotValuation.Value(snapshot, snapshot.Accounts[0]);
        var seen = Seen(snapshot) with { Liens = [Lien(1, 0, 60)] };

        var figures = CrossChainMargin.Assess(Linked(1, seen)).Figures;
        var without = CrossChainMargin.Assess(Linked(1, Seen(snapshot))).Figures;

        Assert.Equal(0, figures.InitialCapacity);
        Close(own.LiquidationCapacity.ToDouble(), without.MaintenanceCapacity);
        Assert.True(figures.MaintenanceCapacity > without.MaintenanceCapacity + 1_000, "the lien counts at the hub's largest price");
    }

    /// <summary>Of a silent chain the liens are not known one by one: the hub's own capacities stand in, for maintenance.</summary>
    [Fact]
    public void F31_Of_SilentChain_CountsItsLastStateForMaintenanceAndWhatItOwes()
    {
        var account = Snapshots.Account(1, 9_000, 4) with { Remote = new RemoteSnapshot(Snapshots.Fraction(500), Snapshots.Fraction(700), Snapshots.Fraction(900)) };
        var snapshot = Snapshots.Snapshot(account);
        var own = SnapshotValuation.Value(snapshot, account);

        var figures = CrossChainMargin.Assess(Linked(1, new SeenChain(snapshot, null, 0, Silent: true))).Figures;

        Close(own.LiquidationCapacity.ToDouble(), figures.MaintenanceCapacity);
        Assert.Equal((0, -9_000), (figures.InitialCapacity, figures.InitialMargin));
    }

    [Fact]
    public void Of_Options_AreKnownByTheirRequirement()
    {
        var options = new OptionSnapshot(2, Snapshots.Fraction(800), Snapshots.Fraction(600), Wad.Zero, 250_000_000, "");
        var snapshot = Snapshots.Snapshot(Snapshots.Account(1, 1_000, 1) with { Options = options });
        var own = SnapshotValuation.Value(snapshot, snapshot.Accounts[0]);

        var margin = CrossChainMargin.Assess(Linked(1, Seen(snapshot)));
        var distance = CrossChainDistance.Of(margin, null, 1.0 / 365);

        Close(own.Health!.Value.ToDouble(), margin.Figures.Health!.Value);
        Close(own.InitialHealth!.Value.ToDouble(), margin.Figures.InitialHealth!.Value);

        // The price at which WETH and the claims of 250 just cover 1,600.
        var threshold = snapshot.Assets[0].LiquidationThreshold.ToDouble();
        Assert.Equal(BarrierStatus.LiquidatableAt, distance.Assets[0].Down.Status);
        Close(1_350 / threshold, distance.Assets[0].PriceDown!.Value);
    }

    [Fact]
    public void Of_OptionsWithoutRequirement_AreRefused()
    {
        var snapshot = Snapshots.Snapshot(Snapshots.Account(1, 1_000, 1) with { Options = OptionSnapshot.None with { Problem = "no implied volatility" } });

        var refused = Assert.Throws<RiskInputException>(() => Linked(1, Seen(snapshot)));

        Assert.Equal("NoRequirement", refused.Refusal);
        Assert.Contains("no implied volatility", refused.Message, StringComparison.Ordinal);
    }

    private static LinkedAccounts Linked(int number, params SeenChain[] chains) => LinkedSnapshots.Of(chains, account => account.Number == number, Snapshots.Now);

    private static SeenChain Seen(ChainSnapshot snapshot) => new(snapshot, [], Lag);

    /// <summary>WETH locked on the other chain, where it has 6 decimals.</summary>
    private static LienSnapshot Lien(int counted, int disputed, long age) => new(
        Snapshots.Number(1, 32),
        Other,
        Snapshots.Weth,
        6,
        counted * new BigInteger(1_000_000),
        disputed * new BigInteger(1_000_000),
        new Price(Snapshots.Fraction(5_000)),
        (ulong)((long)Snapshots.Now - age),
        (uint)Lag,
        Snapshots.Fraction(.6m),
        Snapshots.Fraction(.9m),
        SwapUnderWay: false);

    private static void Close(double expected, double actual) => Assert.Equal(expected, actual, 1e-9 * Math.Abs(expected));
}
