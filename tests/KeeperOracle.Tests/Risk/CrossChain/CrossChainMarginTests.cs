using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.CrossChain;
using KeeperOracle.Risk.Liquidation;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Tests.Risk.Margin;

namespace KeeperOracle.Tests.Risk.CrossChain;

public sealed class CrossChainMarginTests
{
    private const long Iterations = 200;

    private static readonly ChainCollateral Ether = new("WETH", 2, 3000, .8, .7, .60);

    [Fact]
    public void Assess_AccountsThatAreNone_AreRefusedByNameAndPlace()
    {
        var book = Books.OfCheck();
        var chain = new ChainAccount("1", 0, 0, [], [Ether]);
        void Refuses(string refusal, string words, params ChainAccount[] chains)
        {
            var refused = Assert.Throws<RiskInputException>(() => CrossChainMargin.Assess(new LinkedAccounts(book.Underlyings, chains)));
            Assert.Equal(refusal, refused.Refusal);
            Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        }

        Refuses("NoChains", "at least one");
        Refuses("DuplicateChain", "chains[1]", chain, chain);
        Refuses("TooManyChains", "17 chains", [.. Enumerable.Range(0, 17).Select(i => chain with { Chain = $"{i}" })]);
        Refuses("NotFinite", "chains[0].ageSeconds", chain with { AgeSeconds = double.NaN });
        Refuses("OutOfRange", "chains[0].ageSeconds", chain with { AgeSeconds = 1e12 });
        Refuses("OutOfRange", "chains[0].finalityLagSeconds", chain with { FinalityLagSeconds = -1 });
        Refuses("OutOfRange", "chains[0].valueCap", chain with { ValueCap = -1 });
        Refuses("OutOfRange", "chains[0].debt", chain with { Debt = -1 });
        Refuses("OutOfRange", "chains[0].collaterals[0].amount", chain with { Collaterals = [Ether with { Amount = -1 }] });
        Refuses("OutOfRange", "chains[0].collaterals[0].initialVolatility", chain with { Collaterals = [Ether with { InitialVolatility = -1 }] });
        Refuses("UnknownExpiry", "chains[1].legs[0].expiry", chain, chain with { Chain = "2", Legs = [Books.Put(3000, 1) with { Expiry = "1d" }] });
        var silent = chain with { Silent = true, Legs = [Books.Put(3000, -1)] };
        Refuses("TooManySilentChains", "7 silent", [.. Enumerable.Range(0, 7).Select(i => silent with { Chain = $"{i}" })]);
    }

    [Fact]
    public void Assess_ParametersThatAreNone_AreRefusedWithoutLegsToo() => Assert.Equal(
        "ParameterOutOfRange",
        Assert.Throws<RiskInputException>(() => CrossChainMargin.Assess(
            new LinkedAccounts([], [new ChainAccount("1", 0, 0, [], [Ether])]), new ScaledParameters { VolatilityUp = .5 })).Refusal);

    /// <summary>Two chains by hand: ether on one, 20 minutes old and a minute from final, debt and a short put on the other.</summary>
    [Fact]
    public void Assess_CollateralElsewhere_CountsWithTheHaircutOfItsAge()
    {
        var linked = new LinkedAccounts(
            Books.OfCheck().Underlyings,
            [new ChainAccount("A", 1200, 60, [], [Ether]), new ChainAccount("B", 0, 0, [Books.Put(3000, -1)], [], Debt: 1000, Cash: 500)]);
        var legs = ScaledMargin.Assess(Books.OfCheck(Books.Put(3000, -1))).Figures;

        var figures = CrossChainMargin.Assess(linked).Figures;

        Assert.Equal((6000 * .7 * (1 - .0086102)) + 500, figures.InitialCapacity, 1e-3);
        Assert.Equal((6000 * .8 * (1 - (.0086102 * Math.Sqrt(60.0 / 1200)))) + 500, figures.MaintenanceCapacity, 1e-3);
        Assert.Equal(figures.MaintenanceCapacity / (1000 + legs.Requirement), figures.Health!.Value, 1e-12);
        Assert.Equal(figures.InitialCapacity - 1000 - legs.InitialRequirement, figures.InitialMargin, 1e-9);
    }

    /// <summary>A cap of 5,000 admits 500 of cash, then ether before the token whose threshold is lower, though that stands first.</summary>
    [Fact]
    public void Assess_CapOfTheChain_AdmitsTheBestFirst()
    {
        var lesser = new ChainCollateral("ALT", 1000, 1, .5, .4, 1);
        var linked = new LinkedAccounts([], [new ChainAccount("A", 0, 0, [], [lesser, Ether], Cash: 500, ValueCap: 5000)]);

        var chain = Assert.Single(CrossChainMargin.Assess(linked).Chains);

        Assert.Equal([0.0, 4500.0], chain.Collaterals.Select(one => one.Admitted));
        Assert.Equal((7500, 5000), (chain.Value, chain.Admitted));
        Assert.Equal((4500 * .8) + 500, chain.MaintenanceCapacity, 1e-9);
        Assert.Equal((4500 * .7) + 500, chain.InitialCapacity, 1e-9);
    }

