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

/// <summary>
/// The story as a person runs it, with two keepers that race, while somebody kills its processes one after the other; and its numbers worked out again from its JSON and its
/// journals, without the product's code, to 1e-6. The long form, in which others are killed at other moments, is scripts/story-kills.
/// </summary>
[Collection(EndToEndCollections.Demo)]
public sealed partial class StoryTests
{
    private static readonly int Seed = Environment.GetEnvironmentVariable("KEEPERORACLE_STORY_SEED") is { } seed ? int.Parse(seed, CultureInfo.InvariantCulture) : 45;

    private const string Files = "their files are in ";
    private const double Tolerance = 1e-6;
    private const double SecondsPerYear = 365 * 86_400;

    /// <summary>It takes about two minutes on two quiet cores.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(12);

    [Fact]
    public async Task F45_Story_AnyProcessIsKilledAtAnyMoment_HoldsAndItsNumbersAreThoseOfItsInputs()
    {
        await using var process = ProductProcess.Start(["demo", "--story", "--root", RepositoryFiles.Root, "-o", "json"], Path.GetTempPath());
        var killing = KillAsync(process);
        var result = await process.EndAsync(Limit);
        var killed = await killing;

        Assert.True(result.ExitCode == 0, $"{result.Errors}\n{result.Output}");
        using var report = JsonDocument.Parse(result.Output);
        Assert.NotEmpty(killed);
        Assert.True(report.RootElement.GetProperty("restarts").GetInt32() > 0, string.Join(", ", killed));
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
        Asked(Step(scenes, 3, 1));
        CarriedOut(Step(scenes, 3, 1), Step(scenes, 3, 3));
        Ramp(Step(scenes, 4, 2));
        Control(Step(scenes, 4, 3));
        Played(Step(scenes, 4, 4));
        Lien(Step(scenes, 5, 1));
        Lien(Step(scenes, 5, 3));
        Hedge(Step(scenes, 8, 2));
        Payoffs(Step(scenes, 9, 1));
        var directory = report.RootElement.GetProperty("directory").GetString()!;
        Backtest(directory, Step(scenes, 9, 4));
        Timelines(directory, Step(scenes, 9, 5));
        Race(report.RootElement.GetProperty("race"), directory);
    }

    /// <summary>From the moment that all are up: after some seconds always another one, by the seed.</summary>
    private static async Task<List<string>> KillAsync(ProductProcess story)
    {
        var (killed, random) = (new List<string>(), new Random(Seed));
        string[] names = ["keeper", "keeper-2", "relay", "oracle-1", "oracle-2", "oracle-3", "oracle-4"];
        while (!story.HasExited)
        {
            await Task.Delay(TimeSpan.FromSeconds(2 + (8 * random.NextDouble())));
            if (DirectoryIn(story.Errors) is { } directory && names[random.Next(names.Length)] is var name
                && int.TryParse(await File.ReadAllTextAsync(Path.Combine(directory, $"{name}.pid")), out var id) && IsOf(directory, id))
            {
                Signals.Send("KILL", id);
                killed.Add(name);
            }
        }

        return killed;
    }

    private static string? DirectoryIn(string said) =>
        said.IndexOf(Files, StringComparison.Ordinal) is >= 0 and var at && said.IndexOf('\n', at) is >= 0 and var end ? said[(at + Files.Length)..end].Trim() : null;

