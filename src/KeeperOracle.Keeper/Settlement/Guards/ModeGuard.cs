namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>Observing means deciding without acting.</summary>
internal static class ModeGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Settings.Mode == KeeperMode.Observe
            ? new Refusal(RefusalCode.ObserveOnly, $"{one.Step.Reason}, but Mode is observe: set it to active to do it")
            : null;
}
