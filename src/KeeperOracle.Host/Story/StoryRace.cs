using System.Text.RegularExpressions;
using KeeperOracle.Chain.Contracts;
using KeeperOracle.Chain.Transactions;
using KeeperOracle.Host.Journal;
using KeeperOracle.Host.Shows;
using KeeperOracle.Keeper;
using KeeperOracle.Primitives;

namespace KeeperOracle.Host.Story;

/// <summary>
/// How the two keepers' race through the story went, at its end: each effect that either had on a chain, who had it, and what became of the other's attempt at the same.
/// <para>An effect is what the contracts tell of by an event, in a transaction that stands in one of the two journals. It has a key, the purpose under which the keepers do such a thing once
/// (of a top-up or swap without its block or number). What the other keeper decided to do under the same key ended otherwise, and has a name: the contract's error from the
/// simulation or at the head after a revert, or the outcome where there was none. Who saw the effect before he decided anything did not race for it.</para>
/// <para>Allowances are each keeper's own, and nobody races for them.</para>
/// <para>Known from elsewhere: the chain's events against the journals' intents, kind by kind, and each key's effects counted; nonces against intents.</para>
/// </summary>
internal static partial class StoryRace
{
    private const string Allowance = "approve";
    private const int MostIntents = 1000;

    /// <summary>One transaction tells of each asset by an event.</summary>
    private static readonly string[] PerAsset = ["report", "tighten"];

    /// <summary>The scene after which there has been a race, whatever the machine does: both try while there is no block.</summary>
    private const int Forced = 3;

    /// <param name="Key">of the effect, among those of its chain</param>
    /// <param name="By">the keeper's name</param>
    /// <param name="RivalOutcome">how the other's attempt ended; empty where he made none</param>
    /// <param name="Refusal">by name; empty where he made none</param>
    internal sealed record Effect(ulong Chain, ulong Block, string Kind, string Key, string Purpose, Hash32 Transaction, string By, string RivalOutcome, string Refusal, string RivalDetail)
    {
        public bool IsRace => RivalOutcome.Length > 0;
    }

    /// <param name="Kind">as purposes of it begin</param>
    /// <param name="OnChain">events of the chain in transactions of the keepers</param>
    /// <param name="InJournals">intents of the journals that were included</param>
    internal sealed record Sum(ulong Chain, string Kind, int OnChain, int InJournals);

    private sealed record Told(StoryKeeper Keeper, IReadOnlyList<IntentRecord> Intents, IReadOnlyList<IntentSettled> Ends);

    /// <param name="last">the last scene that was played</param>
    public static async Task<ShowStep> TellAsync(StoryCast cast, int last, CancellationToken cancellationToken)
    {
        var told = cast.Keepers.Select(keeper => new Told(keeper, keeper.Read(journal => journal.RecentIntents(MostIntents)), keeper.Ends())).ToList();
        var (effects, sums, nonces) = (new List<Effect>(), new List<Sum>(), new List<object>());
        var isCounted = true;
        foreach (var side in (StageChain[])[cast.A, cast.B])
        {
            var here = await EffectsAsync(side, told, cancellationToken);
            effects.AddRange(here);
            sums.AddRange(SumsOf(side.Chain.Id, here, told));
            foreach (var one in told)
            {
                var (nonce, intents) = (await side.Chain.Eth.GetTransactionCountAsync(one.Keeper.Address, cancellationToken), one.Intents.Count(intent => intent.ChainId == side.Chain.Id));
                nonces.Add(new { chain = side.Chain.Id.Value, keeper = one.Keeper.Name, nonce, intents });
                isCounted &= nonce == (ulong)intents;
            }
        }

        var races = effects.Where(effect => effect.IsRace).ToList();
        var doubled = effects.GroupBy(effect => (effect.Chain, effect.Key)).Where(group => group.Count() > 1).Select(group => group.Key.Key).ToArray();
        var won = told.ToDictionary(one => one.Keeper.Name, one => races.Count(race => race.By == one.Keeper.Name));
        var refusals = races.CountBy(race => race.Refusal).OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(pair => pair.Key, pair => pair.Value);
        return ShowStep.Of(
            $"Two keepers, each with its own key and journal, did {effects.Count} things on two chains, each once. For {races.Count} of them they raced: {string.Join(", ", won.Select(pair => $"{pair.Key} won {pair.Value}"))}; "
            + $"whoever came too late was told {(refusals.Count == 0 ? "nothing" : string.Join(", ", refusals.Select(pair => $"{pair.Key} ({pair.Value})")))}.",
            new { keepers = told.Select(one => new { one.Keeper.Name, address = $"{one.Keeper.Address}", journal = Path.GetRelativePath(cast.Stage.Directory, one.Keeper.JournalFile) }), nonces },
            new { effects, sums, races = races.Count, won, refusals, doubled },
            "the chains' events are the journals' included intents, kind by kind; no effect came twice; the loser of each race has a refusal with a name; the chains know of no transaction that is not in a journal",
            effects.Count > 0 && (races.Count > 0 || last < Forced) && doubled.Length == 0 && isCounted && sums.All(sum => sum.OnChain == sum.InJournals) && races.All(race => race.Refusal.Length > 0));
    }

