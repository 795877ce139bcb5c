using System.Text.Json;
using System.Text.Json.Nodes;
using KeeperOracle.Chain.Rpc;
using KeeperOracle.ChaosProxy.Faults;
using KeeperOracle.ChaosProxy.Node;
using Microsoft.Extensions.Time.Testing;
using static KeeperOracle.Tests.ChaosProxy.ChaosWorld;

namespace KeeperOracle.Tests.ChaosProxy;

/// <summary>When a rule's fault happens, that it happens again by the same seed or by the log, and what is no rule.</summary>
public sealed class FaultBookTests
{
    private const string Mixed = """
        [{"fault": "error", "methods": "eth_blockNumber", "probability": 0.3, "message": "busy"},
         {"fault": "status", "methods": ["eth_chainId", "eth_get*"], "probability": 0.2},
         {"fault": "wrongId", "probability": 0.1, "after": 20},
         {"fault": "lie", "methods": "eth_getBalance", "scaleBps": 9000, "probability": 0.5}]
        """;

    [Fact]
    public async Task Run_SameSeedAndCalls_GivesTheSameFaultsAndTheSameLog()
    {
        var (outcomes, log) = await CampaignAsync(42, null);
        var (again, logAgain) = await CampaignAsync(42, null);
        var (_, other) = await CampaignAsync(43, null);
        Assert.True(JsonNode.Parse(log)!.AsArray().Count > 20);
        Assert.Equal(outcomes, again);
        Assert.Equal(log, logAgain);
        Assert.NotEqual(log, other);
    }

    [Fact]
    public async Task Replay_OfALog_GivesTheSameOutcomesWithoutRulesOrSeed()
    {
        var (outcomes, log) = await CampaignAsync(42, null);
        var (replayed, logAgain) = await CampaignAsync(7, log);
        Assert.Equal(outcomes, replayed);
        Assert.Equal(log, logAgain);
    }

    [Theory]
    [InlineData("after", 2, "001111")]
    [InlineData("count", 2, "110000")]
    [InlineData("probability", 0, "000000")]
    [InlineData("probability", 1, "111111")]
    public void Rule_AfterCountAndProbability_SayWhichCallsAreMet(string field, int value, string expected)
    {
        var book = Book(new JsonObject { ["fault"] = "hang", ["methods"] = "eth_call", [field] = value });
        var met = string.Concat(Enumerable.Range(0, 6).Select(_ => Decide(book, "eth_call")));
        Assert.Equal(expected, met);
        Assert.Equal(0, Decide(book, "eth_chainId"));
    }

    [Fact]
    public void Rule_Seconds_EndsByTheClock()
    {
        var time = new FakeTimeProvider();
        var book = new FaultBook(1, time);
        book.Set(Json("""{"fault": "hang", "seconds": 5}"""));
        time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(1, Decide(book, "eth_call"));
        time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.Equal(0, Decide(book, "eth_call"));
    }

    [Theory]
    [InlineData("eth_*", "eth_call", 1)]
    [InlineData("*Balance", "eth_getBalance", 1)]
    [InlineData("eth_call", "eth_callMany", 0)]
    [InlineData("eth_?all", "eth_call", 1)]
    [InlineData("ETH_CALL", "eth_call", 0)]
    public void Rule_Pattern_MatchesTheWholeMethod(string pattern, string method, int expected) =>
        Assert.Equal(expected, Decide(Book(new JsonObject { ["fault"] = "hang", ["methods"] = pattern }), method));

    [Fact]
    public void Rule_Address_MeetsOnlyCallsAboutIt()
    {
        var book = Book(new JsonObject { ["fault"] = "hang", ["address"] = Account(3).ToString() });
        Assert.Empty(book.Decide(Call.Of("eth_call"), []));
        Assert.Single(book.Decide(Call.Of("eth_call"), [Account(3).ToString().ToUpperInvariant().Replace("0X", "0x", StringComparison.Ordinal)]));
    }

