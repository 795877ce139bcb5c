using System.Globalization;
using System.IO.Compression;
using System.Text;
using KeeperOracle.Host.Demo;
using KeeperOracle.Host.Files;

namespace KeeperOracle.Tests.Host.Demo;

public sealed class PricePathTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("keeperoracle-prices-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("time,price\n2026-01-01T00:00:00Z,1\n", "line 1: a column 'timestamp' is needed")]
    [InlineData("timestamp,price\n2026-01-01T00:00:00Z,1\n2026-01-01T01:00:00Z,0\n", "line 3: price is zero")]
    public void FromFile_Malformed_NamesTheLine(string text, string fragment) => AssertRefused(Write("prices.csv", text), fragment);

    [Fact]
    public void FromFile_Missing_SaysSo() => AssertRefused(Path.Combine(_folder, "nothing.csv"), "nothing.csv");

    [Fact]
    public void FromFile_GzipThatIsNone_SaysSo() => AssertRefused(Write("prices.csv.gz", "timestamp,price\n"), "prices.csv.gz");

    [Fact]
    public void FromFile_OneRowTooFew_RefusesAndTheLeastIsPlayed()
    {
        AssertRefused(Write("short.csv", Csv(27, _ => 100)), "it has 27 prices: 26 hours of history and two to play are needed");

        var path = PricePath.FromFile(Write("least.csv", Csv(28, _ => 100)), 48);

        Assert.Equal((26, 2), (path.History.Count, path.Hours.Count));
    }

    [Fact]
    public void FromFile_OneDeepFall_BeginsFourHoursBeforeItsTop()
    {
        var file = Write("crash.csv", Csv(600, i => i < 500 ? 100 + (i * 0.01) : 60));

        var path = PricePath.FromFile(file, 24);

        Assert.Equal(PricePath.HistoryHours, path.History.Count);
        Assert.Equal(24, path.Hours.Count);
        Assert.Equal(104.95, path.Hours[0].Weth, 1e-9);
        Assert.Equal(60, path.Hours[^1].Weth);
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).AddHours(495), path.Start);
        Assert.Equal("crash.csv, rows 496 to 519 of 600", path.Source);
        Assert.Equal(60000 * Math.Pow(0.6, 0.8), path.Hours[^1].Wbtc, 1e-6);
    }

    [Fact]
    public void FromFile_BarsAndGzip_AreReadAlike()
    {
        var text = "timestamp,open,close\n" + string.Concat(Enumerable.Range(0, 40).Select(i => $"{Hour(i)},1,{100 + i}\n"));
        var packed = Path.Combine(_folder, "bars.csv.gz");
        using (var stream = new GZipStream(File.Create(packed), CompressionLevel.Fastest))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        var path = PricePath.FromFile(packed, 10);

        Assert.Equal(PricePath.FromFile(Write("bars.csv", text), 10).Hours, path.Hours);
        Assert.Equal(100, path.History[0].Weth);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(48)]
    public void Synthetic_AnyHours_HasTwoWeeksOfHistoryAndPricesOverZero(int hours)
    {
        var path = PricePath.Synthetic(7, hours);

        Assert.Equal((PricePath.HistoryHours, hours), (path.History.Count, path.Hours.Count));
        Assert.All(path.History.Concat(path.Hours), prices => Assert.True(prices.Weth > 0 && prices.Wbtc > 0));
        Assert.Equal(new HourlyPrices(3000, 60000), path.History[0]);
    }

    [Fact]
    public void Synthetic_SameSeed_IsTheSamePathAndAnotherSeedAnother()
    {
        Assert.Equal(PricePath.Synthetic(7, 30).Hours, PricePath.Synthetic(7, 30).Hours);
        Assert.NotEqual(PricePath.Synthetic(7, 30).Hours, PricePath.Synthetic(8, 30).Hours);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Synthetic_Crash_LosesAFifthWithinADay(int seed)
    {
        var path = PricePath.Synthetic(seed, 48);

        Assert.True(path.Hours.Take(30).Min(prices => prices.Weth) < path.Hours[4].Weth * 0.8);
    }

    private static void AssertRefused(string file, string fragment) =>
        Assert.Contains(fragment, Assert.Throws<InputFileException>(() => PricePath.FromFile(file, 24)).Message, StringComparison.Ordinal);

    private static string Csv(int rows, Func<int, double> price) => "timestamp,price\n"
        + string.Concat(Enumerable.Range(0, rows).Select(i => string.Create(CultureInfo.InvariantCulture, $"{Hour(i)},{price(i)}\n")));

    private static string Hour(int hour) =>
        new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddHours(hour).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private string Write(string name, string text)
    {
        var file = Path.Combine(_folder, name);
        File.WriteAllText(file, text);
        return file;
    }
}