    [Fact]
    public void Assess_HedgeOnAnotherChain_LowersTheRequirement()
    {
        var linked = new LinkedAccounts(
            Books.OfCheck().Underlyings,
            [
                new ChainAccount("A", 0, 0, [Books.Put(3000, -1)], [Ether]),
                new ChainAccount("B", 0, 0, [Books.Put(2700, 1)], []),
            ]);

        var margin = CrossChainMargin.Assess(linked);

        Assert.Equal(ScaledMargin.Assess(Books.OfCheck(Books.Put(3000, -1), Books.Put(2700, 1))).Figures.Requirement, margin.Figures.Requirement, 1e-9);
        Assert.True(margin.Offset > 300, $"offset {margin.Offset}");

        // The hedge may be gone with its chain; that is of no concern to liquidation.
        Assert.Equal(
            margin.Figures.InitialMargin - (margin.Chains[0].InitialRequirement - margin.Figures.InitialRequirement), margin.Chains[1].InitialIfSilent, 1e-9);
        var silent = CrossChainMargin.Assess(LinkedBooks.With(linked, 1, chain => chain with { Silent = true })).Figures;
        Assert.Equal(margin.Chains[1].InitialIfSilent, silent.InitialMargin);
        Assert.Equal(margin.Figures.MaintenanceMargin, silent.MaintenanceMargin);
    }

    [Fact]
    public void Assess_SilentChainThatOwes_StaysCounted()
    {
        var owing = new ChainAccount("B", 1e6, 60, [Books.Put(3000, -5)], [Ether with { Amount = .1 }], Debt: 1000, Cash: -200, Silent: true);
        var linked = new LinkedAccounts(Books.OfCheck().Underlyings, [new ChainAccount("A", 0, 0, [], [Ether]), owing]);

        var margin = CrossChainMargin.Assess(linked).Figures;
        var alone = CrossChainMargin.Assess(linked with { Chains = [linked.Chains[0]] }).Figures;

        Assert.Equal(alone.InitialMargin - 1200 - ScaledMargin.Assess(Books.OfCheck(Books.Put(3000, -5))).Figures.InitialRequirement, margin.InitialMargin, 1e-9);
        Assert.True(margin.MaintenanceMargin < alone.MaintenanceMargin, "its legs stand");
    }

    [Fact]
    public void Assess_SynchronousChains_HaveTheMarginOfOneChain() =>
        LinkedBooks.Any.Sample(
            linked =>
            {
                var together = LinkedBooks.Synchronous(linked);
                var (cross, one) = (CrossChainMargin.Assess(together).Figures, ScaledMargin.Assess(LinkedBooks.Joined(together)).Figures);
                var scale = one.LiquidationCapacity + one.Debt + one.InitialRequirement + 1;
                return Math.Abs(cross.InitialMargin - one.InitialMargin) <= 1e-12 * scale
                    && Math.Abs(cross.MaintenanceMargin - one.MaintenanceMargin) <= 1e-12 * scale
                    && Math.Abs(cross.MarkToMarket - one.MarkToMarket) <= 1e-12 * scale
                    && Math.Abs((cross.Health ?? 0) - (one.Health ?? 0)) <= 1e-12 * (1 + (one.Health ?? 0));
            },
            iter: Iterations);

    [Fact]
    public void F31_Assess_OlderObservation_NeverRaisesInitialNorChangesMaintenance() =>
        Gen.Select(LinkedBooks.Any, Gen.Int[0, 3], Gen.Double[0, 1e8]).Sample(
            (linked, place, older) =>
            {
                var aged = LinkedBooks.With(linked, place, chain => chain with { AgeSeconds = chain.AgeSeconds + older });
                var (then, now) = (CrossChainMargin.Assess(linked), CrossChainMargin.Assess(aged));
                return now.Figures.InitialMargin <= then.Figures.InitialMargin && MaintainsTheSame(then, now);
            },
            iter: Iterations);

