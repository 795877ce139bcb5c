using System.Numerics;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Keeper.Sending;

namespace KeeperOracle.Host.Sending;

/// <summary>The limits of a chain's sending, from its configuration.</summary>
public static class SendingLimits
{
    /// <summary>Requests waiting for a nonce: as many as a lane holds actions.</summary>
    private const int QueueLimit = 4096;

    public static SendingSettings Of(ChainOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var sending = options.Sending;
        return new SendingSettings(
            sending.MaxInFlight,
            QueueLimit,
            (ulong)sending.BumpAfterBlocks,
            sending.BumpPercent,
            Journal.Journal.MaximumAttempts,
            (ulong)sending.ResendSeconds,
            (ulong)sending.MissingSeconds,
            (ulong)options.Confirmations,
            options.MaxFeePerGasWei,
            options.MaxPriorityFeePerGasWei,
            options.MaxFeePerGasWei * (BigInteger)sending.HourlyGas,
            (ulong)sending.ReserveGas);
    }
}
