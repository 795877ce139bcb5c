using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper;

public sealed class KeeperJsonTests
{
    private static readonly IReadOnlyList<KeeperEvent> Events =
    [
        new Started(Settings, [new OpenIntent(Anvil, "report/5")]),
        new Started(Settings with { Mode = KeeperMode.Observe, FactorTolerance = 1.0 / 3 }, []),
        new ChainObserved(Snapshot(
            Account(1, 23_800.123456m, 10.5m, 0.1m) with { Liens = [new SeizableLien(Number(3, 32), Weth, BigInteger.Pow(10, 30), new Price(Fraction(3_000)), 18, Fraction(0.7m), Fraction(0.05m))] },
            Defence.LienSwapMarket.Low with { Number = 2, Account = Number(2, 32) })),
        ChainAdvanced.Between(Snapshot(Account(1, 1, 1)), Snapshot(Account(1, 2, 1), Account(2, 0, 0)).WithAsset(0, asset => asset with
        {
            Symbol = "\"é\"", Outage = new OutageSnapshot(7, ulong.MaxValue), OptionInputs = [new OptionInputSnapshot(9, Fraction(0.6m), Fraction(1.01m))],
        })),
        new ObservationsCollected(Anvil, [Observation(1, 0.7m), Observation(2, 0.7m) with { Signer = null, Problem = "\"<unreadable>\" – é" }]),
        new IntentSettled(Anvil, "approve/stable", null, SettlementOutcome.Dropped, "gone", Now),
        new IntentSettled(Anvil, "liquidate/1/0", Number(1, 32), SettlementOutcome.SimulationReverted, "Healthy()", ulong.MaxValue),
    ];

