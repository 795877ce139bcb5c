using System.Text.Json.Nodes;
using KeeperOracle.Host.Journal;
using KeeperOracle.Keeper;

namespace KeeperOracle.Tests.EndToEnd;

/// <summary>The files of one keeper: configuration, keystore, journal. Gone after the test.</summary>
internal sealed class KeeperFolder : IDisposable
{
    private const int ReadTries = 100;

    public string Path { get; } = Directory.CreateTempSubdirectory("keeperoracle-keeper-").FullName;

    public string JournalFile => FileOf("journal.db");

    public string FileOf(string name) => System.IO.Path.Combine(Path, name);

    public string[] Configuration => ["-c", FileOf("common.json"), "-c", FileOf("keeper.json")];

    public ProductProcess StartKeeper(params string[] more) => ProductProcess.Start(["run", .. Configuration, .. more], Path);

    public Task<ProductResult> RunAsync(params string[] command) => ProductProcess.RunInAsync(Path, [.. command, .. Configuration]);

    /// <summary>Changes what stands under KeeperOracle in one file.</summary>
    public void Edit(string file, Action<JsonObject> change)
    {
        var root = JsonNode.Parse(File.ReadAllText(FileOf(file)))!.AsObject();
        change(root["KeeperOracle"]!.AsObject());
        File.WriteAllText(FileOf(file), root.ToJsonString());
    }

    /// <summary>What the journal holds now: empty while the keeper has not made it.</summary>
    public IReadOnlyList<Decision> Decisions() => Read(journal =>
        journal.Decisions(1, long.MaxValue).SelectMany(record => KeeperJson.ReadDecisions(record.Decisions.Span)).ToList()) ?? [];

    /// <summary>Events with their decisions, from this number on.</summary>
    public IReadOnlyList<DecisionRecord> Steps(long from) => Read(journal => journal.Decisions(from, long.MaxValue).ToList()) ?? [];

    public IReadOnlyList<IntentRecord> Intents() => Read(journal => journal.RecentIntents(1000).ToList()) ?? [];

    public IReadOnlyList<Refusal> RefusalsOf(string subject) =>
        [.. Decisions().Where(decision => decision.Subject == subject).Select(decision => decision.Verdict).OfType<Refuse>().Select(refuse => refuse.Refusal)];

    public List<IntentRecord> OpenLiquidations() =>
        [.. Intents().Where(intent => intent.IsOpen && intent.Purpose.StartsWith("liquidate/", StringComparison.Ordinal))];

    /// <summary>Until an intent whose purpose begins so has its end.</summary>
    public Task SettledAsync(ProductProcess keeper, string purpose) => Until.TrueAsync(
        () => keeper.HasExited || Intents().Any(intent => intent.Purpose.StartsWith(purpose, StringComparison.Ordinal) && !intent.IsOpen),
        $"{purpose} is settled",
        () => $"{keeper.Errors}\n{string.Join('\n', Decisions().TakeLast(12).Select(decision => $"{decision.Subject}: {decision.Verdict}"))}");

    /// <summary>Nothing that was written here but the files that are secret themselves holds a secret.</summary>
    public void Dispose()
    {
        var found = Canaries.InFolder(Path);
        Directory.Delete(Path, recursive: true);
        Assert.Empty(found);
    }

    /// <summary>Null while the keeper has not made it. A journal that is held for a moment is asked again: what nobody could read is not nothing.</summary>
    private T? Read<T>(Func<Journal, T> read)
        where T : class
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                using var journal = Journal.OpenReadOnly(JournalFile);
                return read(journal);
            }
            catch (JournalException notYet) when (notYet.Kind is JournalFailure.FileMissing or JournalFailure.OlderSchema)
            {
                return null;
            }
            catch (JournalException held) when (held.Kind is JournalFailure.Locked && tries < ReadTries)
            {
                Thread.Sleep(100);
            }
        }
    }
}
