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

    /// <summary>The family of a top-up's or a swap's purpose: the purpose without its block; null of any other purpose.</summary>
    public static string? DefenceFamilyOf(string purpose)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        return purpose.StartsWith(TopUpKind, StringComparison.Ordinal) || purpose.StartsWith(SwapKind, StringComparison.Ordinal)
            ? purpose[..(purpose.LastIndexOf('/') + 1)]
            : null;
    }

    public static string Report(ReportSnapshot report, ulong epoch) => $"report/{Market(report)}/{epoch}";

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
