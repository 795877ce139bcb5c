using System.Numerics;
using KeeperOracle.Host.Configuration;
using KeeperOracle.Keeper.Sending;

namespace KeeperOracle.Host.Sending;

/// <summary>The limits of a chain's sending: what its configuration says, and what is the same for all.</summary>
public static class SendingLimits
{
    private const int Window = 64;
    private const int QueueLimit = 4096;
    private const ulong BumpAfterBlocks = 3;

    /// <summary>Nodes refuse a replacement under 10; a little more survives their rounding.</summary>
    private const int BumpPercent = 13;

    private const ulong ResendAfterSeconds = 5;

    /// <summary>A node counts a transaction before it has its receipt; behind a load balancer that can take a while.</summary>
    private const ulong MissingAfterSeconds = 20;

    /// <summary>Gas that one cause may be bid for in an hour, at the chain's highest fee.</summary>
    private const ulong HourlyGas = 300_000_000;

    public static SendingSettings Of(ChainOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new SendingSettings(
            Window,
            QueueLimit,
            BumpAfterBlocks,
            BumpPercent,
            Journal.Journal.MaximumAttempts,
            ResendAfterSeconds,
            MissingAfterSeconds,
            (ulong)options.Confirmations,
            options.MaxFeePerGasWei,
            options.MaxPriorityFeePerGasWei,
            options.MaxFeePerGasWei * (BigInteger)HourlyGas);
    }
}
