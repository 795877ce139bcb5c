using System.Numerics;

namespace KeeperOracle.Keeper.Settlement.Guards;

/// <summary>It is not closed, and somebody waits for it.</summary>
internal static class PaidGuard
{
    public static Refusal? Check(SettlementCase one) =>
        !one.Pool.IsClosed && one.Pool.Claims > BigInteger.Zero ? null : new Refusal(RefusalCode.PoolPaid, $"it is settled at {one.Pool.Price}, and nothing is left to do");
}