    private static async Task<IReadOnlyList<Effect>> EffectsAsync(StageChain side, IReadOnlyList<Told> told, CancellationToken cancellationToken)
    {
        var chain = side.Chain.Id;
        var mine = told.SelectMany(one => one.Intents.Where(intent => intent.ChainId == chain).SelectMany(intent => intent.Attempts.Select(attempt => (attempt.TxHash, Told: one, Intent: intent))))
            .ToDictionary(one => one.TxHash);
        var addresses = side.Deployment.Addresses;
        var effects = new List<Effect>();
        foreach (var contract in (Address[])[addresses.MarginVault, side.CrossChain.MarginHub, side.AddressOf("optionBook"), addresses.RiskOracle, addresses.OracleHub, side.Deployment.Stable])
        {
            foreach (var log in await side.LogsAsync(contract, cancellationToken))
            {
                if (mine.TryGetValue(log.TransactionHash, out var found) && KindOf(log) is { } kind && (contract == side.Deployment.Stable) == (kind == Allowance)
                    && !effects.Exists(effect => effect.Transaction == log.TransactionHash && effect.Kind == kind && PerAsset.Contains(kind)))
                {
                    effects.Add(Of(log, kind, found.Told, found.Intent, told));
                }
            }
        }

        // With its last option settled a pool ends by itself: that is no effect beside the settlement.
        effects.RemoveAll(effect => effect.Kind == "close" && effects.Exists(other => other.Transaction == effect.Transaction && other.Kind != "close"));
        return [.. effects.OrderBy(effect => effect.Block)];
    }

    private static Effect Of(LogEntry log, string kind, Told by, IntentRecord intent, IReadOnlyList<Told> told)
    {
        var key = kind == Allowance ? $"{intent.Purpose} of {by.Keeper.Name}" : KeyOf(intent.Purpose);
        var (outcome, detail) = kind == Allowance ? ("", "") : told.Where(one => one != by).Select(one => EndOf(one, intent.ChainId, key)).First();
        return new Effect(
            intent.ChainId.Value, log.BlockNumber, kind, key, intent.Purpose, log.TransactionHash, by.Keeper.Name, outcome, Error().Match(detail) is { Success: true } named ? named.Groups[1].Value : outcome, detail);
    }

    /// <summary>How this keeper's last attempt under a key ended without effect; empty where it made none. Of one that was killed before it could say so its intents tell.</summary>
    private static (string Outcome, string Detail) EndOf(Told one, ChainId chain, string key) =>
        one.Ends.LastOrDefault(end => end.Chain == chain && KeyOf(end.Purpose) == key && end.Outcome != SettlementOutcome.Included) is { } told ? ($"{told.Outcome}", told.Detail)
        : one.Intents.FirstOrDefault(intent => intent.ChainId == chain && KeyOf(intent.Purpose) == key && (intent.State is IntentState.Reverted or IntentState.Dropped)) is { } sent ? ($"{sent.State}", sent.Reason ?? "")
        : ("", "");

    private static string KeyOf(string purpose) => Purpose.DefenceFamilyOf(purpose) ?? purpose;

    private static IEnumerable<Sum> SumsOf(ChainId chain, IReadOnlyList<Effect> effects, IReadOnlyList<Told> told)
    {
        var included = told.SelectMany(one => one.Intents)
            .Where(intent => intent.ChainId == chain && (intent.State is IntentState.Included or IntentState.Finalized)).Select(intent => intent.Purpose.Split('/')[0]).ToList();
        return effects.Select(effect => effect.Kind).Concat(included).Distinct().Order(StringComparer.Ordinal)
            .Select(kind => new Sum(chain.Value, kind, effects.Count(effect => effect.Kind == kind), included.Count(one => one == kind)));
    }

    /// <summary>Null of an event that is no effect of its own.</summary>
    private static string? KindOf(LogEntry log) =>
        MarginVault.ToppedUpEvent.TryDecode(log, out _) ? "topup"
        : MarginVault.CollateralSwappedEvent.TryDecode(log, out _) ? "swap"
        : MarginHub.LienSwapRequestedEvent.TryDecode(log, out _) ? "lienswap"
        : MarginVault.LiquidatedEvent.TryDecode(log, out _) || MarginVault.PortfolioTakenEvent.TryDecode(log, out _) || MarginVault.LienSeizedEvent.TryDecode(log, out _) ? "liquidate"
        : OptionBook.ObservationRecordedEvent.TryDecode(log, out _) ? "observe"
        : OptionBook.FinalisedEvent.TryDecode(log, out _) ? "finalise"
        : OptionBook.PoolClosedEvent.TryDecode(log, out _) ? "close"
        : OptionBook.SettledEvent.TryDecode(log, out _) ? "settle"
        : OptionBook.ClaimedEvent.TryDecode(log, out _) ? "claim"
        : RiskOracle.RiskUpdatedEvent.TryDecode(log, out _) ? "report"
        : RiskOracle.InitialTightenedEvent.TryDecode(log, out _) ? "tighten"
        : OracleHub.OutageMarkedEvent.TryDecode(log, out _) ? "outage"
        : ERC20.ApprovalEvent.TryDecode(log, out _) ? Allowance
        : null;

    /// <summary>A contract's error in its own words.</summary>
    [GeneratedRegex(@"\b([A-Z][A-Za-z0-9]+)\(")]
    private static partial Regex Error();
}
