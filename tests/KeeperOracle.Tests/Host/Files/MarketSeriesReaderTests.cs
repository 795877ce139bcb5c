using System.Text;
using KeeperOracle.Host.Files;
using KeeperOracle.Risk.Volatility;
using KeeperOracle.Tests.EndToEnd;

namespace KeeperOracle.Tests.Host.Files;

public sealed class MarketSeriesReaderTests : IDisposable
{
    private const string Prices = "timestamp,price\n2026-01-01,100\n2026-01-02,101\n2026-01-03,102\n2026-01-04,103\n";
    private const string Bars = "timestamp,open,high,low,close,volume\n2026-01-01,9,12,8,10,5\n";

    private readonly InputFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "EmptyFile", null, "it is empty.")]
    [InlineData("\n\n", "EmptyFile", null, "it is empty.")]
    [InlineData("timestamp,price\n", "EmptyFile", null, "it has a header and no rows.")]
    [InlineData("timestamp,price\n2026-01-01,100\n", "OneRow", 2, "at least two")]
    [InlineData("time,price\n2026-01-01,1\n", "MissingColumn", 1, "'timestamp' is needed, and the header has time, price. Is 'time' meant to be 'timestamp'?")]
    [InlineData("timestamp,clsoe\n2026-01-01,1\n", "MissingColumn", 1, "Is 'clsoe' meant to be 'close'?")]
    [InlineData("timestamp,return\n2026-01-01,1\n", "MissingColumn", 1, "A file of returns is given with --returns.")]
    [InlineData("2026-01-01,100\n2026-01-02,100\n", "MissingHeader", 1, "add a line such as")]
    [InlineData("timestamp,price,\n2026-01-01,1,\n", "MissingHeader", 1, "column 3 has no name")]
    [InlineData("timestamp,price,Price\n2026-01-01,1,1\n", "DuplicateColumn", 1, "'price' twice")]
    [InlineData("timestamp;price\n2026-01-01;1,5\n", "WrongSeparator", 1, "use commas")]
    [InlineData("timestamp\tprice\n", "WrongSeparator", 1, "use commas")]
    [InlineData(Prices + "2026-01-05\n", "ColumnCount", 6, "1 column, and the header has 2.")]
    [InlineData(Prices + "2026-01-05,1,234.5\n", "ColumnCount", 6, "3 columns, and the header has 2. A decimal comma or a thousands separator")]
    [InlineData(Prices + "\n2026-01-05,1\n", "BlankLine", 6, "delete it")]
    [InlineData(Prices + "2026-01-05,\"1\n", "BadQuote", 6, "the quotes of column 2 do not match")]
    [InlineData(Prices + "2026-01-05,1\"\n", "BadQuote", 6, "column 2")]
    [InlineData(Prices + "2026-01-05,\"1\"2\n", "BadQuote", 6, "column 2")]
    [InlineData(Prices + "2026-01-05,NaN\n", "NotANumber", 6, "price is 'NaN', which is no number")]
    [InlineData(Prices + "2026-01-05,Infinity\n", "NotANumber", 6, "'Infinity'")]
    [InlineData(Prices + "2026-01-05,-inf\n", "NotANumber", 6, "'-inf'")]
    [InlineData(Prices + "2026-01-05,1e999\n", "NotANumber", 6, "larger than any double")]
    [InlineData(Prices + "2026-01-05,\n", "NotANumber", 6, "price is empty")]
    [InlineData(Prices + "2026-01-05,a lot\n", "NotANumber", 6, "'a lot'")]
    [InlineData(Prices + "2026-01-05,0x10\n", "NotANumber", 6, "'0x10'")]
    [InlineData(Prices + "2026-01-05,\"1,234.5\"\n", "NotANumber", 6, "without thousands separators")]
    [InlineData(Prices + "2026-01-05,\"1234,5\"\n", "NotANumber", 6, "with a decimal point")]
    [InlineData(Prices + "2026-01-05,1 234\n", "NotANumber", 6, "'1 234'")]
    [InlineData(Prices + "2026-01-05,0\n", "ZeroPrice", 6, "price is zero")]
    [InlineData(Prices + "2026-01-05,-0.0\n", "ZeroPrice", 6, "price is zero")]
    [InlineData(Prices + "2026-01-05,-1\n", "NegativePrice", 6, "price is -1")]
    [InlineData(Prices + "yesterday,1\n", "BadTimestamp", 6, "'yesterday' is no time in ISO-8601")]
    [InlineData(Prices + "05/01/2026,1\n", "BadTimestamp", 6, "'05/01/2026'")]
    [InlineData(Prices + "1767571200,1\n", "BadTimestamp", 6, "'1767571200'")]
    [InlineData(Prices + "2026-02-30,1\n", "BadTimestamp", 6, "'2026-02-30'")]
    [InlineData(Prices + "2026-01-04T00:00:00Z,1\n", "DuplicateTimestamp", 6, "2026-01-04T00:00:00Z stands on line 5 too")]
    [InlineData(Prices + "2026-01-05T02:00:00+02:00,1\n2026-01-05,1\n", "DuplicateTimestamp", 7, "line 6")]
    [InlineData(Prices + "2026-01-03T12:00:00Z,1\n", "WrongOrder", 6, "is before line 5 (2026-01-04): sort the rows")]
    [InlineData(Prices + "2026-01-06,1\n", "Gap", 6, "2026-01-06 comes 2 d after the row before it (2026-01-04), where 1 d is usual: 1 row is missing.")]
    [InlineData(Prices + "2026-01-06,1\n2026-01-09,1\n", "Gap", 6, "1 row is missing (1 more further down). Mend the file, or take it as it is with --allow-gaps")]
    [InlineData(Prices + "2026-01-05T12:00:00Z,1\n", "Gap", 6, "comes 36 h after")]
    [InlineData(Prices + "2026-01-04T12:00:00Z,1\n", "Gap", 6, "comes only 12 h after")]
    [InlineData(Bars + "2026-01-02,9,7,8,8,5\n", "HighUnderLow", 3, "high 7 is under low 8")]
    [InlineData(Bars + "2026-01-02,9,12,8,12.5,5\n", "OutsideHighLow", 3, "close 12.5 is outside low 8 to high 12")]
    [InlineData(Bars + "2026-01-02,7.5,12,8,10,5\n", "OutsideHighLow", 3, "open 7.5")]
    [InlineData(Bars + "2026-01-02,9,12,0,10,5\n", "ZeroPrice", 3, "low is zero")]
    [InlineData(Bars + "2026-01-02,9,12,8,10,-5\n", "NegativeVolume", 3, "volume is -5")]
    [InlineData(Bars + "2026-01-02,9,12,8,10,\n", "NotANumber", 3, "volume is empty")]
    [InlineData(Bars + "2026-01-02,9,12,8,10,nan\n", "NotANumber", 3, "volume is 'nan'")]
    public void ReadPrices_Malformed_NamesTheRefusalAndTheLine(string text, string refusal, int? line, string words)
    {
        var file = _folder.Write("prices.csv", text);

        var refused = Assert.Throws<InputFileException>(() => MarketSeriesReader.ReadPrices(file));

        Assert.Equal((refusal, line, file), (refused.Problems[0].Refusal, refused.Problems[0].Line, refused.Problems[0].File));
        Assert.StartsWith(line is null ? $"{file}: " : $"{file}, line {line}: ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("return\n.01\n", "OneRow", 2)]
    [InlineData("return\n.01\nNaN\n", "NotANumber", 3)]
    [InlineData("return,return_pct\n.01,1\n.02,2\n", "AmbiguousColumn", 1)]
    [InlineData("day,gain\n1,.01\n2,.02\n", "MissingColumn", 1)]
    [InlineData("price\n100\n101\n", "MissingColumn", 1)]
    [InlineData("0.01\n0.02\n", "MissingHeader", 1)]
    [InlineData("timestamp,return\n2026-01-01,.01\n2026-01-01,.02\n", "DuplicateTimestamp", 3)]
    [InlineData("timestamp,return\n2026-01-01,.01\n2026-01-02,.02\n2026-01-04,.03\n", "Gap", 4)]
    public void ReadReturns_Malformed_NamesTheRefusalAndTheLine(string text, string refusal, int? line)
    {
        var file = _folder.Write("returns.csv", text);

        var refused = Assert.Throws<InputFileException>(() => MarketSeriesReader.ReadReturns(file));

        Assert.Equal((refusal, line), (refused.Problems[0].Refusal, refused.Problems[0].Line));
    }

    [Fact]
    public void Read_FilesThatAreNone_AreNamed()
    {
        var packed = InputFolder.Pack(Prices);
        AssertRefused("FileNotFound", _folder.PathOf("nothing.csv"));
        AssertRefused("FileNotFound", _folder.PathOf("no-folder/nothing.csv"));
        AssertRefused("UnreadableFile", Path.GetDirectoryName(_folder.PathOf("x"))!);
        AssertRefused("NotGzip", _folder.Write("plain.csv.gz", Prices));
        AssertRefused("BrokenGzip", _folder.Write("cut.csv.gz", packed[..^12]));
        AssertRefused("BrokenGzip", _folder.Write("damaged.csv", [.. packed[..12], 0xff, 0xff, 0xff, .. packed[15..]]));
        AssertRefused("NotUtf8", _folder.Write("utf16.csv", Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(Prices)).ToArray()));
        var latin = _folder.Write("latin1.csv", Encoding.Latin1.GetBytes("timestamp,price,venue\n2026-01-01,1,Z\n2026-01-02,1,Zürich\n"));
        Assert.Equal(3, AssertRefused("NotUtf8", latin).Problems[0].Line);
    }

    [Theory]
    [InlineData(Prices)]
    [InlineData("\uFEFF" + Prices)]
    [InlineData("Timestamp, Price\r\n2026-01-01T00:00:00Z,100\r\n2026-01-02T00:00Z , 101\r\n2026-01-03 00:00:00,102\r\n2026-01-04T01:00:00.000+01:00,1.03e2\r\n\r\n")]
    [InlineData("\"timestamp\",\"price\",\"note\"\n\"2026-01-01\",100,\"a \"\"b\"\", c\"\n2026-01-02, \"101\" ,\n2026-01-03,102,\n2026-01-04,103,")]
    [InlineData("timestamp,close,open\n2026-01-01,100,\n2026-01-02,101,\n2026-01-03,102,\n2026-01-04,103,")]
    public void ReadPrices_FormsOfOneSeries_AreReadAlike(string text)
    {
        foreach (var file in (string[])[_folder.Write("a.csv", text), _folder.Write("b.csv.gz", InputFolder.Pack(text)), _folder.Write("c", InputFolder.Pack(text))])
        {
            var series = MarketSeriesReader.ReadPrices(file);

            Assert.Equal([100, 101, 102, 103], series.Prices!);
            Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero), series.Times![0]);
            Assert.Equal(TimeSpan.FromDays(1), series.Spacing);
            Assert.Null(series.Bars);
            Assert.Empty(series.Gaps);
        }
    }

    [Fact]
    public void ReadPrices_Bars_AreKeptAndTheCloseIsThePrice()
    {
        var series = MarketSeriesReader.ReadPrices(_folder.Write("bars.csv", Bars + "2026-01-02,10,10,10,10,0\n"));

        Assert.Equal([new PriceBar(9, 12, 8, 10), new PriceBar(10, 10, 10, 10)], series.Bars!);
        Assert.Equal([10, 10], series.Prices!);
        Assert.Equal([5, 0], series.Volumes!);
    }

    [Fact]
    public void ReadPrices_VolumeEmptyThroughout_IsNone() =>
        Assert.Null(MarketSeriesReader.ReadPrices(_folder.Write("index.csv", "timestamp,price,volume\n2026-01-01,1,\n2026-01-02,1,\n")).Volumes);

    [Theory]
    [InlineData("return\n.01\n-.02\n", 0.01, ReturnUnit.Fraction)]
    [InlineData("t,return_pct\n1,1\n2,-2\n", 1, ReturnUnit.Percent)]
    [InlineData("anything\n.01\n-.02\n", 0.01, ReturnUnit.Fraction)]
    [InlineData("dem2gbp_pct\n1\n-2\n", 1, ReturnUnit.Percent)]
    [InlineData("timestamp,btc_pct\n2026-01-01,1\n2026-01-02,-2\n", 1, ReturnUnit.Percent)]
    [InlineData("timestamp,price,log_return\n2026-01-01,100,.01\n2026-01-02,100,-.02\n", 0.01, ReturnUnit.Fraction)]
    public void ReadReturns_ColumnOfReturns_KeepsTheFilesOwnUnit(string text, double first, ReturnUnit unit)
    {
        var series = MarketSeriesReader.ReadReturns(_folder.Write("returns.csv", text));

        Assert.Equal([first, -2 * first], series.Returns());
        Assert.Equal(unit, series.Unit);
        Assert.Equal(text.StartsWith("timestamp", StringComparison.Ordinal), series.ReturnTimes() is not null);
    }

    [Fact]
    public void ReadReturns_FileOfPrices_GivesLogReturnsAndTheirTimes()
    {
        var series = MarketSeriesReader.ReadReturns(_folder.Write("prices.csv", "timestamp,price\n2026-01-01,100\n2026-01-02,110\n2026-01-03,99\n"));

        Assert.Equal(Math.Log(1.1), series.Returns()[0], 1e-15);
        Assert.Equal(Math.Log(0.9), series.Returns()[1], 1e-15);
        Assert.Equal(2, series.Returns().Length);
        Assert.Equal(ReturnUnit.Fraction, series.Unit);
        Assert.Equal(new DateTimeOffset(2026, 1, 2, 0, 0, 0, TimeSpan.Zero), series.ReturnTimes()![0]);
    }

    [Fact]
    public void ReadPrices_GapsAllowed_GivesThemAllWithTheirLines()
    {
        var file = _folder.Write("gaps.csv", Prices + "2026-01-06,1\n2026-01-09,1\n2026-01-09T06:00:00Z,1\n");

        var series = MarketSeriesReader.ReadPrices(file, allowGaps: true);

        Assert.Equal([(6, 1L), (7, 2L), (8, 0L)], series.Gaps.Select(gap => (gap.Line, gap.Missing)));
        Assert.Equal(7, series.Prices!.Length);
    }

    [Fact]
    public void ReadPrices_JitterUnderHalfTheSpacing_IsNoGap()
    {
        const string Regular = "timestamp,price\n2026-01-01T00:00:00Z,1\n2026-01-01T01:00:00Z,1\n2026-01-01T02:00:00Z,1\n";

        Assert.Empty(MarketSeriesReader.ReadPrices(_folder.Write("late.csv", Regular + "2026-01-01T03:29:59Z,1\n")).Gaps);
        Assert.Empty(MarketSeriesReader.ReadPrices(_folder.Write("early.csv", Regular + "2026-01-01T02:30:01Z,1\n")).Gaps);
        AssertRefused("Gap", _folder.Write("too-late.csv", Regular + "2026-01-01T03:30:00Z,1\n"));
        AssertRefused("Gap", _folder.Write("too-early.csv", Regular + "2026-01-01T02:30:00Z,1\n"));
    }

    [SharedDataFact("data", "1h", "btc-usdt_1h_binance-spot.csv.gz")]
    public void ReadPrices_RealHourlyHistory_HasTheGapsItIsKnownFor()
    {
        var file = SharedDataFactAttribute.PathOf("data", "1h", "btc-usdt_1h_binance-spot.csv.gz");

        var refused = AssertRefused("Gap", file);
        var series = MarketSeriesReader.ReadPrices(file, allowGaps: true);

        Assert.Equal(series.Gaps[0].Line, refused.Problems[0].Line);
        Assert.Equal((75444, 28, 128L, 33L), (series.Prices!.Length, series.Gaps.Count, series.Gaps.Sum(gap => gap.Missing), series.Gaps.Max(gap => gap.Missing)));
    }

    [SharedDataFact("data", "1d", "btc-usdt_1d_binance-spot.csv")]
    public void ReadPrices_EveryRealHistory_IsRead()
    {
        foreach (var folder in (string[])["1d", "1h", "1h-price", "intraday"])
        {
            foreach (var file in Directory.GetFiles(SharedDataFactAttribute.PathOf("data", folder)))
            {
                Assert.True(MarketSeriesReader.ReadPrices(file, allowGaps: true).Prices!.Length > 100, file);
            }
        }
    }

    [SharedDataFact("data", "garch", "dem2gbp.csv")]
    public void ReadReturns_RealPercentReturns_AreInPercent()
    {
        var series = MarketSeriesReader.ReadReturns(SharedDataFactAttribute.PathOf("data", "garch", "dem2gbp.csv"));

        Assert.Equal((1974, 0.12533286, ReturnUnit.Percent), (series.Returns().Length, series.Returns()[0], series.Unit));
    }

    private static InputFileException AssertRefused(string refusal, string file)
    {
        var refused = Assert.Throws<InputFileException>(() => MarketSeriesReader.ReadPrices(file));
        Assert.Equal(refusal, refused.Problems[0].Refusal);
        return refused;
    }
}
