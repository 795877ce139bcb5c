using KeeperOracle.Primitives;
using KeeperOracle.Risk.Snapshots;

namespace KeeperOracle.Keeper;

/// <summary>
/// The keys under which the journal lets an effect happen once. Each names the deployment (by its risk oracle), so that a new one on the
/// same chain starts afresh.
/// </summary>
public static class Purpose
{
    /// <summary>An account may be liquidated many times: once for each count of liquidations the chain has seen.</summary>
    public static string Liquidate(ReportSnapshot report, AccountSnapshot account)
    {
        ArgumentNullException.ThrowIfNull(account);
        return $"liquidate/{Market(report)}/{account.Account}/{account.Liquidations}";
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
