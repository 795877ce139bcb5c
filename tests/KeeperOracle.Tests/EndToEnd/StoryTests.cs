using System.Globalization;
using System.Net;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using KeeperOracle.Chain.Signing;
using KeeperOracle.Tests.Host.Shows;
using Microsoft.Data.Sqlite;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The story as a person runs it, and its numbers worked out again from its JSON alone, without the product's code, to 1e-6.</summary>
[Collection(EndToEndCollections.Demo)]
public sealed partial class StoryTests
{
    private const double Tolerance = 1e-6;
    private const double SecondsPerYear = 365 * 86_400;

    /// <summary>It takes a minute and a half on two quiet cores.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task Story_NineScenes_HoldAndTheirNumbersAreThoseOfTheirInputs()
    {
        await using var process = ProductProcess.Start(["demo", "--story", "--root", RepositoryFiles.Root, "-o", "json"], Path.GetTempPath());
        var result = await process.EndAsync(Limit);

        Assert.True(result.ExitCode == 0, $"{result.Errors}\n{result.Output}");
        using var report = JsonDocument.Parse(result.Output);
        var scenes = report.RootElement.GetProperty("scenes").EnumerateArray().ToList();
        Assert.Equal(Enumerable.Range(1, 9), scenes.Select(scene => scene.GetProperty("number").GetInt32()));
        Assert.All(scenes.SelectMany(scene => scene.GetProperty("steps").EnumerateArray()), step =>
        {
            Assert.True(step.GetProperty("holds").GetBoolean(), step.GetProperty("sentence").GetString());
            Assert.EndsWith(".", step.GetProperty("sentence").GetString(), StringComparison.Ordinal);
            Assert.NotEmpty(step.GetProperty("inputs").EnumerateObject());
            Assert.NotEmpty(step.GetProperty("outputs").EnumerateObject());
        });

        Lien(Step(scenes, 1, 5));
        Loan(Step(scenes, 1, 6));
        Requirement(Step(scenes, 1, 7));
        Swap(Step(scenes, 3, 1));
        Ramp(Step(scenes, 4, 2));
        Control(Step(scenes, 4, 3));
        Played(Step(scenes, 4, 4));
        Lien(Step(scenes, 5, 1));
        Lien(Step(scenes, 5, 3));
        Hedge(Step(scenes, 8, 2));
        Payoffs(Step(scenes, 9, 1));
        var directory = report.RootElement.GetProperty("directory").GetString()!;
        Backtest(directory, Step(scenes, 9, 4));
        Timeline(directory, Step(scenes, 9, 5));
    }

    private static (JsonElement From, JsonElement Gives) Step(List<JsonElement> scenes, int scene, int number)
    {
        var step = scenes[scene - 1].GetProperty("steps")[number - 1];
        return (step.GetProperty("inputs"), step.GetProperty("outputs"));
    }

    /// <summary>units x price x BF x (1 - z99 sigma sqrt(age)).</summary>
    private static void Lien((JsonElement From, JsonElement Gives) step)
    {
        var haircut = 2.3263478740 * step.From.Number("volatility") * Math.Sqrt(step.From.Number("ageSeconds") / SecondsPerYear);
        Near(step.From.Number("units") * step.From.Number("price") * step.From.Number("borrowFactor") * (1 - haircut), step.Gives.Number("capacity"));
    }

    private static void Loan((JsonElement From, JsonElement Gives) step) =>
        Near(step.From.Number("maintenanceCapacity") / step.Gives.Number("debt"), step.Gives.Number("health"));

    private static void Requirement((JsonElement From, JsonElement Gives) step)
    {
        var portfolio = step.From.GetProperty("portfolio");
        var expected = OutsiderMargin.Requirement(portfolio.GetProperty("underlyings").EnumerateArray(), [.. portfolio.GetProperty("legs").EnumerateArray()]);
        Near(expected, step.Gives.Number("onChain"));
        Near(expected, step.Gives.Number("offChain"));
    }

    /// <summary>What was sold, at the price of the feeds, is at most 1 % more than what came out.</summary>
    private static void Swap((JsonElement From, JsonElement Gives) step)
    {
        Assert.Equal(1, step.Gives.Number("swaps"));
        Assert.InRange(step.Gives.Number("received") / (step.Gives.Number("sold") * step.From.Number("price")), .99, 1.01);
        Assert.InRange(step.Gives.Number("healthBefore"), 1, step.From.Number("trigger"));
        Assert.InRange(step.Gives.Number("healthAfter"), step.From.Number("target") - Tolerance, step.From.Number("target") + .02);
    }

