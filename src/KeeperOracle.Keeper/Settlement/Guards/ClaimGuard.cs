namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>Something of the claim is paid.</summary>
internal static class ClaimGuard
{
    public static Refusal? Check(SettlementCase one) =>
        one.Step.Brings is { Sign: > 0 } ? null : new Refusal(RefusalCode.ClaimTooSmall, $"after the haircut of {one.Pool.Haircut} nothing of it is paid");
}
