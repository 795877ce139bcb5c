namespace KeeperOracle.Keeper.Defence.Hedging.Guards;

/// <summary>Not again so soon, while the options are the same.</summary>
internal static class HedgeToldGuard
{
    public static Refusal? Check(HedgeCase hedge) =>
        hedge.Mark is { } mark && hedge.Now < mark.At + hedge.Settings.HedgeEverySeconds
            ? new Refusal(RefusalCode.HedgeToldLately, $"judged at {mark.At}, and again from {mark.At + hedge.Settings.HedgeEverySeconds} or when its options change")
            : null;
}
