using CsCheck;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Tests.Risk.Margin;

public sealed class AccountBatchTests
{
    [Fact]
    public void Batch_BadLegOrDepthAddOn_IsRefused()
    {
        var markets = Books.OfCheck().Underlyings;
        var depth = new ScaledParameters { DailyVolumes = new Dictionary<string, double> { ["ETH"] = 1 } };

        Assert.Equal("UnknownExpiry", Refusal(() => new AccountBatch(markets, [[Books.Put(1, 1) with { Expiry = "never" }]])));
        Assert.Equal("UnsupportedInBatch", Refusal(() => new AccountBatch(markets, [[Books.Put(1, 1)]], depth)));
    }

    [Fact]
    public void Assess_AnyAccounts_GivesTheBitsOfEachAlone() =>
        Gen.Select(Books.Any, Books.Any.Array[1, 5]).Sample(
            (market, books) =>
            {
                var names = market.Underlyings.Select(underlying => underlying.Name).ToHashSet();
                var accounts = books.Select(book => book.Legs.Where(leg => names.Contains(leg.Underlying)).ToList()).ToList();
                var batch = new AccountBatch(market.Underlyings, accounts);
                var results = new AccountRequirement[accounts.Count];
                batch.Assess(0, results, new AccountBatch.Workspace());
                return accounts.Zip(results).All(pair =>
                {
                    var alone = new MarginBook(market with { Legs = pair.First, Cash = 1 }, new ScaledParameters()).Figures;
                    return pair.Second == new AccountRequirement(alone.MarkToMarket, alone.WorstLoss, alone.Requirement, alone.InitialRequirement);
                });
            },
            iter: 200);

    [Fact]
    public void Assess_RangesOfAccounts_GiveWhatTheWholeGives_AndAllocateNothing()
    {
        var accounts = Enumerable.Range(1, 7).Select(i => (IReadOnlyList<Leg>)[Books.Put(2000 + (100 * i), -i), Books.Call(3000, 1), Books.Perp(i)]).ToList();
        var batch = new AccountBatch(Books.OfCheck().Underlyings, accounts);
        var (whole, parts, workspace) = (new AccountRequirement[7], new AccountRequirement[7], new AccountBatch.Workspace());

        batch.Assess(0, whole, workspace);
        var before = GC.GetAllocatedBytesForCurrentThread();
        batch.Assess(0, parts.AsSpan(0, 3), workspace);
        batch.Assess(3, parts.AsSpan(3), workspace);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(whole, parts);
        Assert.Equal(7 * 2 * 31, batch.Revaluations);
    }

    private static string Refusal(Func<AccountBatch> make) => Assert.Throws<RiskInputException>(make).Refusal;
}
