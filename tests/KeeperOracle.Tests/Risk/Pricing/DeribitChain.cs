using System.Globalization;
using KeeperOracle.Risk.Pricing;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Pricing;

/// <summary>The BTC options of Deribit on 21 May 2020 with its own Greeks; prices are in BTC, volatilities and vega per percent.</summary>
internal static class DeribitChain
{
    public sealed record Row(
        OptionKind Kind, double Strike, double Years, double Underlying, double MarkPrice, double MarkVolatility, double Delta, double Gamma,
        double Vega, double Theta);

    public static List<Row> Read()
    {
        var lines = File.ReadLines(SharedDataFactAttribute.PathOf("data", "options", "deribit_btc_chain_2020-05-21.csv"));
        return [.. lines.Skip(1).Select(line => Parse(line.Split(',')))];
    }

    private static Row Parse(string[] cells)
    {
        double Number(int i) => double.Parse(cells[i], CultureInfo.InvariantCulture);
        DateTimeOffset Time(int i) => DateTimeOffset.Parse(cells[i], CultureInfo.InvariantCulture);
        return new Row(
            Black76Tests.Kind(cells[2]), Number(3), (Time(4) - Time(0)).TotalDays / 365, Number(5), Number(8), Number(9) / 100,
            Number(19), Number(20), Number(21), Number(22));
    }
}