    /// <summary>ln LT falls by the published rate a day.</summary>
    private static void Ramp((JsonElement From, JsonElement Gives) step)
    {
        var expected = step.From.Number("thresholdBefore") * Math.Exp(-step.From.Number("rampPerDay") * step.From.Number("seconds") / 86_400);
        Near(expected, step.Gives.Number("threshold"), 1e-5); // the first seconds of the ramp are in the threshold before
    }

    private static void Control((JsonElement From, JsonElement Gives) step)
    {
        var swapless = step.From.Number("capacity") / step.From.Number("debtAndRequirement");
        Near(swapless, step.Gives.Number("withoutTheSwap"));
        Near(swapless * step.From.Number("thresholdWithoutRamp") / step.From.Number("threshold"), step.Gives.Number("withoutSwapAndRamp"));
    }

    /// <summary>The control that is played: threshold, health, and what a liquidation to the target repays and takes.</summary>
    private static void Played((JsonElement From, JsonElement Gives) step)
    {
        double In(string name) => step.From.Number(name);
        var modelled = Math.Exp(-In("tailMultiplier") * In("volatility") * Math.Sqrt(In("horizonSeconds") / SecondsPerYear)) * (1 - In("slippage")) / (1 + In("bonus"));
        var threshold = Math.Min(modelled, 1 - In("jump"));
        Near(threshold, step.Gives.Number("threshold"));

        var haircut = 2.3263478740 * In("lienVolatility") * Math.Sqrt(In("finalityLag") / SecondsPerYear);
        var owed = In("debt") + In("requirement");
        var capacity = (In("price") * threshold * (In("weth") + (In("lien") * (1 - haircut)))) + In("credit");
        Near(capacity / owed, step.Gives.Number("health"));
        Near(capacity / owed, step.Gives.Number("healthBefore"));
        Assert.InRange(step.Gives.Number("health"), .5, 1 - Tolerance);

        var depth = Math.Min(1, (1 - (capacity / owed)) / In("fullBonusUnderHealth"));
        var paidFor = 1 + (In("bonus") * (In("bonusFloor") + ((1 - In("bonusFloor")) * depth)));
        var repaid = ((In("targetHealth") * owed) - capacity) / (In("targetHealth") - (paidFor * threshold));
        Near(repaid, step.Gives.Number("repaid"));
        Near(repaid * paidFor / In("price"), step.Gives.Number("seized"));
        Near((capacity - (step.Gives.Number("seized") * In("price") * threshold)) / (owed - step.Gives.Number("repaid")), step.Gives.Number("healthAfter"));
        Near(In("targetHealth"), step.Gives.Number("healthAfter"));

        Assert.Equal(1, step.Gives.Number("liquidations"));
        Assert.Equal(["Alice's mandate", "what the keeper sent"], step.From.GetProperty("leftOut").EnumerateArray().Select(one => one.GetString()).Order());
        var blocks = PlayedShows.Numbers(step.Gives.GetProperty("liveBlocks"));
        Assert.Equal(blocks[0], blocks[1]);
        Assert.Equal(0, step.Gives.Number("nonceOnTheLiveChain"));
    }

    private static void Hedge((JsonElement From, JsonElement Gives) step)
    {
        double Of(string legs) => OutsiderMargin.Of(step.From.GetProperty("market"), step.From.GetProperty(legs).EnumerateArray()).Requirement;
        Near(Of("legs"), step.Gives.Number("marginBefore"));
        Near(Of("hedged"), step.Gives.Number("marginAfter"));
        Near(Of("legs") - Of("hedged") - step.Gives.Number("cashPaid"), step.Gives.Number("marginReleased"));
    }

    /// <summary>In whole numbers: a loss is rounded up to a unit of the stable token, a gain down.</summary>
    private static void Payoffs((JsonElement From, JsonElement Gives) step)
    {
        var unit = BigInteger.Pow(10, 12);
        var price = Whole(step.From, "price");
        BigInteger Put(double strike) => BigInteger.Max(0, ((BigInteger)strike * BigInteger.Pow(10, 18)) - price);
        var (alice, bob) = (step.From.GetProperty("alice"), step.From.GetProperty("bob"));
        var strikes = PlayedShows.Numbers(alice.GetProperty("strikes"));
        var first = (BigInteger)alice.Number("contracts") * (Put(strikes[0]) - Put(strikes[1]));
        var second = (BigInteger)bob.Number("contracts") * Put(bob.Number("strike"));
        Assert.Equal(-((first + unit - 1) / unit), Whole(step.Gives, "alice"));
        Assert.Equal(-((second + unit - 1) / unit), Whole(step.Gives, "bob"));
        Assert.Equal((first + second) / unit, Whole(step.Gives, "maker"));
    }

