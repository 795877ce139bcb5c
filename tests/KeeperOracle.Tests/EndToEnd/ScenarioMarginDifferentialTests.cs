using System.Globalization;
using System.Numerics;
using System.Text.Json;
using KeeperOracle.Chain.Abi;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Margin;
using KeeperOracle.Risk.Portfolios;
using Xunit.Abstractions;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The requirement of random books, in C# and by the deployed library, on the same numbers.</summary>
[Collection(EndToEndCollections.World)]
public sealed class ScenarioMarginDifferentialTests(ITestOutputHelper output)
{
    private const int Cases = 10_000;
    private const int CasesInOneCall = 100;
    private const int Seed = 2_718_281;

    /// <summary>Of gross notional. 1e-6 is the promise; this is what holds.</summary>
    private const double Tolerance = 1e-11;

    /// <summary>Two units of the last place of Solidity's figures, which of a small book of a cheap token are more than the tolerance.</summary>
    private const double Granularity = 2e-18;

    [Fact]
    public async Task Requirement_TenThousandRandomBooks_AgreesWithSolidity()
    {
        await using var anvil = await AnvilNode.StartAsync(31337, "--gas-limit", "100000000000");
        var library = await anvil.DeployAsync(LinkedBytecode("ScenarioMargin", null));
        var harness = await anvil.DeployAsync(LinkedBytecode("ScenarioHarness", library));
        var random = new Random(Seed);
        var (largest, needed, where) = (0.0, 0, 0);
        for (var start = 0; start < Cases; start += CasesInOneCall)
        {
            var books = Enumerable.Range(0, CasesInOneCall).Select(_ => Book.Random(random)).ToList();
            var there = await AskAsync(anvil, harness, books);
            for (var i = 0; i < books.Count; i++)
            {
                var here = books[i].InCSharp();
                var distance = Math.Max(
                    Math.Abs(here.Requirement - ((double)there[2 * i] / 1e18)),
                    Math.Abs(here.MarkToMarket - ((double)there[(2 * i) + 1] / 1e18)));
                var difference = Math.Max(0, distance - Granularity) / books[i].GrossNotional;
                (largest, where) = difference > largest ? (difference, start + i) : (largest, where);
                needed += here.Requirement > 0 ? 1 : 0;
            }
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"largest difference of {Cases} books, {needed} with a requirement: {largest:e2} of gross notional, book {where}"));
        Assert.True(largest <= Tolerance, $"{largest} at book {where}");
        Assert.True(needed > Cases / 2);
    }

    private static async Task<IReadOnlyList<BigInteger>> AskAsync(AnvilNode anvil, Address harness, List<Book> books)
    {
        var writer = new AbiWriter();
        writer.List(books.SelectMany(book => book.Words()).ToList(), (words, word) => words.BigSigned(word, 256));
        writer.SmallUnsigned((ulong)books.Count, 64);
        var call = new Dictionary<string, object?>
        {
            ["to"] = harness.ToString(),
            ["data"] = Hex.FromBytes(writer.ToCall(Selector.Of("requirements(uint256[],uint256)"))),
            ["gas"] = "0x174876e800",
        };
        var answer = Hex.ToBytes((await anvil.SendAsync("eth_call", call, "latest")).GetString()!);
        var reader = new AbiReader(answer, 1);
        var results = reader.List(1, (ref AbiReader one) => one.BigSigned(256));
        reader.Finish();
        Assert.Equal(2 * books.Count, results.Count);
        return results;
    }

    /// <summary>Creation code with its one library, if it has one, at the given address.</summary>
    private static string LinkedBytecode(string contract, Address? library)
    {
        using var artifact = JsonDocument.Parse(File.ReadAllText(RepositoryFiles.PathOf("artifacts", "contracts", $"{contract}.sol", $"{contract}.json")));
        var bytecode = artifact.RootElement.GetProperty("bytecode");
        var code = bytecode.GetProperty("object").GetString()!.ToCharArray();
        foreach (var place in bytecode.GetProperty("linkReferences").EnumerateObject()
            .SelectMany(file => file.Value.EnumerateObject()).SelectMany(one => one.Value.EnumerateArray()))
        {
            library!.Value.ToString()[2..].CopyTo(0, code, 2 + (2 * place.GetProperty("start").GetInt32()), 40);
        }

        return new string(code);
    }

    /// <summary>One underlying, up to three expiries, one to sixteen legs; every figure a whole number, scaled by 1e18.</summary>
    private sealed record Book(BigInteger Spot, BigInteger Range, IReadOnlyList<Book.Expiry> Expiries, IReadOnlyList<Book.Leg> Legs)
    {
        /// <summary>In units of account.</summary>
        public double GrossNotional => Legs.Sum(leg => Math.Abs(Plain(leg.Amount))) * Plain(Spot);

        public static Book Random(Random random)
        {
            double Between(double low, double high) => low + ((high - low) * random.NextDouble());
            double Logarithmic(double low, double high) => low * Math.Pow(high / low, random.NextDouble());
            var spot = Logarithmic(1e-5, 1e6);
            var expiries = Enumerable.Range(0, random.Next(1, 4)).Select(_ =>
            {
                var forward = Scaled(spot * Between(.5, 1.5));
                var settling = random.Next(6) == 0;
                return new Expiry(
                    random.Next(20) == 0 ? 0 : (int)Logarithmic(1, 3 * 31_536_000),
                    forward,
                    settling ? forward * random.Next(0, 101) / 100 : 0,
                    Scaled(Logarithmic(.01, 5)),
                    random.Next(2) == 0 ? 0 : Scaled(Between(0, .2)));
            }).ToList();
            var legs = Enumerable.Range(0, random.Next(1, 17)).Select(_ => new Leg(
                random.Next(expiries.Count),
                random.Next(2) == 0,
                Scaled(spot * (random.Next(4) == 0 ? Logarithmic(.01, 100) : Between(.6, 1.6))),
                Scaled(Logarithmic(.001, 10) * (random.Next(5) < 3 ? -1 : 1)))).ToList();
            return new Book(Scaled(spot), Scaled(Between(.08, .5)), expiries, legs);
        }

        public ScaledRisk InCSharp()
        {
            static string Name(int place) => place.ToString(CultureInfo.InvariantCulture);
            var markets = Expiries.Select((one, place) => new ExpiryMarket(
                Name(place), one.Seconds, Plain(one.Forward), Plain(one.Volatility), Plain(one.Rate), Plain(one.Fixed))).ToList();
            var legs = Legs.Select(leg => new KeeperOracle.Risk.Portfolios.Leg(
                leg.Call ? LegKind.Call : LegKind.Put, "U", Name(leg.Expiry), Plain(leg.Strike), Plain(leg.Amount))).ToList();
            var portfolio = new Portfolio([new Underlying("U", Plain(Spot), 0, markets)], legs, []);
            return ScaledMargin.Assess(portfolio, new ScaledParameters { FixedRange = Plain(Range) }).Underlyings[0].Risk;
        }

        public IEnumerable<BigInteger> Words() =>
        [
            Spot, Range, Expiries.Count, Legs.Count,
            .. Expiries.SelectMany(one => (BigInteger[])[one.Seconds, one.Forward, one.Fixed, one.Volatility, one.Rate]),
            .. Legs.SelectMany(leg => (BigInteger[])[leg.Expiry, leg.Call ? 1 : 0, leg.Strike, leg.Amount]),
        ];

        private static BigInteger Scaled(double value) => new(Math.Round(value * 1e18));

        private static double Plain(BigInteger value) => (double)value / 1e18;

        internal sealed record Expiry(int Seconds, BigInteger Forward, BigInteger Fixed, BigInteger Volatility, BigInteger Rate);

        internal sealed record Leg(int Expiry, bool Call, BigInteger Strike, BigInteger Amount);
    }
}
