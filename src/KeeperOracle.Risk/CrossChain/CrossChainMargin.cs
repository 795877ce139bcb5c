using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Risk.CrossChain;

/// <summary>
/// Linked accounts on several chains as one portfolio, with one net margin. Off-chain only: on-chain one hub counts liens of other chains
/// by the same arithmetic (contracts/libraries/RemoteMath.sol), and its options' requirements add up.
/// <code>
/// age          max(0, now - observation) and at least the chain's finality lag        from the future: no age of its own
/// l            z99 sigma sqrt(age/year), at most 1; zero for the unit of account, whose sigma is zero
/// admitted     of a chain's cash and collateral what its value cap has room for: cash first, then by LT (1 - l(sigma, lag)), highest first
/// initial      sum admitted BF (1 - l(sigma_initial, age))         + cash held
/// maintenance  sum admitted LT (1 - l(sigma, lag))                 + cash held
/// R            of the legs of all chains together, by `scaled`: a hedge on one chain counts for a risk on another
/// im = initial - D - R_initial        mm = maintenance - D - R        H = maintenance / (D + R)
/// </code>
/// D is what is owed on any chain; cash held on one chain stands against cash owed on another, in full.
/// <para>
/// A chain is silent where nobody can say what it holds now: its node is down, its relay stopped. Then its last state stands. For
/// maintenance it counts as before, for silence liquidates nobody. For initial its collateral and cash count nothing, what it owes counts in
/// full, and R_initial is the largest over every choice of silent chains whose legs are there: a hedge that may be gone protects nothing, and
/// a short that may still be there is a risk.
/// </para>
/// What follows, each held by a test:
/// <list type="bullet">
/// <item>Synchronous chains (age 0, lag 0, no cap, none silent) have the margin of one chain that holds everything.</item>
/// <item>An older observation never raises the initial margin; it changes nothing of maintenance: not H, not where liquidation
/// begins.</item>
/// <item>A chain that falls silent never raises the initial margin, and changes nothing of maintenance. Nor does leaving out a chain whose
/// own initial margin is at least zero raise the margin of the others; one whose legs or debt are a liability is never left out.</item>
/// <item>A lower cap never raises a margin. More collateral never lowers the maintenance margin.</item>
/// </list>
/// Limits. Legs have no haircut for age: they are valued at today's market, and what their holder may have done since is in the collateral's
/// haircut only as far as prices go. A cap is applied to today's value (the hub applies its own when it admits a lien), and in a search for
/// the price of liquidation the units admitted today stay. The depth add-on of `scaled` grows faster than a book, so with it leaving a chain
/// out can lower R by more than the chain's own. Accounts that contracts do not link are liquidated each on its own, whatever the net margin.
/// </summary>
public static class CrossChainMargin
{
    /// <exception cref="RiskInputException">as <see cref="LinkedAccounts.Require"/> and <see cref="ScaledParameters.Require"/> name
    /// it</exception>
    public static CrossChainAssessment Assess(LinkedAccounts linked, ScaledParameters? parameters = null)
    {
        ArgumentNullException.ThrowIfNull(linked);
        linked.Require();
        var requirements = new LegRequirements(linked, parameters ?? new ScaledParameters());
        var admitted = linked.Chains.Select(chain => ChainAdmission.Of(chain, linked.StablePrice)).ToArray();
        var silent = Enumerable.Range(0, linked.Chains.Count).Where(i => linked.Chains[i].Silent).Aggregate(0, (mask, i) => mask | (1 << i));
        var all = requirements.Of(LegRequirements.Every);
        var figures = Initial(linked, admitted, requirements, silent) with
        {
            MaintenanceCapacity = admitted.Sum(chain => chain.Collaterals.Sum(one => one.Capacity.Maintenance)) + Math.Max(0, Cash(linked, admitted, 0)),
            Debt = Debt(linked, Cash(linked, admitted, 0)),
            Requirement = all.Requirement,
            MarkToMarket = all.MarkToMarket,
        };
        var chains = linked.Chains.Select((chain, i) => Row(
            chain, admitted[i], linked.StablePrice, requirements.Of(1 << i), Initial(linked, admitted, requirements, silent | (1 << i)).InitialMargin));
        return new CrossChainAssessment(figures, [.. chains], Maintained(linked, admitted));
    }

    /// <summary>Everything of initial margin while the chains of a mask are silent.</summary>
    private static CrossChainFigures Initial(LinkedAccounts linked, ChainAdmission[] admitted, LegRequirements requirements, int silent)
    {
        var cash = Cash(linked, admitted, silent);
        var capacity = admitted.Select((chain, i) => IsIn(silent, i) ? 0 : chain.Collaterals.Sum(one => one.Capacity.Initial)).Sum();
        return new CrossChainFigures
        {
            InitialCapacity = capacity + Math.Max(0, cash),
            InitialDebt = Debt(linked, cash),
            InitialRequirement = requirements.Initial(silent),
        };
    }

    /// <summary>Net, in units of account: held, as far as it is admitted and not of a silent chain, less owed.</summary>
    private static double Cash(LinkedAccounts linked, ChainAdmission[] admitted, int silent) => linked.Chains
        .Select((chain, i) => chain.Cash < 0 ? chain.Cash * linked.StablePrice : IsIn(silent, i) ? 0 : admitted[i].Cash)
        .Sum();

    private static double Debt(LinkedAccounts linked, double cash) => linked.Chains.Sum(chain => chain.Debt) + Math.Max(0, -cash);

    private static bool IsIn(int mask, int chain) => (mask & (1 << chain)) != 0;

    private static ChainMargin Row(ChainAccount chain, ChainAdmission admitted, double stablePrice, ScaledFigures legs, double initialIfSilent)
    {
        var collaterals = admitted.Collaterals;
        var held = Math.Max(0, chain.Cash) * stablePrice;
        return new ChainMargin(chain.Chain, RemoteCapacity.CountedAge(chain.AgeSeconds, chain.FinalityLagSeconds), chain.Silent)
        {
            Value = collaterals.Sum(one => one.Value) + held,
            Admitted = collaterals.Sum(one => one.Admitted) + admitted.Cash,
            ValueCap = chain.ValueCap,
            Collaterals = collaterals,
            InitialCapacity = chain.Silent ? 0 : collaterals.Sum(one => one.Capacity.Initial) + admitted.Cash,
            MaintenanceCapacity = collaterals.Sum(one => one.Capacity.Maintenance) + admitted.Cash,
            Debt = chain.Debt + (Math.Max(0, -chain.Cash) * stablePrice),
            Requirement = legs.Requirement,
            InitialRequirement = legs.InitialRequirement,
            MarkToMarket = legs.MarkToMarket,
            InitialIfSilent = initialIfSilent,
        };
    }

    /// <summary>What liquidation looks at, as a portfolio whose collateral is as old as its chain's finality lag.</summary>
    private static Portfolio Maintained(LinkedAccounts linked, ChainAdmission[] admitted) => new(
        linked.Underlyings,
        [.. linked.Chains.SelectMany(chain => chain.Legs.Select(leg => leg with { Chain = chain.Chain }))],
        [.. linked.Chains.SelectMany((chain, i) => chain.Collaterals.Select((held, place) => new Collateral(
            held.Asset,
            admitted[i].Collaterals[place].AmountOf(held),
            held.Price,
            held.LiquidationThreshold,
            held.BorrowFactor,
            held.Volatility,
            chain.Chain,
            chain.FinalityLagSeconds)))],
        linked.Chains.Sum(chain => chain.Debt),
        Cash(linked, admitted, 0) / linked.StablePrice,
        linked.StablePrice);
}
