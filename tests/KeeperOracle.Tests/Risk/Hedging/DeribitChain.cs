using System.Globalization;
using System.IO.Compression;
using KeeperOracle.Risk.Hedging;
using KeeperOracle.Risk.Portfolios;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Risk.Hedging;

/// <summary>A stored option chain as markets and listed instruments; quotes in coin become units of account at the expiry's futures
/// price.</summary>
internal static class DeribitChain
{
    public const string File = "deribit_btc-eth_chain_20260807T214936Z.csv.gz";

    public static (Underlying Market, List<HedgeInstrument> Listed) Read(string currency)
    {
        using var stream = new GZipStream(System.IO.File.OpenRead(SharedDataFactAttribute.PathOf("data", "options", File)),
            CompressionMode.Decompress);
        using var reader = new StreamReader(stream);
        var columns = reader.ReadLine()!.Split(',');
        var rows = new List<Dictionary<string, string>>();
        while (reader.ReadLine() is { } line)
        {
            var cells = line.Split(',');
            rows.Add(columns.Select((name, i) => (name, cells[i])).ToDictionary(pair => pair.name, pair => pair.Item2));
        }

        double Number(Dictionary<string, string> row, string name) =>
            double.TryParse(row[name], NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : 0;
        var own = rows.Where(row => row["currency"] == currency && Number(row, "implied_volatility") > 0).ToList();
        var spot = Number(own[0], "index_price");
        var expiries = own.GroupBy(row => row["expiry_datetime"]).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group =>
        {
            var forward = Number(group.First(), "futures_price");
            var nearest = group.MinBy(row => Math.Abs(Number(row, "strike") - forward))!;
            return new ExpiryMarket(group.Key, Number(group.First(), "time_to_maturity") * 31_536_000, forward,
                Number(nearest, "implied_volatility"));
        }).ToList();
        var listed = own.Select(row =>
        {
            var forward = Number(row, "futures_price");
            return new HedgeInstrument(
                row["instrument_name"],
                row["option_type"] == "call" ? LegKind.Call : LegKind.Put,
                row["expiry_datetime"],
                Number(row, "strike"),
                Number(row, "bid_price") * forward,
                Number(row, "ask_price") * forward,
                Number(row, "open_interest"),
                Number(row, "open_interest"),
                Number(row, "implied_volatility"),
                FeePerUnit: .0003 * spot,
                LotSize: currency == "BTC" ? .1 : 1);
        }).ToList();
        listed.Add(new HedgeInstrument(
            $"{currency}-PERPETUAL", LegKind.Perp, null, 0, spot * .9999, spot * 1.0001, 1e9, 1e9, FeePerUnit: .0005 * spot,
                LotSize: spot > 10_000 ? .001 : .01));
        return (new Underlying(currency, spot, .5, expiries, new PerpMarket(spot)), listed);
    }
}
