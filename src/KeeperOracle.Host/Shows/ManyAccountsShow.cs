using System.Diagnostics;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Risk.TailRisk;

namespace KeeperOracle.Host.Shows;

/// <summary>
/// System 13: every account anew within a block, tiers of size. Known from elsewhere: some of the accounts with every scenario priced one
/// by one, one account kept up to date against one made from nothing, the square-root law of impact and the line of a tier written out. The
/// time is this machine's; one thread is used.
/// </summary>
internal static class ManyAccountsShow
{
    private const int Accounts = 1000;
    private const int Positions = 64;
    private const ulong Seed = 13;
    private static readonly TimeSpan Block = TimeSpan.FromSeconds(2);

    public static Show Show => new("13", "Dynamic margin: every account within a block, and size costs", Steps);

    private static IEnumerable<ShowStep> Steps()
    {
        var markets = Markets(1);
        var accounts = Book(markets);
        _ = Assess(markets, accounts, out _); // the first time the machine code is made: that is no block
        var moved = Markets(.93);
        var requirements = Assess(moved, accounts, out var elapsed);
        var options = (long)Accounts * Positions;
        yield return ShowStep.Of(
            $"{Accounts:N0} accounts hold {Positions} options each, on two assets with three expiries. Prices fall by 7 %: all "
            + $"{options:N0} positions are read in and valued in 31 scenarios, {31 * options:N0} prices, in "
            + $"{elapsed.TotalMilliseconds:N0} ms. Together the accounts must secure {requirements.Sum():N0}.",
            new { accounts = Accounts, positions = Positions, seed = Seed, markets = moved },
            new { milliseconds = elapsed.TotalMilliseconds, total = requirements.Sum(), requirements },
            $"within a block of {Block.TotalSeconds:N0} s on one thread",
            elapsed < Block);
        yield return OneByOne(moved, accounts, requirements);
        yield return KeptUpToDate(markets, moved, accounts[0]);
        yield return Size(moved);
        yield return Tiers();
    }

    private static double[] Assess(IReadOnlyList<Underlying> markets, IReadOnlyList<IReadOnlyList<Leg>> accounts, out TimeSpan elapsed)
    {
        var started = Stopwatch.GetTimestamp();
        var results = new AccountRequirement[accounts.Count];
        new AccountBatch(markets, accounts).Assess(0, results, new AccountBatch.Workspace());
        elapsed = Stopwatch.GetElapsedTime(started);
        return [.. results.Select(result => result.Requirement)];
    }

    private static ShowStep OneByOne(IReadOnlyList<Underlying> markets, IReadOnlyList<IReadOnlyList<Leg>> accounts, double[] requirements)
    {
        int[] chosen = [0, Array.IndexOf(requirements, requirements.Max()), Accounts - 1];
        var plain = chosen.Select(account => PlainRevaluation.RequirementOf(new Portfolio(markets, accounts[account], []))).ToArray();
        return ShowStep.Of(
            "The first, the dearest and the last account need "
            + $"{string.Join(", ", chosen.Select(account => $"{requirements[account]:N2}"))}.",
            new { account = chosen, legs = chosen.Select(account => accounts[account]), markets },
            new { requirements = chosen.Select(account => requirements[account]) },
            $"every scenario priced one by one, {string.Join(", ", plain.Select(value => $"{value:N2}"))}: the same to 1e-9",
            chosen.Zip(plain).All(pair => ShowStep.Near(requirements[pair.First], pair.Second, 1e-9)));
    }

    private static ShowStep KeptUpToDate(IReadOnlyList<Underlying> markets, IReadOnlyList<Underlying> moved, IReadOnlyList<Leg> legs)
    {
        var book = new MarginBook(new Portfolio(markets, legs, []), new ScaledParameters());
        var before = book.Figures.Requirement;
        book.SetSpot(0, moved[0].Spot, 0);
        for (var expiry = 0; expiry < moved[0].Expiries.Count; expiry++)
        {
            book.SetExpiry(0, expiry, moved[0].Expiries[expiry]);
        }

        IReadOnlyList<Underlying> half = [moved[0], markets[1]];
        var (kept, anew) = (book.Figures.Requirement, ScaledMargin.Assess(new Portfolio(half, legs, [])).Figures.Requirement);
        return ShowStep.Of(
            "An account that is kept from block to block computes only what has changed: when ETH alone falls its requirement goes from "
            + $"{before:N2} to {kept:N2}.",
            new { legs, before = markets, after = half },
            new { before, kept },
            "made from nothing at the new prices it is the same to the last bit, and priced one by one to 1e-9",
            kept == anew && ShowStep.Near(kept, PlainRevaluation.RequirementOf(new Portfolio(half, legs, [])), 1e-9));
    }

