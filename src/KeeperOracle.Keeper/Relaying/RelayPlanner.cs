using System.Collections.Immutable;
using KeeperOracle.Primitives;

namespace KeeperOracle.Keeper.Relaying;

/// <summary>
/// What a relay does, from what both chains say. SPECIFICATION.
/// <para>A plan is a function of the two chains' state alone (of top-ups also of what its own journal says is under way): a relay has no other memory that matters, so one that was killed goes on where the chains are, and two of them
/// plan the same and lose nothing to each other but gas. Purposes name the thing and its place in line (lien, counter, header), never the time.</para>
/// <para>Headers cost gas, so one is carried only where something waits for it. To the hub: a lien that it could see for the first time; a lien whose amount or counter
/// has changed; an order whose deadline has passed; an observation older than <see cref="RelaySettings.RefreshSeconds"/>. To the vault: the next order of a
/// lien, issued, in no header that the vault believes since the end of the last veto. Either way the newest offer alone, and only if it shows the thing; who sends it
/// waits while an earlier one is in no block yet.</para>
/// <para>Liens. The hub counts what the header shows; only an account's owner attaches one, anyone renews it. It is renewed under the newest usable header where that
/// shows a change, or where its observation has come of age.</para>
/// <para>Orders. Issued once the hub's chain is final about them. The vault takes only the next of a lien: it is carried out with its proof; past its deadline it is lapsed; in
/// the queue it is waited for, and carried out from there. A swap is filled only with means that the operator has put there for it.</para>
/// <para>Top-ups. A lien's owner may let one key add to it from his wallet (contracts/CollateralVault.sol, topUp); where that is this relay's, it does what <see cref="TopUpPlanner"/> says, for no
/// other process reads both chains. It moves the owner's tokens into his own lien, within his budget, and nothing else.</para>
/// <para>Not decided here: what it costs, and whether it was sent already. Limits are those of the contracts: at most 16 orders a lien.</para>
/// </summary>
public static class RelayPlanner
{
    public static RelayPlan Plan(LinkState link, RelaySettings settings)
    {
        ArgumentNullException.ThrowIfNull(link);
        ArgumentNullException.ThrowIfNull(settings);
        var steps = ImmutableArray.CreateBuilder<RelayStep>();
        var waits = ImmutableArray.CreateBuilder<RelayWait>();
        PlanHeaders(link, settings, steps, waits);
        foreach (var lien in link.Liens)
        {
            PlanRefresh(link, lien, settings, steps, waits);
            PlanIssue(link, lien, steps, waits);
            PlanNext(link, lien, steps, waits);
            TopUpPlanner.Plan(link, lien, settings, steps, waits);
        }

        return new RelayPlan(steps.ToImmutable(), waits.ToImmutable());
    }

    /// <summary>The journal's name of a step on a lien.</summary>
    public static string PurposeOf(LinkState link, ulong lien, string rest)
    {
        ArgumentNullException.ThrowIfNull(link);
        return $"relay/{link.Name}/{lien}/{rest}";
    }

