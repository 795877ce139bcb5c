using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>What the core decides about a snapshot of a live chain, as an active keeper with a full allowance.</summary>
internal static class Judged
{
    private static readonly KeeperSettings Settings = new(
        KeeperMode.Active, new Bps(500), 86_400, Wad.Zero, new Bps(100), 3, 600, 120, 10_000, 1e-9, Wad.One, Wad.One, Wad.One, new Bps(10_000), Wad.One, Wad.One, Wad.One);

    /// <summary>Of the accounts, in the vault's order.</summary>
    public static List<Verdict> Verdicts(ChainSnapshot snapshot)
    {
        var step = KeeperStep.Step(KeeperState.Start(new Started(Settings, [])), new ChainObserved(
            snapshot with { Keeper = snapshot.Keeper with { Allowance = BigInteger.Pow(2, 255) } }));
        return [.. snapshot.Accounts.Select(account => step.Decisions.Single(decision => decision.Subject == account.Account.ToString()).Verdict)];
    }

    /// <summary>Of one subject.</summary>
    public static Verdict Of(ChainSnapshot snapshot, string subject) => KeeperStep.Step(KeeperState.Start(new Started(Settings, [])), new ChainObserved(snapshot))
        .Decisions.Single(decision => decision.Subject == subject).Verdict;

    /// <summary>Of a report from these observations.</summary>
    public static Verdict Report(ChainSnapshot snapshot, ImmutableArray<CollectedObservation> observations)
    {
        var state = KeeperStep.Step(KeeperState.Start(new Started(Settings, [])), new ObservationsCollected(snapshot.Chain, observations)).State;
        return KeeperStep.Step(state, new ChainObserved(snapshot)).Decisions.Single(decision => decision.Subject == Subject.Report).Verdict;
    }

    public static void AssertUnavailable(IEnumerable<Verdict> verdicts, string status) => Assert.All(verdicts, verdict =>
    {
        var refusal = Assert.IsType<Refuse>(verdict).Refusal;
        Assert.Equal(RefusalCode.PriceUnavailable, refusal.Code);
        Assert.Contains(status, refusal.Detail, StringComparison.Ordinal);
    });
}
