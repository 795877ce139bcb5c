using System.Diagnostics;
using System.Globalization;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Pricing;
using KeeperOracle.Risk.Volatility;

namespace KeeperOracle.Benchmarks;

/// <summary>Our side of scripts/bench-risk: NAME WORKLOAD UNITS_PER_SECOND CHECKSUM, the best of many short rounds in one process.</summary>
internal static class Peer
{
    public static void Greeks()
    {
        var market = BenchInputs.OptionMarket();
        var (price, delta, gamma, vega, theta) = (Room(), Room(), Room(), Room(), Room());
        var best = Best(1, () => Black76Batch.Greeks(
            new OptionArrays(market.Sign, market.Forward, market.Strike, market.Years, market.Volatility, market.Rate),
            new GreekArrays(price, delta, gamma, vega, theta)));
        Say("ours", "greeks", BenchInputs.Options / best, price.Sum() + delta.Sum() + gamma.Sum() + vega.Sum() + theta.Sum());
    }

    public static void Garch()
    {
        var returns = BenchInputs.GarchReturns();
        var workspace = new GarchWorkspace();
        var persistence = 0.0;
        var best = Best(1, () =>
        {
            var fit = Garch11.Fit(returns, workspace);
            persistence = fit.Parameters.Alpha + fit.Parameters.Beta;
        });
        Say("ours", "garch", 1 / best, persistence);
    }

    /// <summary>All accounts by one thread and by two, each with its own half and workspace.</summary>
    public static void Revalue()
    {
        var batch = Books.Batch(BenchInputs.ManyAccounts());
        var results = new AccountRequirement[batch.Count];
        var own = new AccountBatch.Workspace();
        var best = Best(2, () => batch.Assess(0, results, own));
        Say("ours", "revalue", batch.Revaluations / best, Worst(results));

        Array.Clear(results);
        var half = batch.Count / 2;
        var other = new AccountBatch.Workspace();
        var shared = Best(2, () => Parallel.Invoke(
            () => batch.Assess(0, results.AsSpan(0, half), own),
            () => batch.Assess(half, results.AsSpan(half), other)));
        Say("ours-two-threads", "revalue", batch.Revaluations / shared, Worst(results));
    }

    /// <summary>One account of 80 legs under the 31 scenarios of the published model.</summary>
    public static void Book()
    {
        var book = BenchInputs.OneBook();
        var batch = new AccountBatch([book.Underlying], book.Accounts);
        var results = new AccountRequirement[1];
        var workspace = new AccountBatch.Workspace();
        var best = Best(1, () =>
        {
            for (var i = 0; i < 100; i++)
            {
                batch.Assess(0, results, workspace);
            }
        });
        Say("ours", "book", 100 / best, results[0].WorstLoss);
    }

    /// <summary>Value of every account in its worst scenario, added up.</summary>
    private static double Worst(AccountRequirement[] results) => results.Sum(result => result.MarkToMarket - result.WorstLoss);

    private static double[] Room() => new double[BenchInputs.Options];

    /// <summary>Shortest time of one run in seconds, after half as long a warm-up: the tier-1 compiler works beside it.</summary>
    private static double Best(double seconds, Action action)
    {
        Repeat(seconds / 2, action);
        return Repeat(seconds, action);
    }

    private static double Repeat(double seconds, Action action)
    {
        var began = Stopwatch.GetTimestamp();
        var best = double.PositiveInfinity;
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < seconds)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private static void Say(string name, string workload, double rate, double checksum) =>
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name} {workload} {rate:R} {checksum:R}"));
}
