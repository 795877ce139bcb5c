namespace KeeperOracle.Host.Sending;

/// <summary>
/// The places at which a dying process leaves something half done. Whoever tests this kills the process, or throws, when the
/// place is reached; in use nobody listens.
/// </summary>
public enum CrashPoint
{
    BeforeSigning,
    Signed,
    Recorded,
    Broadcast,
    Marked,
    ReplacementSigned,
    ReplacementRecorded,
    ReplacementBroadcast,
    ResendBroadcast,
    BeforeSettling,
    Settled,
    Reopened,
    Concluded,
    Told,
}
