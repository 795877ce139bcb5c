using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Reports;
using KeeperOracle.Host.Shows;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Story;

/// <summary>The last two steps of scene 9, when every process has ended: the backtest report made anew, and Alice's timeline with reasons. Both lie among the story's files.</summary>
internal static class StoryPapers
{
    private const int MostIntents = 1000;

    /// <summary>Known from elsewhere: what the chain took in, transaction for transaction.</summary>
    public static async Task<ShowStep> BacktestAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var directory = cast.Stage.Directory;
        var anew = await StoryBacktest.MakeAsync(directory, "backtest-anew", cancellationToken);
        var (first, second) = (await File.ReadAllBytesAsync(Path.Combine(directory, "backtest.json"), cancellationToken), await File.ReadAllBytesAsync(Path.Combine(directory, "backtest-anew.json"), cancellationToken));
        var same = first.AsSpan().SequenceEqual(second);
        var (reports, good) = (new List<object>(), true);
        foreach (var (transaction, inputs) in cast.Backtest.Carried)
        {
            var roots = await RootsAsync(cast, transaction, cancellationToken);
            good = good && roots.Count == 1 && roots[0] == (inputs with { BacktestHash = anew }).ToRoot();
            reports.Add(new { transaction, inputs.MarketRoot, inputs.SurfaceDigest, inputsRoot = roots[0] });
        }

        return ShowStep.Of(
            $"The backtest report behind the attested volatilities is made anew, every model on the same history: SHA-256 {anew.ToString()[2..10]}…, the same bytes as at the beginning. This hash is in what the nodes signed: in the inputs root of each of the {reports.Count} reports that B has taken.",
            new { reports, file = "backtest.json" },
            new { sha256 = anew.ToString()[2..], sameBytes = same, page = "backtest-anew.html" },
            "the same file; each report on the chain has the root keccak256(market root, surface digest, hash of the report made anew)",
            same && good && reports.Count > 0);
    }

    /// <summary>A page by either keeper. Known from elsewhere: the chain's events, of which the pages must tell as many as there are.</summary>
    public static async Task<ShowStep> TimelineAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var directory = cast.Stage.Directory;
        var link = $"relay/{cast.A.Chain.Id}-{cast.B.Chain.Id}/{cast.Lien.Number}/";
        IReadOnlyList<RelayEntry> relayed;
        using (var journal = Journal.Journal.OpenReadOnly(Path.Combine(directory, "relay.journal.db")))
        {
            relayed = AccountTimeline.OfRelay(journal, link, MostIntents);
        }

        cast.Timelines = [.. cast.Keepers.Select(keeper => StoryTimeline.Of(keeper, cast.Account, directory))];
        foreach (var one in cast.Timelines)
        {
            await File.WriteAllTextAsync(Path.Combine(directory, one.Page), TimelinePage.Write(AccountId.Format(cast.Account), one.Timeline, relayed), cancellationToken);
        }

        var entries = cast.Timelines.SelectMany(one => one.Timeline).ToList();
        var done = Counted(entries.Where(IsIncluded));
        var notDone = Counted(entries.Where(entry => !IsIncluded(entry)));
        var (swaps, settlements) = await EventsAsync(cast, cancellationToken);
        return ShowStep.Of(
            $"{string.Join(" and ", cast.Timelines.Select(one => one.Page))} tell Alice's days from the journals, {entries.Count} lines of the keepers' and {relayed.Count} of the relay's. Done: {Words(done)}. Not done, each with its reason: {Words(notDone)}.",
            new { account = $"{cast.Account}", journals = cast.Timelines.Select(one => one.Journal).Append("relay.journal.db"), swapsOnChain = swaps, settlementsOnChain = settlements },
            new { done, notDone, timelines = cast.Timelines, relay = relayed },
            "of both keepers together as many requests for swaps and settlements as the chain has events of this account; a named reason for everything that was not done",
            done.GetValueOrDefault("RequestLienSwap") == swaps && done.GetValueOrDefault("SettleOptions") == settlements && swaps == 1 && settlements == 1
            && entries.All(entry => entry.Reason.Length > 0) && notDone.Count > 0 && relayed.Count > 0);
    }

    private static bool IsIncluded(TimelineEntry entry) => entry.Outcome.StartsWith("Included", StringComparison.Ordinal);

    private static Dictionary<string, int> Counted(IEnumerable<TimelineEntry> entries) =>
        entries.CountBy(entry => entry.Decision).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(pair => pair.Key, pair => pair.Value);

    private static string Words(Dictionary<string, int> counts) => string.Join(", ", counts.Select(pair => $"{pair.Value} x {pair.Key}"));

    private static async Task<IReadOnlyList<Hash32>> RootsAsync(StoryCast cast, Hash32 transaction, CancellationToken cancellationToken)
    {
        var sent = await cast.B.Chain.Rpc.SendAsync("eth_getTransactionByHash", cancellationToken, transaction.ToString());
        return RiskOracle.SubmitFunction.TryDecodeCall(Hex.ToBytes(sent.GetProperty("input").GetString()!), out var call)
            ? [.. call.Observations.Select(one => one.Observation.InputsRoot).Distinct()]
            : throw new InvalidOperationException($"Transaction {transaction} carries no report.");
    }

    /// <summary>The chain's events of swaps under her lien that the keepers asked for, and of settlements of her account.</summary>
    private static async Task<(int Swaps, int Settlements)> EventsAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var keeper = (await cast.B.LogsAsync(cast.B.CrossChain.MarginHub, cancellationToken))
            .Count(log => MarginHub.LienSwapRequestedEvent.TryDecode(log, out var asked) && asked.Account == cast.Account && cast.Keepers.Any(one => one.Address == asked.Caller));
        var settled = (await cast.B.LogsAsync(cast.Book, cancellationToken)).Count(log => OptionBook.SettledEvent.TryDecode(log, out var one) && one.Account == cast.Account);
        return (keeper, settled);
    }
}

/// <summary>What one keeper decided about Alice's account.</summary>
/// <param name="Journal">which says so, in the story's directory</param>
/// <param name="Page">where it stands in words, beside it</param>
internal sealed record StoryTimeline(string Keeper, string Journal, string Page, IReadOnlyList<TimelineEntry> Timeline)
{
    public static StoryTimeline Of(StoryKeeper keeper, Hash32 account, string directory) => new(
        keeper.Name, Path.GetRelativePath(directory, keeper.JournalFile), $"timeline-{keeper.Name}.html", keeper.Read(journal => AccountTimeline.Of(journal, account)));
}
