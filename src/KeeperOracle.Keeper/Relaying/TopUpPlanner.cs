using System.Collections.Immutable;
using System.Numerics;
using KeeperOracle.Primitives;
using KeeperOracle.Risk.Liquidation;

namespace KeeperOracle.Keeper.Relaying;

/// <summary>
/// What a relay adds to a lien for its owner. SPECIFICATION.
/// <para>Who. The vault lets nobody but the key that the owner named, which is told here where it is the relay's own. Health is that of the account on the hub's chain, in the block that was
/// read; the vault cannot check it: what bounds a relay that is wrong is the owner's budget, and that the tokens only ever go into his own lien.</para>
/// <para>When. Health under the trigger, by what the hub counts and also by what it will count once all is proved that has happened in the vault (an earlier top-up, anybody's addition) or
/// is ordered (releases, seizures and swaps of all liens of the account in this vault; of a swap until its end the lesser of both sides counts). So the need is answered once, however long the proof takes. What is on
/// the way from another vault is not known here. An owner who sets the trigger under the target says how much may be missing before somebody acts.</para>
/// <para>How much. The least units with which health is at the target once all is proved, to the last one (<see cref="LienTopUpSizing"/>); as much of that as budget, wallet, allowance and the vault's
/// cap leave. A part under a tenth of it is not moved: a budget that refills by the second would be spent by the second.</para>
/// <para>Not. The hub's chain is behind the vault's by more than a header may be ahead of a clock (<see cref="RelaySettings.MaxAheadSeconds"/>): a silent chain moves nobody's tokens. An asset of the account's liens has no price, or the account
/// no requirement. The hub does not count the lien, or does not count all that it has seen of it: caps would keep the rest out as well.</para>
/// <para>Once. The purpose names the lien's counter and amount before, which are never the same again: units leave only with the counter. It is known from the asking on: while a top-up of the lien is under way, or
/// ended in a block that the head read does not show, no other of its account is planned, so that neither a kill nor a stranger who adds to the lien meanwhile doubles it. It is of no use after
/// <see cref="RelaySettings.MaxAheadSeconds"/>, and not sent after that.</para>
/// </summary>
internal static class TopUpPlanner
{
    private const int LeastParts = 10;

    public static void Plan(
        LinkState link, LinkedLien lien, RelaySettings settings, ImmutableArray<RelayStep>.Builder steps, ImmutableArray<RelayWait>.Builder waits)
    {
        if (lien.TopUp is not { } topUp)
        {
            return;
        }

        void Wait(RelayWaitCode code, string detail) => waits.Add(new RelayWait(RelayPlanner.SubjectOf(link, lien), code, $"top-up: {detail}"));
        if (Obstacle(link, lien, topUp, settings) is { } obstacle)
        {
            Wait(obstacle.Code, obstacle.Detail);
            return;
        }

        var account = topUp.Account;
        if (AccountHealth.Health(account.Capacity, account.Owed) is not { } health || health >= topUp.TriggerHealth)
        {
            return; // it owes nothing, or all is well
        }

        var liens = LiensOf(link, lien);
        if (NotAdmitted(lien, liens) is { } notAdmitted)
        {
            Wait(RelayWaitCode.TopUpNotAdmitted, notAdmitted);
            return;
        }

        if (UnderWay(liens, steps) is { } underWay)
        {
            Wait(RelayWaitCode.TopUpUnderWay, $"{underWay} is under way");
            return;
        }

        var expected = LienTopUpSizing.Expected(account.Capacity, [.. liens.Select(one => Expect(one, liens))], SwapsOf(liens));
        var later = AccountHealth.Health(expected, account.Owed)!.Value;
        if (later >= topUp.TriggerHealth)
        {
            Wait(RelayWaitCode.TopUpOnTheWay, $"health {health} is under the trigger {topUp.TriggerHealth}, and {later} once all that is on the way is proved");
            return;
        }

        Move(link, lien, topUp, (expected, Expect(lien, liens), health, later), settings, steps, Wait);
    }

    /// <summary>Why the need cannot be known, or must not be answered; null where it can.</summary>
    private static (RelayWaitCode Code, string Detail)? Obstacle(LinkState link, LinkedLien lien, LienTopUp topUp, RelaySettings settings)
    {
        if (link.VaultTime > topUp.Expiry)
        {
            return (RelayWaitCode.TopUpExpired, $"the owner's order ended at {topUp.Expiry}, it is {link.VaultTime}");
        }

        if (lien.OnHub is not { IsAttached: true })
        {
            return (RelayWaitCode.TopUpNotAttached, "the hub does not count the lien");
        }

        if (link.VaultTime > link.HubTime + settings.MaxAheadSeconds)
        {
            return (RelayWaitCode.TopUpHubSilent, $"the newest block of chain {link.Hub} is of {link.HubTime}, chain {link.Vault} is at {link.VaultTime}");
        }

        if (topUp.Account.Problem.Length > 0)
        {
            return (RelayWaitCode.TopUpHealthUnknown, topUp.Account.Problem);
        }

        return LiensOf(link, lien).FirstOrDefault(one => one.Worth is not { } worth || worth.Price.PerToken <= Wad.Zero) is { } unpriced
            ? (RelayWaitCode.TopUpHealthUnknown, $"what lien {unpriced.Number} holds has no price")
            : null;
    }

