using System.Runtime.InteropServices;
using KeeperOracle.Risk;

namespace KeeperOracle.Benchmarks;

/// <summary>
/// What every peer of scripts/bench-risk computes on: seeded, written as raw doubles so that C, C++, Python and R read the same bits.
/// </summary>
internal static class BenchInputs
{
    public const int Options = 16_384;
    public const int Accounts = 10_000;
    public const int LegsPerAccount = 20;
    public const int Returns = 2_000;

    /// <summary>Spot multipliers and volatility multipliers: seven moves with three volatilities each, and two tails.</summary>
    public static (double[] Spot, double[] Volatility) Scenarios()
    {
        double[] volatilities = [1.4, 1, 0.78];
        var moves = Enumerable.Range(-3, 7).Select(step => 1 + (0.16 * step / 3));
        var grid = moves.SelectMany(move => volatilities.Select(volatility => (move, volatility))).Append((0.34, 1.4)).Append((1.5, 1.4)).ToList();
        return ([.. grid.Select(one => one.Item1)], [.. grid.Select(one => one.Item2)]);
    }

    public static OptionColumns OptionMarket()
    {
        var random = new SeededRandom(20261);
        return OptionColumns.Draw(Options, random);
    }

    public static BookColumns Books()
    {
        var random = new SeededRandom(20262);
        return BookColumns.Draw(Accounts * LegsPerAccount, random);
    }

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
        var books = Books();
        Column("book_sign", books.Sign);
        Column("book_forward", books.Forward);
        Column("book_strike", books.Strike);
        Column("book_log_moneyness", books.LogMoneyness);
        Column("book_total", books.TotalVolatility);
        Column("book_amount", books.Amount);
        var (spot, volatility) = Scenarios();
        Column("grid_shock", spot);
        Column("grid_shift", [.. spot.Select(Elementary.Log)]);
        Column("grid_scale", volatility);
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

internal sealed record BookColumns(double[] Sign, double[] Forward, double[] Strike, double[] LogMoneyness, double[] TotalVolatility, double[] Amount)
{
    public static BookColumns Draw(int count, SeededRandom random)
    {
        var market = OptionColumns.Draw(count, random);
        return new BookColumns(
            market.Sign,
            market.Forward,
            market.Strike,
            [.. market.Forward.Zip(market.Strike, (forward, strike) => Elementary.Log(forward / strike))],
            [.. market.Volatility.Zip(market.Years, (volatility, years) => volatility * Math.Sqrt(years))],
            [.. Enumerable.Range(0, count).Select(_ => random.NextInt(21) - 10.0)]);
    }
}
