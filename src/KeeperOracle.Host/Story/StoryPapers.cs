using KeeperOracle.Chain.Contracts;
using KeeperOracle.Host.Commands;
using KeeperOracle.Host.Reports;
using KeeperOracle.Host.Shows;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Story;

/// <summary>The last two steps of scene 9, when every process has ended: the backtest report made anew, and Alice's timeline with reasons. Both lie among the story's files.</summary>
internal static class StoryPapers
{
    private const string Page = "timeline.html";
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

    /// <summary>Known from elsewhere: the chain's events, of which the page must tell as many as there are.</summary>
    public static async Task<ShowStep> TimelineAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var directory = cast.Stage.Directory;
        var link = $"relay/{cast.A.Chain.Id}-{cast.B.Chain.Id}/{cast.Lien.Number}/";
        IReadOnlyList<TimelineEntry> entries;
        IReadOnlyList<RelayEntry> relayed;
        using (var journal = Journal.Journal.OpenReadOnly(Path.Combine(directory, "journal.db")))
        {
            entries = AccountTimeline.Of(journal, cast.Account);
        }

        using (var journal = Journal.Journal.OpenReadOnly(Path.Combine(directory, "relay.journal.db")))
        {
            relayed = AccountTimeline.OfRelay(journal, link, MostIntents);
        }

        var file = Path.Combine(directory, Page);
        await File.WriteAllTextAsync(file, TimelinePage.Write(AccountId.Format(cast.Account), entries, relayed), cancellationToken);
        cast.Timeline = entries;
        var done = entries.Where(entry => entry.IsDone).CountBy(entry => entry.Decision).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(pair => pair.Key, pair => pair.Value);
        var notDone = entries.Where(entry => !entry.IsDone).CountBy(entry => entry.Decision).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(pair => pair.Key, pair => pair.Value);
        var (swaps, settlements) = await EventsAsync(cast, cancellationToken);
        int Successes(string action) => entries.Count(entry => entry.Decision == action && entry.Outcome.StartsWith("Included", StringComparison.Ordinal));
        return ShowStep.Of(
            $"{Page} tells Alice's days from the journals, {entries.Count} lines of the keeper's and {relayed.Count} of the relay's. Done: {string.Join(", ", done.Select(pair => $"{pair.Value} x {pair.Key}"))}. Not done, each with its reason: {string.Join(", ", notDone.Select(pair => $"{pair.Value} x {pair.Key}"))}.",
            new { account = $"{cast.Account}", journals = (string[])["journal.db", "relay.journal.db"], swapsOnChain = swaps, settlementsOnChain = settlements },
            new { page = Page, done, notDone, timeline = entries, relay = relayed },
            "as many swaps and settlements as the chain has events of this account; a named reason for everything that was not done",
            Successes("SwapCollateral") == swaps && Successes("SettleOptions") == settlements && swaps == 1 && settlements == 1
            && entries.All(entry => entry.Reason.Length > 0) && notDone.Count > 0 && relayed.Count > 0);
    }

    private static async Task<IReadOnlyList<Hash32>> RootsAsync(StoryCast cast, Hash32 transaction, CancellationToken cancellationToken)
    {
        var sent = await cast.B.Chain.Rpc.SendAsync("eth_getTransactionByHash", cancellationToken, transaction.ToString());
        return RiskOracle.SubmitFunction.TryDecodeCall(Hex.ToBytes(sent.GetProperty("input").GetString()!), out var call)
            ? [.. call.Observations.Select(one => one.Observation.InputsRoot).Distinct()]
            : throw new InvalidOperationException($"Transaction {transaction} carries no report.");
    }

    /// <summary>The chain's events of swaps that the keeper made, and of settlements of her account.</summary>
    private static async Task<(int Swaps, int Settlements)> EventsAsync(StoryCast cast, CancellationToken cancellationToken)
    {
        var keeper = (await cast.B.LogsAsync(cast.Vault, cancellationToken))
            .Count(log => MarginVault.CollateralSwappedEvent.TryDecode(log, out var swapped) && swapped.Account == cast.Account && swapped.Caller == cast.Stage.Keeper.Address);
        var settled = (await cast.B.LogsAsync(cast.Book, cancellationToken)).Count(log => OptionBook.SettledEvent.TryDecode(log, out var one) && one.Account == cast.Account);
        return (keeper, settled);
    }
}
