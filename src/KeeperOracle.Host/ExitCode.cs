namespace KeeperOracle.Host;

/// <summary>What the process says when it ends.</summary>
public static class ExitCode
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int ConfigurationInvalid = 3;
    public const int Degraded = 4;
    public const int RefusedByBound = 5;
    public const int RemoteUnavailable = 6;
    public const int Cancelled = 130;
}