    private static ShowStep Size(IReadOnlyList<Underlying> markets)
    {
        const double volume = 5e6, contracts = 20;
        double[] sizes = [1, 10];
        var market = markets[0];
        var rules = new ScaledParameters { DailyVolumes = new Dictionary<string, double> { [market.Name] = volume } };
        Leg[] Legs(double size) => [new(LegKind.Put, market.Name, market.Expiries[0].Name, 2700, -contracts * size)];
        double Needs(double size) => ScaledMargin.Assess(new Portfolio([market], Legs(size), []), rules).Figures.Requirement;
        double ByHand(double size)
        {
            var notional = contracts * size * market.Spot;
            var addOn = 2.0 / 3 * market.Volatility / Math.Sqrt(365) * Math.Sqrt(notional / volume) * notional;
            return PlainRevaluation.Of(market, Legs(size)).Requirement + addOn;
        }

        var (small, large) = (Needs(1), Needs(10));
        return ShowStep.Of(
            $"{contracts} short puts need {small:N2}, ten times as many {large:N2}: {large / small:N2} times as much, as selling them "
            + $"out would move a market that trades {volume:N0} a day.",
            new { legs = Legs(1), market, volume, sizes },
            new { small, large, ratio = large / small },
            $"scenarios one by one and 2/3 sigma sqrt(1/365) sqrt(Q/V) Q give {ByHand(1):N2} and {ByHand(10):N2}; more than ten times as "
            + "much",
            ShowStep.Near(small, ByHand(1), 1e-9) && ShowStep.Near(large, ByHand(10), 1e-9) && large > 10 * small);
    }

    private static ShowStep Tiers()
    {
        const double initial = .05, lower = 50e6, upper = 100e6;
        double[] interest = [40e6, 60e6, 75e6, 120e6], byHand = [.05, .05 + (.2 * .95), .05 + (.5 * .95), 1];
        var fractions = interest.Select(one => SizeTiers.OpenInterestFraction(initial, one, lower, upper)).ToArray();
        return ShowStep.Of(
            "A whole market has tiers too, by the open interest in it: with "
            + $"{string.Join(", ", interest.Select(one => $"{one / 1e6:N0}"))} million open a position starts with "
            + $"{string.Join(", ", fractions.Select(one => $"{one:P1}"))} of its size as margin.",
            new { initial, lower, upper, interest },
            new { fractions },
            "by hand 5 % up to 50 million, all of it from 100 million on, and a straight line between them",
            fractions.Zip(byHand).All(pair => ShowStep.Near(pair.First, pair.Second, 1e-12)));
    }

    private static IReadOnlyList<Underlying> Markets(double move) => [Market("ETH", 3000 * move, .8), Market("BTC", 60_000 * move, .6)];

    private static Underlying Market(string name, double spot, double volatility)
    {
        int[] days = [7, 30, 90];
        return new Underlying(
            name,
            spot,
            volatility,
            [.. days.Select(day => new ExpiryMarket($"{day}d", day * 86_400, spot * (1 + (.0001 * day)), .95 * volatility, .04))]);
    }

    private static IReadOnlyList<IReadOnlyList<Leg>> Book(IReadOnlyList<Underlying> markets)
    {
        var random = new SeededRandom(Seed);
        Leg Draw(Underlying market) => new(
            random.NextInt(2) == 0 ? LegKind.Call : LegKind.Put,
            market.Name,
            market.Expiries[random.NextInt(market.Expiries.Count)].Name,
            Math.Round(market.Spot * (.6 + (.8 * random.NextUniform()))),
            Math.Round((10 * random.NextUniform()) - 5, 2));
        return [.. Enumerable.Range(0, Accounts).Select(_ =>
            (IReadOnlyList<Leg>)[.. Enumerable.Range(0, Positions).Select(_ => Draw(markets[random.NextInt(2)]))])];
    }
}
