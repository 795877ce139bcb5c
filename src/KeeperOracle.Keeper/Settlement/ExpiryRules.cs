namespace KeeperOracle.Keeper.Settlement;

/// <summary>The constants of contracts/libraries/ExpiryFixing.sol; a test holds them against its text.</summary>
public static class ExpiryRules
{
    /// <summary>Seconds before expiry from which prices are recorded.</summary>
    public const ulong WindowSeconds = 1_800;

    /// <summary>Seconds from one recorded price to the next.</summary>
    public const ulong SpacingSeconds = 120;

    public const int MostObservations = 15;

    public const int LeastObservations = 5;

    /// <summary>Seconds after expiry from which the fallback feed's round is taken.</summary>
    public const ulong FallbackSeconds = 21_600;

    /// <summary>Seconds after expiry from which recording is open again.</summary>
    public const ulong LateSeconds = 86_400;
}
