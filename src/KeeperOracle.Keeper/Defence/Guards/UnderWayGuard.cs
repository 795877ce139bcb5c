namespace KeeperOracle.Keeper.Defence.Guards;

/// <summary>One top-up of an account at a time, whichever it is: what is still missing after it is known only then.</summary>
internal static class UnderWayGuard
{
    public static Refusal? Check(TopUpCase topUp)
    {
        var any = Keeper.Purpose.TopUpsOf(topUp.Snapshot.Report, topUp.Account);
        return topUp.Lane.InFlight.FirstOrDefault(purpose => purpose.StartsWith(any, StringComparison.Ordinal)) is { } underWay
            ? new Refusal(RefusalCode.AlreadyInFlight, $"{underWay} is under way")
            : null;
    }
}