    [Fact]
    public void Rules_Several_FirstIsOutermostAndOneCanBeTakenAway()
    {
        var book = new FaultBook(1, TimeProvider.System);
        var ids = book.Set(Json("""[{"fault": "hang"}, {"fault": "reset"}]"""));
        Assert.Equal([typeof(Hang), typeof(Reset)], book.Decide(Call.Of("eth_call"), []).Select(one => one.Fault.GetType()));
        Assert.True(book.Clear(ids[0]));
        Assert.False(book.Clear(ids[0]));
        Assert.IsType<Reset>(Assert.Single(book.Decide(Call.Of("eth_call"), [])).Fault);
    }

    [Theory]
    [InlineData("""{"methods": "eth_call"}""", "rule 0: 'fault' is missing.")]
    [InlineData("""{"fault": "explode"}""", "rule 0: 'fault' is none of reset, hang,")]
    [InlineData("""[{"fault": "hang"}, {"fault": "hang", "probabilty": 0.5}]""", "rule 1: 'probabilty' is not known here; known are address, after, count, fault, methods, probability, seconds.")]
    [InlineData("""{"fault": "hang", "probability": 1.5}""", "rule 0: 'probability' is not between 0 and 1.")]
    [InlineData("""{"fault": "hang", "probability": "often"}""", "rule 0: 'probability' is no number.")]
    [InlineData("""{"fault": "hang", "count": 0}""", "rule 0: 'count' is not between 1 and ")]
    [InlineData("""{"fault": "hang", "count": 1.5}""", "rule 0: 'count' is no whole number.")]
    [InlineData("""{"fault": "hang", "methods": [1]}""", "rule 0: 'methods' holds something that is no text.")]
    [InlineData("""{"fault": "status", "code": 200}""", "rule 0: 'code' is not between 400 and 599.")]
    [InlineData("""{"fault": "lie"}""", "rule 0: 'fault' needs just one of")]
    [InlineData("""{"fault": "lie", "result": "0x", "scaleBps": 1}""", "rule 0: 'fault' needs just one of")]
    [InlineData("""{"fault": "chainId"}""", "rule 0: 'id' is missing or no quantity like 0x1f.")]
    [InlineData("""{"fault": "swallowReply", "ending": "slow"}""", "rule 0: 'ending' is none of hang, reset.")]
    [InlineData("""{"fault": "truncate", "agrees": "yes"}""", "rule 0: 'agrees' is neither true nor false.")]
    [InlineData("""7""", "rule 0 is no object.")]
    public void Set_RuleThatIsNone_IsRefusedInWordsAndNothingIsSet(string rules, string problem)
    {
        var book = new FaultBook(1, TimeProvider.System);
        var refusal = Assert.Throws<FormatException>(() => book.Set(Json(rules)));
        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, Decide(book, "eth_call"));
    }

    [Fact]
    public void Set_TooManyRules_IsRefused()
    {
        var book = new FaultBook(1, TimeProvider.System);
        var rules = new JsonArray([.. Enumerable.Range(0, FaultBook.MaxRules).Select(_ => Json("""{"fault": "hang"}"""))]);
        book.Set(rules);
        Assert.Throws<FormatException>(() => book.Set(Json("""{"fault": "hang"}""")));
    }

    /// <summary>120 calls, one after the other; what came of each, and the log.</summary>
    private static async Task<(IReadOnlyList<string> Outcomes, string Log)> CampaignAsync(ulong seed, string? replay)
    {
        await using var world = await StartAsync(replay is null ? Mixed : "[]", seed);
        if (replay is not null)
        {
            await world.SendAsync("chaos_replay", JsonDocument.Parse(replay).RootElement);
        }

        var outcomes = new List<string>();
        for (var i = 0; i < 120; i++)
        {
            try
            {
                outcomes.Add((await (i % 3 == 0 ? world.SendAsync("eth_blockNumber")
                    : i % 3 == 1 ? world.SendAsync("eth_chainId")
                    : world.SendAsync("eth_getBalance", Account(1).ToString(), "latest"))).ToString());
            }
            catch (RpcException problem)
            {
                outcomes.Add($"{problem.Kind} {problem.Code} {problem.Problem}");
            }
        }

        return (outcomes, (await world.SendAsync("chaos_log")).GetRawText());
    }

    private static FaultBook Book(JsonObject rule)
    {
        var book = new FaultBook(1, TimeProvider.System);
        book.Set(rule);
        return book;
    }

    private static int Decide(FaultBook book, string method) => book.Decide(Call.Of(method), []).Count;
}