    private static readonly IReadOnlyList<Decision> Decisions =
    [
        new(Anvil, Subject.Funding, new Act("approve/stable", new ApproveStable((BigInteger.One << 256) - 1), Wad.One, "first")),
        new(Anvil, Subject.Expiry(Weth, 7), new Act("observe/1/2/3", new RecordExpiryPrice(Weth, 7, 7), Wad.One, "near")),
        new(Anvil, Subject.Expiry(Weth, 7), new Act("finalise/1/2", new FinaliseExpiry(Weth, 7, BigInteger.Pow(2, 70)), Wad.One, "over")),
        new(Anvil, Subject.Expiry(Weth, 7), new Act("close/1/2", new CloseExpiry(Weth, 7), Wad.One, "empty")),
        new(Anvil, Subject.Settlement(Number(1, 32), Weth, 7), new Act("settle/1/2/3/4", new SettleOptions(Number(1, 32), Weth, 7), Wad.One, "won")),
        new(Anvil, Subject.Settlement(Number(1, 32), Weth, 7), new Act("claim/1/2/3", new ClaimWinnings(Number(1, 32), Weth, 7), Wad.One, "paid")),
        new(Anvil, Subject.TopUp(Number(1, 32), 2), new Act("topup/1/2/3", new TopUp(Number(1, 32), 2, ulong.MaxValue), Wad.One, "low")),
        new(Anvil, Subject.Swap(Number(1, 32)), new Act("swap/1/2/3", new SwapCollateral(Number(1, 32), Weth, Wbtc, 3000, 5, 4, ulong.MaxValue), Wad.One, "low")) { BreachProbability = 1.0 / 3 },
        new(Anvil, Subject.LienSwap(Number(1, 32), Number(2, 32)), new Act("lienswap/1/2/3/4", new RequestLienSwap(Number(1, 32), Number(2, 32), BigInteger.Pow(10, 30), ulong.MaxValue), Wad.One, "low")),
        new(Anvil, Number(1, 32).ToString(), new Act("liquidate/1/0", new Liquidate(Number(1, 32), 7, [0, BigInteger.Pow(10, 30)], Now), Fraction(12.5m), "health")),
        new(Anvil, Number(1, 32).ToString(), new Act("liquidate/1/1", new TakePortfolio(Number(1, 32), Number(2, 32), 7, Fraction(0.5m), Now), Wad.One, "options")),
        new(Anvil, Number(1, 32).ToString(), new Act("liquidate/1/2", new LiquidateLien(Number(1, 32), Number(2, 32), 7, BigInteger.Pow(10, 30), Weth, Now), Wad.One, "lien")),
        new(Anvil, Subject.Outage(Weth), new Act("outage/1/2/3", new MarkOutage(Weth, Now), Wad.One, "no price")),
        new(Anvil, Subject.Hedge(Number(1, 32), Weth), new Propose(new ProposedHedge(Weth, [new ProposedTrade("3000 put 7", Fraction(-1.5m), Fraction(-2))], Fraction(1), Fraction(2), Fraction(3), Fraction(4), Fraction(-5)), "near")),
        new(Anvil, Subject.Report, new Act("report/5", new SubmitReport(5, [Observation(1, 0.7m)]), Wad.One, "moved")),
        new(Anvil, Subject.Report, new Act("tighten/5/1-2", new TightenInitial(5, [Observation(1, 0.7m), Observation(2, 0.7m)]), Wad.One, "tighter")),
        .. Enum.GetValues<RefusalCode>().Select(code => new Decision(new ChainId(1), Subject.Market, new Refuse(new Refusal(code, $"no: {code}")))),
    ];

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"event":"unheardOf"}""")]
    [InlineData("""{"event":"observationsCollected","chain":"1"}""")]
    [InlineData("""{"event":"observationsCollected","chain":"1","observations":[],"more":1}""")]
    [InlineData("""{"event":"observationsCollected","chain":"x","observations":[]}""")]
    [InlineData("""{"event":"observationsCollected","chain":"99999999999999999999999","observations":[]}""")]
    [InlineData("""{"event":"observationsCollected","chain":1,"observations":[]}""")]
    [InlineData("""{"event":"observationsCollected","chain":null,"observations":[]}""")]
    [InlineData("""{"event":"intentSettled","chain":"1","purpose":"p","account":"0x12","outcome":"included","detail":"","chainTime":1}""")]
    [InlineData("""{"event":"intentSettled","chain":"1","purpose":null,"account":null,"outcome":"included","detail":"","chainTime":1}""")]
    [InlineData("""{"event":"intentSettled","chain":"1","purpose":"p","account":null,"outcome":"won","detail":"","chainTime":1}""")]
    [InlineData("""{"event":"intentSettled","chain":"1","purpose":"p","account":null,"outcome":"included","detail":"","chainTime":"1"}""")]
    public void ReadEvent_Malformed_IsAJsonException(string text)
    {
        var thrown = Assert.ThrowsAny<Exception>(() => KeeperJson.ReadEvent(Encoding.UTF8.GetBytes(text)));

        Assert.True(thrown is JsonException or NotSupportedException, thrown.ToString());
    }

    [Fact]
    public void ReadDecisions_Null_IsAJsonException() => Assert.Throws<JsonException>(() => KeeperJson.ReadDecisions("null"u8));

    [Fact]
    public void Write_EveryEvent_ComesBackByteForByte()
    {
        Assert.Equal(Derived(typeof(KeeperEvent)), Events.Select(one => one.GetType()).ToHashSet());

        foreach (var one in Events)
        {
            var bytes = KeeperJson.Write(one);
            var back = KeeperJson.ReadEvent(bytes);

            Assert.Equal(one.GetType(), back.GetType());
            Assert.Equal(Encoding.UTF8.GetString(bytes), Encoding.UTF8.GetString(KeeperJson.Write(back)));
        }
    }

    [Fact]
    public void Write_EveryDecisionAndAction_ComesBackByteForByte()
    {
        var acts = Decisions.Select(decision => decision.Verdict).OfType<Act>().ToList();
        Assert.Equal(Derived(typeof(KeeperAction)), acts.Select(act => act.Action.GetType()).ToHashSet());
        Assert.Equal(Derived(typeof(Verdict)), Decisions.Select(decision => decision.Verdict.GetType()).ToHashSet());

        var bytes = KeeperJson.Write(Decisions);
        var back = KeeperJson.ReadDecisions(bytes);

        Assert.Equal(Encoding.UTF8.GetString(bytes), Encoding.UTF8.GetString(KeeperJson.Write(back)));
        Assert.Equal(Decisions.Select(decision => decision.Verdict).OfType<Refuse>(), back.Select(decision => decision.Verdict).OfType<Refuse>());
    }

    /// <summary>The text is what the journal's hash chain covers: it may not change unnoticed.</summary>
    [Fact]
    public void Write_KnownValues_IsExactlyThisText()
    {
        Assert.Equal(
            """{"event":"intentSettled","chain":"31337","purpose":"approve/stable","account":null,"outcome":"dropped","detail":"gone","chainTime":1767225600}""",
            Encoding.UTF8.GetString(KeeperJson.Write(Events[5])));
        Assert.Equal(
            """[{"chain":"31337","subject":"funding","verdict":{"verdict":"act","purpose":"p","action":{"action":"approveStable","amount":"7"},"worth":"0","reason":"<é>"}}]""",
            Encoding.UTF8.GetString(KeeperJson.Write([new Decision(Anvil, Subject.Funding, new Act("p", new ApproveStable(7), Wad.Zero, "<é>"))])));
        Assert.Equal(
            """[{"chain":"1","subject":"market","verdict":{"verdict":"refuse","refusal":{"code":"tooManyAccounts","detail":"2 > 1"}}}]""",
            Encoding.UTF8.GetString(KeeperJson.Write([new Decision(new ChainId(1), Subject.Market, new Refuse(new Refusal(RefusalCode.TooManyAccounts, "2 > 1")))])));
    }

    private static HashSet<Type> Derived(Type type) =>
        [.. type.GetCustomAttributes(typeof(JsonDerivedTypeAttribute), inherit: false).Cast<JsonDerivedTypeAttribute>().Select(attribute => attribute.DerivedType)];
}