    /// <summary>One after the other, until all are silent.</summary>
    [Fact]
    public void F31_Assess_ChainFallsSilent_NeverAddsAndLiquidatesNobody() =>
        LinkedBooks.Any.Sample(
            linked =>
            {
                var before = CrossChainMargin.Assess(linked);
                for (var place = 0; place < linked.Chains.Count; place++)
                {
                    linked = LinkedBooks.With(linked, place, chain => chain with { Silent = true });
                    var after = CrossChainMargin.Assess(linked);
                    if (!(after.Figures.InitialMargin <= before.Figures.InitialMargin
                        && after.Figures.InitialMargin == before.Chains[place].InitialIfSilent
                        && MaintainsTheSame(before, after)))
                    {
                        return false;
                    }

                    before = after;
                }

                return true;
            },
            iter: Iterations);

    [Fact]
    public void Assess_ChainThatIsNoLiabilityLeftOut_NeverAddsToTheOthers() =>
        Gen.Select(LinkedBooks.Any, Gen.Int[0, 3]).Sample(
            (linked, place) =>
            {
                var all = CrossChainMargin.Assess(linked);
                var left = all.Chains[place % linked.Chains.Count];
                if (linked.Chains.Count == 1)
                {
                    return true;
                }

                var others = CrossChainMargin.Assess(linked with { Chains = [.. linked.Chains.Where(chain => chain.Chain != left.Chain)] }).Figures;
                var slack = 1e-9 * (1 + all.Figures.InitialCapacity + all.Figures.InitialRequirement);
                return (left.InitialMargin < 0 || others.InitialMargin <= all.Figures.InitialMargin + slack)
                    && (left.MaintenanceMargin < 0 || others.MaintenanceMargin <= all.Figures.MaintenanceMargin + slack);
            },
            iter: Iterations);

    [Fact]
    public void Assess_LowerCap_NeverRaisesAMargin() =>
        Gen.Select(LinkedBooks.Any, Gen.Int[0, 3], Gen.Double[0, 60_000], Gen.Double[0, 1]).Sample(
            (linked, place, cap, share) =>
            {
                CrossChainFigures At(double? limit) =>
                    CrossChainMargin.Assess(LinkedBooks.With(linked, place, chain => chain with { ValueCap = limit })).Figures;
                var (without, high, low) = (At(null), At(cap), At(cap * share));
                return low.InitialMargin <= high.InitialMargin && high.InitialMargin <= without.InitialMargin
                    && low.MaintenanceMargin <= high.MaintenanceMargin && high.MaintenanceMargin <= without.MaintenanceMargin;
            },
            iter: Iterations);

    [Fact]
    public void Assess_MoreCollateral_NeverLowersMaintenance() =>
        Gen.Select(LinkedBooks.Any, Gen.Int[0, 3], Gen.Double[0, 5000], Gen.Double[0, 1], Gen.Double[0, 3]).Sample(
            (linked, place, value, threshold, volatility) =>
            {
                var more = LinkedBooks.With(linked, place, chain => chain with
                {
                    Collaterals = [.. chain.Collaterals, new ChainCollateral("MORE", value, 1, threshold, threshold, volatility)],
                });
                var (then, now) = (CrossChainMargin.Assess(linked).Figures, CrossChainMargin.Assess(more).Figures);
                return now.MaintenanceMargin >= then.MaintenanceMargin - (1e-12 * (1 + then.MaintenanceCapacity));
            },
            iter: Iterations);

    /// <summary>The figures of the margin and the portfolio in which prices of liquidation are searched are the same thing.</summary>
    [Fact]
    public void Maintained_HasTheSurplusOfTheMaintenanceMargin() =>
        LinkedBooks.Any.Sample(
            linked =>
            {
                var margin = CrossChainMargin.Assess(linked);
                var legs = margin.Maintained.Legs.Count > 0;
                var account = AccountMargin.Of(margin.Maintained, legs ? AccountMargin.Scaled() : null);
                var scale = 1 + margin.Figures.MaintenanceCapacity + margin.Figures.Debt + margin.Figures.Requirement;
                return Math.Abs(account.Surplus - margin.Figures.MaintenanceMargin) <= 1e-11 * scale;
            },
            iter: Iterations);

    /// <summary>To the bit: figures, and everything that a search for prices looks at.</summary>
    private static bool MaintainsTheSame(CrossChainAssessment then, CrossChainAssessment now) =>
        (then.Figures.MaintenanceMargin, then.Figures.Health, then.Figures.Requirement, then.Figures.Debt)
            == (now.Figures.MaintenanceMargin, now.Figures.Health, now.Figures.Requirement, now.Figures.Debt)
        && then.Maintained.Collaterals.SequenceEqual(now.Maintained.Collaterals)
        && then.Maintained.Legs.SequenceEqual(now.Maintained.Legs)
        && (then.Maintained.Debt, then.Maintained.Cash) == (now.Maintained.Debt, now.Maintained.Cash);
}
