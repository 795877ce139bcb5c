using System.Globalization;

namespace KeeperOracle.Keeper.Defence.Hedging.Guards;

/// <summary>It frees margin: for that it is proposed.</summary>
internal static class HedgeMarginGuard
{
    public static Refusal? Check(HedgeCase hedge) => hedge.Plan is { MarginReleased: > 0 } ? null : new Refusal(
        RefusalCode.HedgeFreesNothing,
        string.Create(CultureInfo.InvariantCulture, $"the hedge that the band asks for takes {hedge.Plan!.CashPaid:0.##} and lowers the requirement from {hedge.Plan.MarginBefore:0.##} to {hedge.Plan.MarginAfter:0.##} only: no margin becomes free"));
}
