using CsCheck;
using KeeperOracle.Host.Journal;
using KeeperOracle.Simulation;
using KeeperOracle.Tests.Host.Journal;

namespace KeeperOracle.Tests.Simulation;

/// <summary>The simulation stands on a journal in memory: whatever is done to it and to the real one in whatever order, both answer the same.</summary>
public sealed class MemoryJournalTests : JournalFixture
{
    private static readonly Gen<(int Kind, int Pick)[]> Steps = Gen.Select(Gen.Int[0, 8], Gen.Int[0, 7]).Array[1, 60];

    [Fact]
    public void MemoryJournal_RandomOperations_AgreesWithTheRealOne()
    {
        var file = 0;
        Steps.Sample(
            steps =>
            {
                using var real = KeeperOracle.Host.Journal.Journal.Open(Path.Combine(Folder, $"{++file}.db"));
                var memory = new MemoryJournal();
                real.AdoptNonce(Anvil, Signer, 0);
                memory.AdoptNonce(Signer, 0);
                var hashes = 0;
                foreach (var (kind, pick) in steps)
                {
                    hashes++;
                    Assert.Equal(Do(real, kind, pick, hashes), Do(memory, kind, pick, hashes));
                    Assert.Equal(All(real), All(memory));
                }
            },
            iter: 40,
            threads: 1);
    }

    private static string Do(IIntentJournal journal, int kind, int pick, int hash)
    {
        var next = journal.NextNonce(Anvil, Signer)!.Value;
        if (kind <= 1)
        {
            var result = journal.RecordIntent(Intent(kind == 0 ? next : (ulong)pick, $"purpose {pick % 3}", hash) with { SignedAt = (ulong)(hash % 10) });
            return $"{result.Outcome} {result.Intent?.Id}";
        }

        var id = pick + 1L;
        if (journal.FindIntent(id) is not { } intent)
        {
            return "none";
        }

        return kind switch
        {
            2 => $"{journal.AddAttempt(id, Attempt(hash)).Outcome}",
            3 => $"{journal.AddAttempt(id, Attempt(hash) with { IsCancel = true }).Outcome}",
            4 => Mark(journal, intent),
            5 => $"{journal.Settle(id, (IntentState)(2 + (hash % 4)), "why", (ulong)(100 + (hash % 3)))}",
            6 => $"{journal.Reopen(id, "gone")}",
            8 => string.Join(' ', journal.IntentsSignedSince(Anvil, 5).Select(signed => $"{signed.Id} {signed.SignedAt}")),
            7 => $"{journal.FindIntent(Anvil, $"purpose {pick % 3}")?.Id}",
            _ => string.Join(' ', journal.IntentsSettledSince(Anvil, 101).Select(settled => settled.Id).Order()),
        };
    }

    private static string Mark(IIntentJournal journal, IntentRecord intent)
    {
        journal.MarkSent(intent.Attempts[^1].Id, "Accepted");
        return "marked";
    }

    private static IEnumerable<string> All(IIntentJournal journal)
    {
        for (var id = 1L; journal.FindIntent(id) is { } intent; id++)
        {
            var attempts = intent.Attempts.Select(attempt => $"{attempt.TxHash} {attempt.IsCancel} {attempt.GasLimit} {attempt.MaxFeePerGas} {attempt.MaxPriorityFeePerGas} {attempt.Sent} {attempt.Outcome}");
            yield return $"{intent.Id} {intent.Signer} {intent.Nonce} {intent.Request} {intent.State} {intent.Reason} {intent.SettledBlock} {string.Join(';', attempts)}";
        }
    }
}
