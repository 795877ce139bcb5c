using KeeperOracle.Keeper;
using KeeperOracle.Keeper.Reporting;
using KeeperOracle.Primitives;
using static KeeperOracle.Tests.Keeper.Snapshots;

namespace KeeperOracle.Tests.Keeper.Reporting;

/// <summary>Each guard of one observation through the job that asks it.</summary>
public sealed class ObservationGuardTests
{
    private static readonly CollectedObservation Good = Observation(1, 0.6m);

    [Fact]
    public void Decide_NothingOffered_DecidesNothing() => Assert.Empty(ReportJob.Decide(Settings, LaneState.Empty, Snapshot()));

    [Fact]
    public void Guards_GoodObservation_LeaveOnlyTheReportToDecide() => AssertPasses(Good);

    [Fact]
    public void SignatureGuard_NoSigner_RefusesWithTheProblem() =>
        AssertRefused(RefusalCode.SignatureUnreadable, "A signature has 65 bytes, not 3.", Good with { Signer = null, Problem = "A signature has 65 bytes, not 3." });

    [Fact]
    public void MarketGuard_AnotherChain_RefusesNamingBoth() => AssertRefused(
        RefusalCode.WrongMarket, $"the report is for chain 31338, market {Number(31338, 12)}; this is chain 31337", Good with { MarketId = Number(31338, 12) });

    [Fact]
    public void SignerGuard_Stranger_Refuses()
    {
        var stranger = Address.FromHex("0x00000000000000000000000000000000000000ff");

        AssertRefused(RefusalCode.SignerUnknown, $"gives {stranger}, which is none of the 4 signers", Good with { Signer = stranger });
    }

    [Theory]
    [InlineData(4)] // the one that is in force: a replay
    [InlineData(6)]
    public void EpochGuard_OtherThanTheNext_Refuses(ulong epoch) =>
        AssertRefused(RefusalCode.WrongEpoch, $"is for epoch {epoch}, the next is 5", Good with { Epoch = epoch });

    [Fact]
    public void ConfigDigestGuard_AnotherConfiguration_Refuses() => AssertRefused(
        RefusalCode.WrongConfigDigest, $"saw configuration {Number(78, 32)}, the chain has {ConfigDigest}", Good with { ConfigDigest = Number(78, 32) });

    [Fact]
    public void ExpiryGuard_PastTheDeadline_RefusesAndAtItPasses()
    {
        AssertRefused(RefusalCode.ObservationExpired, $"1 s ago (chain time {Now})", Good with { Deadline = Now - 1 });
        AssertPasses(Good with { Deadline = Now });
    }

    [Fact]
    public void NotBeforeGuard_BeforeItsTime_RefusesAndAtItPasses()
    {
        AssertRefused(RefusalCode.ObservationNotYetValid, $"valid in 1 s (chain time {Now})", Good with { NotBefore = Now + 1 });
        AssertPasses(Good with { NotBefore = Now });
    }

    [Fact]
    public void F18_FutureGuard_ObservedAfterTheBlock_RefusesAndAtItPasses()
    {
        AssertRefused(RefusalCode.ObservationFromFuture, $"observed 1 s after this block (chain time {Now})", Good with { ObservedAt = Now + 1 });
        AssertPasses(Good with { ObservedAt = Now });
    }

    [Fact]
    public void OutdatedGuard_ObservedBeforeTheLastReport_RefusesAndAtItPasses()
    {
        AssertRefused(RefusalCode.ObservationOutdated, "observed 1 s before the last report", Good with { ObservedAt = LastReportAt - 1 });
        AssertPasses(Good with { ObservedAt = LastReportAt });
    }

    [Fact]
    public void VectorGuard_MissingMoreOrSwappedAssets_Refuses()
    {
        AssertRefused(RefusalCode.VectorMismatch, "the vector has 1 assets, 2 are listed", Good with { Vector = [Good.Vector[0]] });
        AssertRefused(RefusalCode.VectorMismatch, "the vector has 3 assets, 2 are listed", Good with { Vector = [.. Good.Vector, Good.Vector[0]] });
        AssertRefused(
            RefusalCode.VectorMismatch, $"entry 0 is for {Wbtc}, listed there is {Weth}", Good with { Vector = [Good.Vector[1], Good.Vector[0]] });
    }