    /// <summary>Not one that the story has ended itself: its number may be another's by now.</summary>
    private static bool IsOf(string directory, int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline").Contains(directory, StringComparison.Ordinal);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static (JsonElement From, JsonElement Gives) Step(List<JsonElement> scenes, int scene, int number)
    {
        var step = scenes[scene - 1].GetProperty("steps")[number - 1];
        return (step.GetProperty("inputs"), step.GetProperty("outputs"));
    }

    /// <summary>Of both liens, units x price x BF x (1 - z99 sigma sqrt(age)).</summary>
    private static void Lien((JsonElement From, JsonElement Gives) step)
    {
        static double Of(JsonElement lien) =>
            lien.Number("units") * lien.Number("price") * lien.Number("borrowFactor") * (1 - Haircut(lien.Number("initialVolatility"), lien.Number("ageSeconds")));
        Near(Of(step.From.GetProperty("weth")) + Of(step.From.GetProperty("usdt")), step.Gives.Number("capacity"));
    }

    private static double Haircut(double volatility, double seconds) => 2.3263478740 * volatility * Math.Sqrt(seconds / SecondsPerYear);

    /// <summary>For liquidation: units x price x LT x (1 - z99 sigma sqrt(finality lag)).</summary>
    private static double Maintenance(JsonElement lien, double units) =>
        units * lien.Number("price") * lien.Number("threshold") * (1 - Haircut(lien.Number("volatility"), lien.Number("finalityLag")));

    /// <summary>What secures Alice in scene 3, of both liens and of what is on B.</summary>
    private static double Capacity(JsonElement from) =>
        Maintenance(from.GetProperty("weth"), from.GetProperty("weth").Number("units")) + Maintenance(from.GetProperty("usdt"), from.GetProperty("usdt").Number("units"))
        + (from.Number("local") * from.GetProperty("weth").Number("price") * from.Number("threshold"));

    private static void Loan((JsonElement From, JsonElement Gives) step) =>
        Near(step.From.Number("maintenanceCapacity") / step.Gives.Number("debt"), step.Gives.Number("health"));

    private static void Requirement((JsonElement From, JsonElement Gives) step)
    {
        var portfolio = step.From.GetProperty("portfolio");
        var expected = OutsiderMargin.Requirement(portfolio.GetProperty("underlyings").EnumerateArray(), [.. portfolio.GetProperty("legs").EnumerateArray()]);
        Near(expected, step.Gives.Number("onChain"));
        Near(expected, step.Gives.Number("offChain"));
    }

    /// <summary>The least units whose swap at the mandate's price restores the target, what must come for them, and both healths.</summary>
    private static void Asked((JsonElement From, JsonElement Gives) step)
    {
        var (from, gives) = step;
        var (weth, usdt) = (from.GetProperty("weth"), from.GetProperty("usdt"));
        var (owed, capacity) = (from.Number("debt") + from.Number("requirement"), Capacity(from));
        double Brought(double units) => units * weth.Number("price") * (1 - from.Number("maxLoss")) / usdt.Number("price");
        var gain = Maintenance(usdt, Brought(1)) - Maintenance(weth, 1);
        var needed = ((from.Number("target") * owed) - capacity) / gain;
        Assert.Equal(1, gives.Number("requests"));
        Near(capacity / owed, gives.Number("healthBefore"));
        Assert.InRange(gives.Number("healthBefore"), 1, from.Number("trigger"));
        Near(needed, gives.Number("units"));
        Near(Brought(needed), gives.Number("minOut"));
        Near((capacity + (gives.Number("units") * gain)) / owed, gives.Number("healthAfter"));
        Near(from.Number("target"), gives.Number("healthAfter"));
        Assert.InRange(weth.Number("price"), .5 * from.Number("priceBefore"), .9 * from.Number("priceBefore"));
    }

    /// <summary>On A and then on B one lien is less by what was asked for, the other more by what had to come, and the health is that of these liens.</summary>
    private static void CarriedOut((JsonElement From, JsonElement Gives) asked, (JsonElement From, JsonElement Gives) step)
    {
        var (from, gives) = step;
        Assert.Equal((1.0, 0.0), (gives.Number("fills"), gives.Number("queued")));
        Near(asked.Gives.Number("units"), from.Number("units"));
        Near(asked.Gives.Number("minOut"), from.Number("minOut"));
        Near(from.Number("units"), gives.Number("relayGot"));
        Near(from.Number("minOut"), gives.Number("relayPaid"));
        Near(.02 * from.Number("lockedOnA"), gives.Number("atOnce"));
        Assert.InRange(from.Number("units"), 0, gives.Number("atOnce"));
        foreach (var chain in (string[])["A", "B"])
        {
            Near(from.Number("lienBefore") - from.Number("units"), gives.Number($"lienOn{chain}"));
            Near(from.Number("stableLienBefore") + from.Number("minOut"), gives.Number($"stableLienOn{chain}"));
        }

        Near(gives.Number("lienOnB"), from.GetProperty("weth").Number("units"));
        Near(gives.Number("stableLienOnB"), from.GetProperty("usdt").Number("units"));
        Near(Capacity(from) / (from.Number("debt") + from.Number("requirement")), gives.Number("health"));
        Near(asked.From.Number("target"), gives.Number("health"), 1e-3); // interest of an hour, and what time took from the options
    }

    /// <summary>ln LT falls by the published rate a day.</summary>
    private static void Ramp((JsonElement From, JsonElement Gives) step)
    {
        var expected = step.From.Number("thresholdBefore") * Math.Exp(-step.From.Number("rampPerDay") * step.From.Number("seconds") / 86_400);
        Near(expected, step.Gives.Number("threshold"), 1e-5); // the first seconds of the ramp are in the threshold before
    }

    private static void Control((JsonElement From, JsonElement Gives) step)
    {
        var (weth, stable, owed) = (step.From.Number("wethCapacity"), step.From.Number("stableCapacity"), step.From.Number("debtAndRequirement"));
        Near((weth + stable) / owed, step.Gives.Number("withoutTheSwap"));
        Near(((weth * step.From.Number("thresholdWithoutRamp") / step.From.Number("threshold")) + stable) / owed, step.Gives.Number("withoutSwapAndRamp"));
    }

    /// <summary>The control that is played: threshold, health, and what a liquidation to the target repays and takes.</summary>
    private static void Played((JsonElement From, JsonElement Gives) step)
    {
        double In(string name) => step.From.Number(name);
        var modelled = Math.Exp(-In("tailMultiplier") * In("volatility") * Math.Sqrt(In("horizonSeconds") / SecondsPerYear)) * (1 - In("slippage")) / (1 + In("bonus"));
        var threshold = Math.Min(modelled, 1 - In("jump"));
        Near(threshold, step.Gives.Number("threshold"));

        var owed = In("debt") + In("requirement");
        var capacity = (In("price") * threshold * (In("weth") + (In("lien") * (1 - Haircut(In("lienVolatility"), In("finalityLag"))))))
            + (In("stableLien") * In("stableThreshold") * (1 - Haircut(In("stableLienVolatility"), In("finalityLag")))) + In("credit");
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
        Assert.Equal(["Alice's mandate", "what the keepers sent", "what the relay told the hub"], step.From.GetProperty("leftOut").EnumerateArray().Select(one => one.GetString()).Order());
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

    /// <summary>Every line of the pages is one of the JSON's, and its reason stands in the journal at the step that the line names.</summary>
    private static void Timelines(string directory, (JsonElement From, JsonElement Gives) step)
    {
        var relayed = step.Gives.GetProperty("relay").EnumerateArray().ToList();
        var done = new List<string>();
        foreach (var one in step.Gives.GetProperty("timelines").EnumerateArray())
        {
            string Named(string name) => Path.Combine(directory, one.GetProperty(name).GetString()!);
            var rows = PageRow().Matches(File.ReadAllText(Named("page"))).Select(row => PageCell().Matches(row.Value).Select(cell => WebUtility.HtmlDecode(cell.Groups[1].Value)).ToList()).ToList();
            var lines = one.GetProperty("timeline").EnumerateArray().ToList();
            Assert.Equal(lines.Count + relayed.Count, rows.Count);
            Lines(Named("journal"), lines, rows);
            Assert.All(relayed.Zip(rows.Skip(lines.Count)), pair => Assert.Equal(pair.First.GetProperty("purpose").GetString(), pair.Second[3]));
            done.AddRange(lines.Where(line => line.GetProperty("outcome").GetString()!.StartsWith("Included", StringComparison.Ordinal)).Select(line => line.GetProperty("decision").GetString()!));
        }

        Assert.Equal(step.From.Number("swapsOnChain"), done.Count(name => name == "RequestLienSwap"));
        Assert.Equal(step.From.Number("settlementsOnChain"), done.Count(name => name == "SettleOptions"));
    }

    private static void Lines(string file, List<JsonElement> lines, List<List<string>> rows)
    {
        using var journal = new SqliteConnection($"Data Source={file};Mode=ReadOnly;Pooling=False");
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

    /// <summary>Each effect once, those of the chains' events as those of the two journals; of each race one has it and the other is told why not by name.</summary>
    private static void Race(JsonElement race, string directory)
    {
        Assert.True(race.GetProperty("holds").GetBoolean(), $"{race}");
        var keepers = race.GetProperty("inputs").GetProperty("keepers").EnumerateArray().ToDictionary(
            one => one.GetProperty("name").GetString()!, one => Path.Combine(directory, one.GetProperty("journal").GetString()!));
        var effects = race.GetProperty("outputs").GetProperty("effects").EnumerateArray().ToList();
        string Of(JsonElement effect, string name) => effect.GetProperty(name).ToString();
        Assert.Equal(2, keepers.Count);
        Assert.Equal(effects.Count, effects.Select(effect => (Of(effect, "chain"), Of(effect, "key"))).Distinct().Count());
        Assert.Equal(
            keepers.SelectMany(keeper => Included(keeper.Value).Select(made => (made.Chain, made.Purpose, keeper.Key))).Order(),
            effects.Select(effect => (Of(effect, "chain"), Of(effect, "purpose"), Of(effect, "by"))).Order());

        var races = effects.Where(effect => effect.GetProperty("isRace").GetBoolean()).ToList();
        Assert.Contains(races, one => Of(one, "kind") == "lienswap"); // for which both have tried before there was a block
        Assert.All(races, one =>
        {
            Assert.Matches("^[A-Z][A-Za-z]+$", Of(one, "refusal"));
            Assert.Contains(Of(one, "rivalOutcome"), (string[])["SimulationReverted", "Reverted", "Dropped", "NotSent"]);
        });
        Assert.All(effects.Where(effect => Of(effect, "rivalOutcome") == "SimulationReverted"), one =>
            Assert.StartsWith($"{Of(one, "refusal")}(", Of(one, "rivalDetail"), StringComparison.Ordinal));
        Assert.Equal(races.Count, race.GetProperty("outputs").Number("races"));
        Assert.All(race.GetProperty("inputs").GetProperty("nonces").EnumerateArray(), one => Assert.Equal(one.Number("intents"), one.Number("nonce")));
    }

    private static List<(string Chain, string Purpose)> Included(string journal)
    {
        using var connection = new SqliteConnection($"Data Source={journal};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var select = connection.CreateCommand();
        select.CommandText = "SELECT chain_id, purpose FROM intent WHERE state IN ('included', 'finalized')";
        using var rows = select.ExecuteReader();
        var made = new List<(string, string)>();
        while (rows.Read())
        {
            made.Add(($"{rows.GetInt64(0)}", rows.GetString(1)));
        }

        return made;
    }

    private static BigInteger Whole(JsonElement element, string name) => BigInteger.Parse(element.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    private static void Near(double expected, double actual, double tolerance = Tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance * Math.Max(1, Math.Abs(expected)), $"{actual} and not {expected}");
}