    /// <summary>A top-up of a lien of the account, sent or planned before this one; null where there is none.</summary>
    private static string? UnderWay(ImmutableArray<LinkedLien> liens, ImmutableArray<RelayStep>.Builder steps) =>
        liens.Select(one => one.TopUp?.UnderWay ?? "").FirstOrDefault(purpose => purpose.Length > 0)
        ?? steps.OfType<TopUpLien>().FirstOrDefault(step => liens.Any(one => one.Number == step.Lien))?.Purpose;

    /// <summary>Null where the hub counts all that it has been shown; while a swap fills the lien it leaves the rest for the proof of its end.</summary>
    private static string? NotAdmitted(LinkedLien lien, ImmutableArray<LinkedLien> liens)
    {
        var known = lien.OnHub!;
        var shown = known.Proven - known.Pending;
        var counted = known.Counted + known.Disputed;
        return shown > counted && !liens.Any(other => SwapOf(other)?.LienOut == lien.Number) ? $"the hub was shown {shown} units beside its orders and counts {counted}: its caps leave no more" : null;
    }

    private static void Move(
        LinkState link,
        LinkedLien lien,
        LienTopUp topUp,
        (Wad Expected, ExpectedLien Lien, Wad Health, Wad Later) need,
        RelaySettings settings,
        ImmutableArray<RelayStep>.Builder steps,
        Action<RelayWaitCode, string> wait)
    {
        (RelayWaitCode Code, BigInteger Units, string Words)[] limits =
        [
            (RelayWaitCode.TopUpCapExhausted, topUp.Available, "the owner's budget leaves"),
            (RelayWaitCode.TopUpWalletEmpty, topUp.Wallet, "the owner's wallet holds"),
            (RelayWaitCode.TopUpNotAllowed, topUp.Allowance, "the vault may take"),
            (RelayWaitCode.TopUpVaultFull, topUp.Room, "the vault's cap has room for"),
        ];
        if (LienTopUpSizing.Needed(need.Expected, topUp.Account.Owed, need.Lien, topUp.TargetHealth, Largest) is not { } needed)
        {
            wait(RelayWaitCode.TopUpNothingToMove, $"health {need.Later} is under the trigger {topUp.TriggerHealth}, and units of this lien do not raise it");
            return;
        }

        var tightest = limits.MinBy(limit => limit.Units);
        if (tightest.Units < needed && tightest.Units * LeastParts < needed)
        {
            wait(tightest.Code, $"health {need.Later} is under the trigger {topUp.TriggerHealth}, {needed} units restore {topUp.TargetHealth}, and {tightest.Words} {tightest.Units}");
            return;
        }

        var before = lien.AtHead;
        steps.Add(new TopUpLien(
            link.Vault,
            RelayPlanner.PurposeOf(link, lien.Number, $"{before.Counter}/topup-{before.Amount}"),
            lien.Number,
            BigInteger.Min(needed, tightest.Units),
            Math.Min(topUp.Expiry, link.VaultTime + settings.MaxAheadSeconds)));
    }

    /// <summary>What the vault takes at most in one call.</summary>
    private static BigInteger Largest => (BigInteger.One << 128) - 1;

    /// <summary>All of the account in this vault that the hub counts.</summary>
    private static ImmutableArray<LinkedLien> LiensOf(LinkState link, LinkedLien lien) =>
        [.. link.Liens.Where(one => one.OnHub is { IsAttached: true } known && known.Account == lien.OnHub!.Account)];

    /// <summary>Not less than what counts: what is missing in the vault the hub finds out by itself.</summary>
    private static ExpectedLien Expect(LinkedLien lien, ImmutableArray<LinkedLien> liens)
    {
        var (known, head) = (lien.OnHub!, lien.AtHead);
        var leaving = lien.Orders.Where(order => !order.IsEnded && order.Counter > head.Counter).Aggregate(BigInteger.Zero, (sum, order) => sum + order.Units);
        var coming = liens.Aggregate(BigInteger.Zero, (sum, other) =>
            SwapOf(other) is { } swap && swap.LienOut == lien.Number && swap.Counter > other.AtHead.Counter ? sum + swap.MinOut : sum);
        var counted = known.Counted + known.Disputed;
        return new ExpectedLien(lien.Worth!.Value, counted, BigInteger.Max(head.Amount - leaving, counted) + coming);
    }

    private static ImmutableArray<ExpectedSwap> SwapsOf(ImmutableArray<LinkedLien> liens) =>
    [
        .. from giving in liens
           let swap = SwapOf(giving)
           where swap is not null
           from filled in liens
           where filled.Number == swap.LienOut
           select new ExpectedSwap(giving.Worth!.Value, swap.Units, filled.Worth!.Value, swap.MinOut),
    ];

    /// <summary>The swap of a lien that has not ended on the hub.</summary>
    private static HubOrder? SwapOf(LinkedLien lien) =>
        lien.OnHub is { SwapCounter: > 0 and var counter } ? lien.Orders.FirstOrDefault(order => order.Counter == counter) : null;
}
