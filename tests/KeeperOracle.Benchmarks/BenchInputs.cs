using System.Runtime.InteropServices;
using KeeperOracle.Risk;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;

namespace KeeperOracle.Benchmarks;

/// <summary>
/// What every peer of scripts/bench-risk computes on: seeded, written as raw doubles so that C, C++, Python and R read the same bits.
/// </summary>
internal static class BenchInputs
{
    public const int Options = 16_384;
    public const int Accounts = 10_000;
    public const int LegsPerAccount = 20;
    public const int BookLegs = 80;
    public const int Returns = 2_000;

    public static OptionColumns OptionMarket()
    {
        var random = new SeededRandom(20261);
        return OptionColumns.Draw(Options, random);
    }

    public static Books ManyAccounts() => new(Accounts, LegsPerAccount, new SeededRandom(20262));

    public static Books OneBook() => new(1, BookLegs, new SeededRandom(20264));

    /// <summary>A GARCH(1,1) path of daily returns, in percent.</summary>
    public static double[] GarchReturns()
    {
        var random = new SeededRandom(20263);
        var (omega, alpha, beta) = (0.05, 0.1, 0.88);
        var variance = omega / (1 - alpha - beta);
        var returns = new double[Returns];
        for (var i = -500; i < Returns; i++)
        {
            var shock = Math.Sqrt(variance) * random.NextNormal();
            variance = omega + (alpha * shock * shock) + (beta * variance);
            if (i >= 0)
            {
                returns[i] = 0.03 + shock;
            }
        }

        return returns;
    }

    public static void Write(string folder)
    {
        void Column(string name, double[] values) => File.WriteAllBytes(Path.Combine(folder, name + ".bin"), MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

        Directory.CreateDirectory(folder);
        var market = OptionMarket();
        Column("sign", market.Sign);
        Column("forward", market.Forward);
        Column("strike", market.Strike);
        Column("years", market.Years);
        Column("volatility", market.Volatility);
        Column("rate", market.Rate);
        var books = ManyAccounts();
        Column("book_sign", books.Column((leg, _) => leg.Kind == LegKind.Call ? 1 : -1));
        Column("book_forward", books.Column((_, expiry) => expiry.Forward));
        Column("book_strike", books.Column((leg, _) => leg.Strike));
        Column("book_log_moneyness", books.Column((leg, expiry) => Elementary.Log(expiry.Forward / leg.Strike)));
        Column("book_total", books.Column((leg, expiry) => leg.ImpliedVolatility!.Value * Math.Sqrt(expiry.YearsToExpiry)));
        Column("book_amount", books.Column((leg, _) => leg.Amount));
        var scenarios = Books.Scenarios.Grid(Books.Scenarios.FixedRange!.Value).Scenarios;
        Column("grid_shock", [.. scenarios.Select(scenario => scenario.SpotMultiplier)]);
        Column("grid_shift", [.. scenarios.Select(scenario => Elementary.Log(scenario.SpotMultiplier))]);
        Column("grid_scale", [.. scenarios.Select(scenario => scenario.Volatility switch
        {
            VolatilityMove.Up => Books.Scenarios.VolatilityUp,
            VolatilityMove.Down => Books.Scenarios.VolatilityDown,
            _ => 1,
        })]);
        Column("garch", GarchReturns());
    }
}

internal sealed record OptionColumns(double[] Sign, double[] Forward, double[] Strike, double[] Years, double[] Volatility, double[] Rate)
{
    public static OptionColumns Draw(int count, SeededRandom random)
    {
        var columns = new OptionColumns(new double[count], new double[count], new double[count], new double[count], new double[count], new double[count]);
        for (var i = 0; i < count; i++)
        {
            columns.Sign[i] = random.NextUniform() < 0.5 ? 1 : -1;
            columns.Forward[i] = 50 + (100 * random.NextUniform());
            columns.Strike[i] = columns.Forward[i] * (0.5 + random.NextUniform());
            columns.Years[i] = 0.02 + (2 * random.NextUniform());
            columns.Volatility[i] = 0.1 + (1.2 * random.NextUniform());
            columns.Rate[i] = 0.08 * random.NextUniform();
        }

        return columns;
    }
}

/// <summary>Accounts on one underlying at 100 with four expiries: as portfolios for our engine, and as flat columns for the peers.</summary>
internal sealed class Books
{
    private const double Range = 0.16;

    private static readonly (double Years, double Forward)[] Market = [(0.05, 100.5), (0.25, 101), (0.5, 102), (1, 104)];

    public Books(int accounts, int legs, SeededRandom random)
    {
        Underlying = new Underlying(
            "ETH", 100, 0.8, [.. Market.Select((expiry, i) => new ExpiryMarket($"{i}", expiry.Years * Conventions.SecondsPerYear, expiry.Forward, 0.6))]);
        Accounts = [.. Enumerable.Range(0, accounts).Select(_ => Draw(legs, random))];
    }

    public Underlying Underlying { get; }

    public IReadOnlyList<IReadOnlyList<Leg>> Accounts { get; }

    /// <summary>Seven spot moves with three volatilities each and two tails, nothing damped: 23 scenarios.</summary>
    public static ScaledParameters Scenarios { get; } = new()
    {
        FixedRange = Range,
        Steps = [-1, -2.0 / 3, -1.0 / 3, 0, 1.0 / 3, 2.0 / 3, 1],
        Tails = [new(-0.66, 1), new(0.5, 1)],
    };

    public static AccountBatch Batch(Books books) => new([books.Underlying], books.Accounts, Scenarios);

    /// <summary>One column a quantity, account after account.</summary>
    public double[] Column(Func<Leg, ExpiryMarket, double> value) =>
        [.. Accounts.SelectMany(legs => legs.Select(leg => value(leg, Underlying.Expiries.Single(expiry => expiry.Name == leg.Expiry))))];

    private static Leg[] Draw(int legs, SeededRandom random) =>
    [
        .. Enumerable.Range(0, legs).Select(_ => new Leg(
            random.NextUniform() < 0.5 ? LegKind.Call : LegKind.Put,
            "ETH",
            $"{random.NextInt(Market.Length)}",
            50 + (100 * random.NextUniform()),
            (random.NextInt(10) + 1) * (random.NextUniform() < 0.5 ? 1 : -1),
            0.1 + (1.2 * random.NextUniform()))),
    ];
}