    /// <summary>Whether a purpose is a top-up of this lien.</summary>
    public static bool IsTopUpOf(LinkState link, ulong lien, string purpose)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        return purpose.StartsWith(PurposeOf(link, lien, ""), StringComparison.Ordinal) && purpose.Contains($"/{TopUpPlanner.Kind}", StringComparison.Ordinal);
    }

    /// <summary>How the purposes of all headers of one chain on another begin.</summary>
    public static string HeaderLine(ChainId of, ChainId on) => $"relay/header/{of}/{on}/";

    // -------------------------------------------------------------------------------------------------- headers

    private static void PlanHeaders(LinkState link, RelaySettings settings, ImmutableArray<RelayStep>.Builder steps, ImmutableArray<RelayWait>.Builder waits)
    {
        var (wanted, shown) = (false, false);
        foreach (var lien in link.Liens)
        {
            wanted |= IsWantedByHub(link, lien, settings);
            shown |= IsShownToHub(link, lien, settings);
        }

        PlanHeader(link.Vault, link.Hub, link.HubTime, link.ToHub, wanted, shown, settings, steps, waits);
        (wanted, shown) = (false, false);
        foreach (var lien in link.Liens.Where(lien => IsWantedByVault(link, lien)))
        {
            (wanted, shown) = (true, shown || (lien.NextIsOffered && link.VaultTime >= lien.ProvableFrom));
        }

        PlanHeader(link.Hub, link.Vault, link.VaultTime, link.ToVault, wanted, shown, settings, steps, waits);
    }

    private static void PlanHeader(
        ChainId of,
        ChainId on,
        ulong time,
        HeaderState headers,
        bool wanted,
        bool shown,
        RelaySettings settings,
        ImmutableArray<RelayStep>.Builder steps,
        ImmutableArray<RelayWait>.Builder waits)
    {
        var subject = $"headers of {of} on {on}";
        if (headers.IsHalted)
        {
            waits.Add(new RelayWait(subject, RelayWaitCode.HeadersHalted, "two headers for one number were proved"));
        }
        else if (headers.Offer is { } offer && shown && offer.Deadline >= time && offer.Timestamp <= time + settings.MaxAheadSeconds
            && (headers.Newest is null || (offer.Number > headers.Newest.Number && offer.Timestamp > headers.Newest.Timestamp)))
        {
            steps.Add(new CarryHeader(on, $"{HeaderLine(of, on)}{offer.Number}", of, offer.Number, offer.Deadline));
        }
        else if (wanted)
        {
            waits.Add(new RelayWait(
                subject, RelayWaitCode.AwaitingAttestation, $"{headers.Newest?.Number ?? 0} is believed, {headers.Offer?.Number ?? 0} is the newest with a quorum"));
        }
    }

    /// <summary>No header that the hub believes shows what there is to see.</summary>
    private static bool IsWantedByHub(LinkState link, LinkedLien lien, RelaySettings settings) =>
        lien.OnHub is { IsAttached: true } known
            ? lien.AtNewest != lien.AtHead || IsOld(link, link.ToHub.Newest?.Timestamp ?? known.ObservedAt, lien, settings) || lien.Orders.Any(order => IsOver(order, lien, link.ToHub.Newest, link.VaultTime))
            : lien.AtNewest is null;

    /// <summary>The header that could be carried shows it.</summary>
    private static bool IsShownToHub(LinkState link, LinkedLien lien, RelaySettings settings) =>
        link.ToHub.Offer is { } offer && lien.AtOffer is { } there
        && (lien.OnHub is { IsAttached: true } known
            ? there != lien.AtNewest || IsOld(link, link.ToHub.Newest?.Timestamp ?? known.ObservedAt, lien, settings) || lien.Orders.Any(order => IsOver(order, lien, link.ToHub.Newest, offer.Timestamp))
            : lien.AtNewest is null);

    /// <summary>An order whose deadline has passed, and no believed header is later than that.</summary>
    private static bool IsOver(HubOrder order, LinkedLien lien, BelievedHeader? newest, ulong time) =>
        !order.IsEnded && order.Counter > lien.AtHead.Counter && order.Deadline < time && (newest is null || newest.Timestamp <= order.Deadline);

    private static bool IsOld(LinkState link, ulong seen, LinkedLien lien, RelaySettings settings) =>
        lien.OnHub is { } known && (known.Proven > 0 || known.Pending > 0) && link.HubTime >= seen + settings.RefreshSeconds;

    private static bool IsWantedByVault(LinkState link, LinkedLien lien) =>
        lien.Next is { IsIssued: true } && lien.Queued.IsZero && !IsProvable(link, lien);

    private static bool IsProvable(LinkState link, LinkedLien lien) =>
        lien.NextIsProvable && link.ToVault is { IsHalted: false, Newest: { } newest } && newest.KnownSince >= lien.ProvableFrom;

    // ---------------------------------------------------------------------------------------------------- liens

    private static void PlanRefresh(
        LinkState link, LinkedLien lien, RelaySettings settings, ImmutableArray<RelayStep>.Builder steps, ImmutableArray<RelayWait>.Builder waits)
    {
        var subject = SubjectOf(link, lien);
        if (lien.OnHub is not { IsAttached: true } known)
        {
            if (lien.AtUsable is not null)
            {
                waits.Add(new RelayWait(subject, RelayWaitCode.OwnerMustCount, $"header {link.ToHub.Usable!.Number} shows it"));
            }
            else if (lien.AtNewest is not null)
            {
                waits.Add(new RelayWait(subject, RelayWaitCode.HeaderNotFinal, $"header {link.ToHub.Newest!.Number} shows it and is too young for the hub"));
            }

            return;
        }

        var isOld = IsOld(link, known.ObservedAt, lien, settings);
        if (link.ToHub is { IsHalted: false, Usable: { } usable } && lien.AtUsable is { } there
            && (usable.Number > known.ObservedNumber || !known.SameGeneration)
            && (isOld || IsNews(known, there, lien, usable)))
        {
            var swap = known.SwapCounter != 0 && known.SwapCounter <= there.Counter ? known.SwapLien : 0;
            steps.Add(new RefreshLien(link.Hub, PurposeOf(link, lien.Number, $"{there.Counter}/refresh-{usable.Number}"), lien.Number, lien.Key, usable.Number, swap));
        }
        else if (lien.AtNewest is { } newest && link.ToHub.Newest is { } young && young.Number > known.ObservedNumber && IsNews(known, newest, lien, young))
        {
            waits.Add(new RelayWait(subject, RelayWaitCode.HeaderNotFinal, $"header {young.Number} shows news and is too young for the hub"));
        }
    }

    private static bool IsNews(LienOnHub known, LienAt there, LinkedLien lien, BelievedHeader header) =>
        there.Amount != known.Proven || there.Counter > known.EndedCounter || !known.SameGeneration
        || lien.Orders.Any(order => !order.IsEnded && order.Counter > there.Counter && order.Deadline < header.Timestamp);

    // --------------------------------------------------------------------------------------------------- orders

    private static void PlanIssue(LinkState link, LinkedLien lien, ImmutableArray<RelayStep>.Builder steps, ImmutableArray<RelayWait>.Builder waits)
    {
        foreach (var order in lien.Orders.Where(order => !order.IsIssued && !order.IsEnded && order.Deadline >= link.HubTime))
        {
            if (link.HubTime >= order.IssueAfter)
            {
                steps.Add(new IssueOrder(link.Hub, PurposeOf(link, lien.Number, $"{order.Counter}/issue"), lien.Number, lien.Key, order.Counter));
            }
            else
            {
                waits.Add(new RelayWait(SubjectOf(link, lien), RelayWaitCode.OrderNotFinalHere, $"order {order.Counter} from {order.IssueAfter} on, it is {link.HubTime}"));
            }
        }
    }

    private static void PlanNext(LinkState link, LinkedLien lien, ImmutableArray<RelayStep>.Builder steps, ImmutableArray<RelayWait>.Builder waits)
    {
        if (lien.Next is not { IsIssued: true } next)
        {
            return;
        }

        void Wait(RelayWaitCode code, string detail) => waits.Add(new RelayWait(SubjectOf(link, lien), code, $"order {next.Counter}: {detail}"));
        string Purpose(string name) => PurposeOf(link, lien.Number, $"{next.Counter}/{name}");
        if (!lien.Queued.IsZero)
        {
            if (lien.Queued != next.Hash)
            {
                Wait(RelayWaitCode.AnotherOrderQueued, $"{lien.Queued} is in the queue, which this hub has not ordered");
            }
            else if (link.VaultTime < lien.ReadyAt)
            {
                Wait(RelayWaitCode.QueueNotReady, $"from {lien.ReadyAt} on, it is {link.VaultTime}");
            }
            else if (IsFilled(next, lien, link))
            {
                steps.Add(new ExecuteQueued(link.Vault, Purpose("execute-queued"), lien.Number, lien.Key, next.Counter));
            }
            else
            {
                Wait(RelayWaitCode.SwapNotFunded, "the key has not got what it must bring");
            }

            return;
        }

        if (!IsProvable(link, lien))
        {
            if (link.VaultTime < lien.ProvableFrom)
            {
                Wait(RelayWaitCode.Vetoed, $"headers that are known from {lien.ProvableFrom} on prove it");
            }

            return;
        }

        var header = link.ToVault.Newest!.Number;
        if (link.VaultTime > next.Deadline)
        {
            steps.Add(new LapseOrder(link.Vault, Purpose("lapse"), lien.Number, lien.Key, next.Counter, header));
        }
        else if (IsFilled(next, lien, link))
        {
            steps.Add(new ExecuteOrder(link.Vault, Purpose("execute"), lien.Number, lien.Key, next.Counter, header));
        }
        else
        {
            Wait(RelayWaitCode.SwapNotFunded, "the key has not got what it must bring");
        }
    }

    private static bool IsFilled(HubOrder order, LinkedLien lien, LinkState link) =>
        order.Kind != OrderKind.Swap || lien.CanFillSwap || link.VaultTime > order.Deadline;

    internal static string SubjectOf(LinkState link, LinkedLien lien) => $"lien {lien.Number} of {link.Name}";
}

/// <param name="RefreshSeconds">age at which an observation is renewed, in time of the hub's chain</param>
/// <param name="MaxAheadSeconds">how far a header's time may be ahead of the clock of the chain that is to believe it: the contract's limit</param>
public sealed record RelaySettings(ulong RefreshSeconds, ulong MaxAheadSeconds = 900);
