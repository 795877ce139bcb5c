using CsCheck;
using KeeperOracle.Risk.CrossChain;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Tests.Risk.Margin;

namespace KeeperOracle.Tests.Risk.CrossChain;

/// <summary>Linked accounts for the tests: generated, from the generated portfolios of <see cref="Books"/>.</summary>
internal static class LinkedBooks
{
    /// <summary>A portfolio dealt over one to four chains, each with an age (some from the future), a lag, and now and then a
    /// cap.</summary>
    public static Gen<LinkedAccounts> Any =>
        from book in Books.Any
        from chains in Chain.Array[1, 4]
        from places in Gen.Int[0, 3].Array[book.Legs.Count + book.Collaterals.Count]
        from initial in Gen.Double[.5, 2]
        select Dealt(book, chains, places, initial);

    /// <summary>The same accounts with nothing between the chains: age and lag zero, no cap, none silent.</summary>
    public static LinkedAccounts Synchronous(LinkedAccounts linked) => linked with
    {
        Chains = [.. linked.Chains.Select(chain => chain with
        {
            AgeSeconds = 0,
            FinalityLagSeconds = 0,
            ValueCap = null,
            Silent = false,
        })],
    };

    /// <summary>Everything on one chain, as the one-chain margin takes it.</summary>
    public static Portfolio Joined(LinkedAccounts linked) => new(
        linked.Underlyings,
        [.. linked.Chains.SelectMany(chain => chain.Legs)],
        [.. linked.Chains.SelectMany(chain => chain.Collaterals)
            .Select(held => new Collateral(held.Asset, held.Amount, held.Price, held.LiquidationThreshold, held.BorrowFactor, held.Volatility))],
        linked.Chains.Sum(chain => chain.Debt),
        linked.Chains.Sum(chain => chain.Cash),
        linked.StablePrice);

    public static LinkedAccounts With(LinkedAccounts linked, int place, Func<ChainAccount, ChainAccount> change) => linked with
    {
        Chains = [.. linked.Chains.Select((chain, i) => i == place % linked.Chains.Count ? change(chain) : chain)],
    };

    private static LinkedAccounts Dealt(Portfolio book, ChainAccount[] chains, int[] places, double initial) => new(
        book.Underlyings,
        [.. chains.Select((chain, i) => chain with
        {
            Chain = $"C{i}",
            Legs = [.. book.Legs.Where((_, leg) => places[leg] % chains.Length == i)],
            Collaterals = [.. book.Collaterals
                .Where((_, held) => places[book.Legs.Count + held] % chains.Length == i)
                .Select((held, place) => new ChainCollateral(
                    $"{held.Asset}{place}", held.Amount, held.Price, held.LiquidationThreshold, held.BorrowFactor, held.Volatility, held.Volatility * initial))],
        })],
        .99);

    private static Gen<ChainAccount> Chain =>
        from age in Gen.OneOf(Gen.Const(0.0), Gen.Double[-86400, 86400], Gen.Double[0, 1e8])
        from lag in Gen.Double[0, 3600]
        from debt in Gen.Double[0, 20_000]
        from cash in Gen.Double[-10_000, 20_000]
        from capped in Gen.Bool
        from cap in Gen.Double[0, 30_000]
        select new ChainAccount("C", age, lag, [], [], debt, cash, capped ? cap : null);
}