    [Fact]
    public void VectorGuard_ExpiriesOtherThanListed_RefusesAndThoseListedPass()
    {
        var listed = Snapshot().WithAsset(0, asset => asset with { Expiries = [Now + 100, Now + 200] });
        CollectedObservation With(params ulong[] expiries) => Good with
        {
            Vector = Good.Vector.SetItem(0, Good.Vector[0] with { Expiries = [.. expiries.Select(at => new ObservedExpiry(at, Fraction(0.7m), Fraction(1m)))] }),
        };

        AssertRefusal(
            RefusalCode.VectorMismatch,
            "entry 0 has 0 expiries of WETH, 2 are listed, or others",
            ReportJob.Decide(Settings, Offered(Good), listed)[0],
            Subject.Observation("node-1"));
        AssertRefusal(
            RefusalCode.VectorMismatch, "entry 0 has 2", ReportJob.Decide(Settings, Offered(With(Now + 200, Now + 100)), listed)[0], Subject.Observation("node-1"));
        AssertRefused(RefusalCode.VectorMismatch, "entry 0 has 1 expiries of WETH, 0 are listed, or others", With(Now + 100));
        AssertRefusal(
            RefusalCode.QuorumTooSmall,
            "1 good observations",
            Assert.Single(ReportJob.Decide(Settings, Offered(With(Now + 100, Now + 200)), listed)),
            Subject.Report);
    }

    [Fact]
    public void RepeatedSignerGuard_SecondVoice_RefusesAndTheFirstCounts()
    {
        var decisions = Decide(Good, Observation(1, 0.9m) with { Node = "echo" });

        var refused = Assert.Single(decisions, decision => decision.Subject == Subject.Observation("echo"));
        AssertRefusal(RefusalCode.SignerRepeated, $"signer {Signers[0]} already speaks through node node-1", refused);
        AssertRefusal(RefusalCode.QuorumTooSmall, "1 good observations, 3 needed", decisions[^1]);
    }

    [Fact]
    public void RepeatedSignerGuard_FirstVoiceWasRefused_TheSecondCounts()
    {
        var decisions = Decide(Good with { Epoch = 4 }, Good with { Node = "again" });

        Assert.Equal([Subject.Observation("node-1"), Subject.Report], decisions.Select(decision => decision.Subject));
        AssertRefusal(RefusalCode.WrongEpoch, "epoch 4", decisions[0]);
    }

    [Fact]
    public void Guards_SeveralReasons_TheFirstInOrderIsTheDecision()
    {
        var bad = Good with { Signer = Address.Zero, MarketId = default, Epoch = 9, ConfigDigest = default, Deadline = 0, Vector = [] };

        AssertRefused(RefusalCode.WrongMarket, "market", bad);
        AssertRefused(RefusalCode.SignerUnknown, "none of", bad with { MarketId = Market });
        AssertRefused(RefusalCode.WrongEpoch, "epoch 9", bad with { MarketId = Market, Signer = Signers[0] });
        AssertRefused(RefusalCode.WrongConfigDigest, "configuration", bad with { MarketId = Market, Signer = Signers[0], Epoch = 5 });
    }

    private static void AssertRefused(RefusalCode code, string fragment, CollectedObservation observation) =>
        AssertRefusal(code, fragment, Decide(observation)[0], Subject.Observation("node-1"));

    private static void AssertRefusal(RefusalCode code, string fragment, Decision decision, string? subject = null)
    {
        var refusal = Assert.IsType<Refuse>(decision.Verdict).Refusal;
        Assert.Equal(code, refusal.Code);
        Assert.Contains(fragment, refusal.Detail, StringComparison.Ordinal);
        Assert.Equal(subject ?? decision.Subject, decision.Subject);
    }

    private static void AssertPasses(CollectedObservation observation) =>
        AssertRefusal(RefusalCode.QuorumTooSmall, "1 good observations", Assert.Single(Decide(observation)), Subject.Report);

    private static Decision[] Decide(params CollectedObservation[] observations) => [.. ReportJob.Decide(Settings, Offered(observations), Snapshot())];
}
