using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper;

/// <summary>
/// The keys under which the journal lets an effect happen once. Each names the deployment (by its risk oracle), so that a new one on the
/// same chain starts afresh.
/// </summary>
public static class Purpose
{
    private const string TopUpKind = "topup/";
    private const string SwapKind = "swap/";
    private const string LienSwapKind = "lienswap/";
    private const string ObserveKind = "observe/";
    private const string FinaliseKind = "finalise/";
    private const string CloseKind = "close/";
    private const string SettleKind = "settle/";
    private const string ClaimKind = "claim/";
    private static readonly string[] SettlementKinds = [ObserveKind, FinaliseKind, CloseKind, SettleKind, ClaimKind];

    /// <summary>An account may be liquidated many times: once for each count of liquidations the chain has seen.</summary>
    public static string Liquidate(ReportSnapshot report, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(account);
        return $"liquidate/{Market(report)}/{account.Account}/{account.Liquidations}";
    }

    /// <summary>The beginning of the purposes of one top-up; a block follows, for it may be needed again.</summary>
    public static string TopUpFamily(ReportSnapshot report, AccountSnapshot account, int index) => $"{TopUpsOf(report, account)}{index}/";

    /// <summary>The beginning of the purposes of every top-up of an account.</summary>
    public static string TopUpsOf(ReportSnapshot report, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(account);
        return $"{TopUpKind}{Market(report)}/{account.Account}/";
    }

    /// <summary>The beginning of the purposes of every swap of an account; a block follows, for it may be needed again.</summary>
    public static string SwapsOf(ReportSnapshot report, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(account);
        return $"{SwapKind}{Market(report)}/{account.Account}/";
    }

    /// <summary>The beginning of the purposes of one mandate to swap under a lien; the number of the lien's order follows.</summary>
    public static string LienSwapFamily(ReportSnapshot report, AccountSnapshot account, Hash32 lien) => $"{LienSwapsOf(report, account)}{lien}/";

    /// <summary>The beginning of the purposes of every request to swap under a lien of an account.</summary>
    public static string LienSwapsOf(ReportSnapshot report, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(account);
        return $"{LienSwapKind}{Market(report)}/{account.Account}/";
    }

    /// <summary>The family of a top-up's or a swap's purpose, under a lien or not: the purpose without its block or number; null of any other purpose.</summary>
    public static string? DefenceFamilyOf(string purpose)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        return purpose.StartsWith(TopUpKind, StringComparison.Ordinal) || purpose.StartsWith(SwapKind, StringComparison.Ordinal) || purpose.StartsWith(LienSwapKind, StringComparison.Ordinal)
            ? purpose[..(purpose.LastIndexOf('/') + 1)]
            : null;
    }

    /// <summary>Once for each price that stands recorded already.</summary>
    public static string Observe(ReportSnapshot report, Address underlying, ExpiryPoolSnapshot pool) =>
        $"{ObserveKind}{Market(report)}/{underlying}/{pool.Expiry}/{pool.Observations}";

    public static string Finalise(ReportSnapshot report, Address underlying, ulong expiry) => $"{FinaliseKind}{Market(report)}/{underlying}/{expiry}";

    public static string Close(ReportSnapshot report, Address underlying, ulong expiry) => $"{CloseKind}{Market(report)}/{underlying}/{expiry}";

    /// <summary>Once for each count of changes of the account's options: a liquidator who takes over an expired leg after his own were settled is settled again.</summary>
    public static string Settle(ReportSnapshot report, AccountSnapshot account, Address underlying, ulong expiry)
    {
        ArgumentNullException.ThrowIfNull(account);
        return $"{SettleKind}{Market(report)}/{account.Account}/{underlying}/{expiry}/{account.LegNonce}";
    }

    /// <summary>A pool pays an account once: nothing is won in it any more when it pays.</summary>
    public static string Claim(ReportSnapshot report, AccountSnapshot account, Address underlying, ulong expiry)
    {
        ArgumentNullException.ThrowIfNull(account);
        return $"{ClaimKind}{Market(report)}/{account.Account}/{underlying}/{expiry}";
    }

    /// <summary>Whether it records a price of an expiry.</summary>
    public static bool IsObservation(string purpose)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        return purpose.StartsWith(ObserveKind, StringComparison.Ordinal);
    }

    /// <summary>Whether it is about the settlement of options.</summary>
    public static bool IsSettlement(string purpose) => SettlementKinds.Any(kind => purpose.StartsWith(kind, StringComparison.Ordinal));

    public static string Report(ReportSnapshot report, ulong epoch) => $"report/{Market(report)}/{epoch}";

    /// <summary>Once for each mark that stands already.</summary>
    public static string Outage(ReportSnapshot report, AssetSnapshot asset)
    {
        ArgumentNullException.ThrowIfNull(asset);
        return $"outage/{Market(report)}/{asset.Token}/{asset.Outage.Last}";
    }

    /// <summary>Within an epoch once for each vector.</summary>
    public static string Tighten(ReportSnapshot report, ulong epoch, IEnumerable<ObservedRisk> vector) =>
        $"tighten/{Market(report)}/{epoch}/{string.Join('-', vector.Select(risk => risk.Volatility.Raw))}";

    /// <summary>An allowance can be taken back: its purpose carries the block, after this beginning.</summary>
    public static string ApproveFamily(ReportSnapshot report) => $"approve/{Market(report)}/";

    private static Address Market(ReportSnapshot report)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new Address(report.MarketId.ToBytes().AsSpan(12));
    }
}