    /// <summary>The file that was made anew hashes to what it states, and that is in the root of every report.</summary>
    private static void Backtest(string directory, (JsonElement From, JsonElement Gives) step)
    {
        var twin = File.ReadAllText(Path.Combine(directory, "backtest-anew.json")).TrimEnd();
        var at = twin.IndexOf("\"report\":", StringComparison.Ordinal) + "\"report\":".Length;
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(twin[at..^1])));
        Assert.Equal(hash, step.Gives.GetProperty("sha256").GetString());
        Assert.Equal(File.ReadAllBytes(Path.Combine(directory, "backtest.json")), File.ReadAllBytes(Path.Combine(directory, "backtest-anew.json")));
        byte[] Bytes(JsonElement report, string name) => Convert.FromHexString(report.GetProperty(name).GetString()![2..]);
        var reports = step.From.GetProperty("reports").EnumerateArray().ToList();
        Assert.NotEmpty(reports);
        Assert.All(reports, report => Assert.Equal(
            report.GetProperty("inputsRoot").GetString(), $"{Keccak.Hash([.. Bytes(report, "marketRoot"), .. Bytes(report, "surfaceDigest"), .. Convert.FromHexString(hash)])}"));
    }

    /// <summary>Every line of the page is one of the JSON's, and its reason stands in the journal at the step that the line names.</summary>
    private static void Timeline(string directory, (JsonElement From, JsonElement Gives) step)
    {
        var page = File.ReadAllText(Path.Combine(directory, step.Gives.GetProperty("page").GetString()!));
        var rows = PageRow().Matches(page).Select(row => PageCell().Matches(row.Value).Select(cell => WebUtility.HtmlDecode(cell.Groups[1].Value)).ToList()).ToList();
        var lines = step.Gives.GetProperty("timeline").EnumerateArray().ToList();
        var relayed = step.Gives.GetProperty("relay").EnumerateArray().ToList();
        Assert.Equal(lines.Count + relayed.Count, rows.Count);
        using var journal = new SqliteConnection($"Data Source={Path.Combine(directory, "journal.db")};Mode=ReadOnly;Pooling=False");
        journal.Open();
        foreach (var (line, row) in lines.Zip(rows))
        {
            var reason = line.GetProperty("reason").GetString()!;
            Assert.Equal(
                [$"{line.GetProperty("step").GetInt64()}", line.GetProperty("about").GetString()!, line.GetProperty("decision").GetString()!, line.GetProperty("outcome").GetString()!, reason],
                [row[0], row[4], row[5], row[6], row[7]]);
            using var command = journal.CreateCommand();
            command.CommandText = "SELECT decisions FROM decision WHERE seq = $seq";
            command.Parameters.AddWithValue("$seq", line.GetProperty("step").GetInt64());
            using var decisions = JsonDocument.Parse((byte[])command.ExecuteScalar()!);
            Assert.Contains(reason, Strings(decisions.RootElement));
        }

        Assert.All(relayed.Zip(rows.Skip(lines.Count)), pair => Assert.Equal(pair.First.GetProperty("purpose").GetString(), pair.Second[3]));
        var done = lines.Where(line => line.GetProperty("isDone").GetBoolean()).Select(line => line.GetProperty("decision").GetString()).ToList();
        Assert.Equal(step.From.Number("swapsOnChain"), done.Count(name => name == "SwapCollateral"));
        Assert.Equal(step.From.Number("settlementsOnChain"), done.Count(name => name == "SettleOptions"));
    }

    private static IEnumerable<string> Strings(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(member => Strings(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Strings),
        JsonValueKind.String => [element.GetString()!],
        _ => [],
    };

    [GeneratedRegex("<tr class=.*?</tr>", RegexOptions.Singleline)]
    private static partial Regex PageRow();

    [GeneratedRegex("<t[hd][^>]*>(.*?)</t[hd]>", RegexOptions.Singleline)]
    private static partial Regex PageCell();

    private static BigInteger Whole(JsonElement element, string name) => BigInteger.Parse(element.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    private static void Near(double expected, double actual, double tolerance = Tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"{actual} and not {expected}");
}
